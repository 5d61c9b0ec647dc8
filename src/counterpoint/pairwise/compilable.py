"""Whether tiles of an objective can be compiled here, found out before anything is computed."""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import TYPE_CHECKING

import torch

from counterpoint.pairwise.compiled import Kind, can_be_told_apart
from counterpoint.pairwise.plan import Plan
from counterpoint.pairwise.prepared import Rows
from counterpoint.pairwise.temporaries import every_stage, sample_rows
from counterpoint.pairwise.triton.availability import runs_on

if TYPE_CHECKING:
    from counterpoint.pairwise.contract import Objective

_SAMPLE = 8
"""Rows of the call that is traced."""


def is_default(device: torch.device) -> bool:
    """Where a plan that is chosen compiles: on CUDA. On a CPU, torch's own vectorised passes are as good."""
    return device.type == "cuda"


def obstacle(objective: Objective, names: tuple[str, ...], device: torch.device) -> str | None:
    """Why its tiles cannot be compiled; None where they can.

    Args:
        objective: What is asked.
        names: Its numbers that are learnt.
        device: Where.
    """
    if not can_be_told_apart():
        return "this torch is too old: its torch.compile has no isolate_recompiles"
    if device.type == "cuda" and not runs_on(device):
        return "torch.compile needs Triton and a GPU of compute capability 8 or later"
    try:
        return _traced(Kind.of(objective, objective.numbers(), ()), names)
    except TypeError as error:  # a field that cannot be hashed, such as a list
        return str(error)


@lru_cache(maxsize=256)
def _traced(kind: Kind, names: tuple[str, ...]) -> str | None:
    """What keeps torch from tracing its terms and their derivatives on a few tiles."""
    # Not before it is needed: it takes a second to import.
    from torch._dynamo.exc import TorchDynamoException

    objective = kind.on_tile.objective
    row = (4,) * objective.similarity.row_dims
    with torch.enable_grad(), torch.autocast("cpu", enabled=False), torch.device("cpu"):
        rows = sample_rows(objective, _SAMPLE, row)
        a, b = (x.detach().requires_grad_() for x in (rows.a_ND, rows.b_MD))
        numbers = {name: torch.tensor(float(getattr(objective, name)), requires_grad=True) for name in names}
        plan = Plan(3, 5, compiled=True)
        try:
            found, _ = every_stage(objective, Rows(a, b, rows.relation, rows.together), numbers, plan, backend="eager")
            torch.autograd.grad([one.sum() for one in found if one.requires_grad], a, allow_unused=True)
        except TorchDynamoException as error:
            return " ".join(str(error).split("Developer debug context")[0].split())
    return None


@lru_cache(maxsize=256)
def said_once(name: str, why: str) -> None:
    """Warn that tiles are not compiled, the first time."""
    warnings.warn(f"tiles of {name} are not compiled, which makes them slower: {why}", stacklevel=2)
