"""What the options of ``train`` say of an encoder of content: its objective, its encoder and how it learns."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from counterpoint.cli.filters import Filters
from counterpoint.cli.options import batches_named, encoder_named, objective_named
from counterpoint.cli.train_plan import recipe_of, with_temperature
from counterpoint.cli.training_options import trained_as_given
from counterpoint.experiments.presets import with_training
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import Data


def content_recipe(given: Mapping[str, Any], loaded: Data, named: Recipe | None, filters: Filters) -> Recipe:
    """The recipe that the options of ``train`` ask for.

    Args:
        given: Their values by name, None where one was not typed.
        loaded: What there is to learn from.
        named: What ``--recipe`` names; the usual one for the data otherwise.
        filters: Which negatives to leave out.

    Raises:
        InputError: A name that is none, a number out of its range, or options that do not go together.
    """
    objective, temperature = given["objective"], given["temperature"]
    chosen = None if objective is None else objective_named(objective, temperature)
    plan = filters.added_to(recipe_of(loaded, named, chosen, given["supervision"], learnt=temperature is None))
    if given["encoder"] is not None:
        plan = replace(plan, encoder=encoder_named(given["encoder"]))
    if chosen is None and temperature is not None:
        plan = with_temperature(plan, temperature)
    plan = with_training(plan, batches=batches_named(given["batches"]))
    return trained_as_given(plan, given)
