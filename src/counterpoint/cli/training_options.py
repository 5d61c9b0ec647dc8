"""What the options of ``train`` say of training in steps: its numbers, whatever it is that learns."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from counterpoint.cli.options import chunk_of
from counterpoint.experiments.presets import Plan, with_training

NUMBERS = (
    *("epochs", "steps", "batch_size", "accumulate", "precision", "seed", "workers"),
    *("checkpoint_every", "diagnose_every"),
)
"""Options that are settings of training, by the same names."""


def trained_as_given(plan: Plan, given: Mapping[str, Any]) -> Plan:
    """The plan with the numbers that were typed.

    Args:
        plan: Of one task or of several.
        given: The options of ``train`` by name, None where one was not typed.

    Raises:
        InputError: A number out of its range.
    """
    plan = with_training(plan, **{name: given[name] for name in NUMBERS}, cache_chunk=chunk_of(given["cache_chunk"]))
    if given["learning_rate"] is None:
        return plan
    return with_training(plan, optimiser=replace(plan.training.optimiser, learning_rate=given["learning_rate"]))
