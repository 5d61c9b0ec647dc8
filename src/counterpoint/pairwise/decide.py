"""Which path a call takes and in which tiles: decided here for the engine and for whoever asks beforehand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise.compilable import is_default, obstacle, said_once
from counterpoint.pairwise.footprints import Sizes, closed_footprint, dense_footprint, keeps, tiled_footprint
from counterpoint.pairwise.plan import Budget, Plan, Streams, choose
from counterpoint.pairwise.prepared import Rows
from counterpoint.pairwise.room import Footprint, Room
from counterpoint.pairwise.similarity import InnerProduct
from counterpoint.pairwise.trace import Request, trace

if TYPE_CHECKING:
    from counterpoint.pairwise.contract import Objective


class Path(Enum):
    """How the statistics are found."""

    DENSE = "dense"
    CLOSED = "closed form"
    TILES = "tile by tile"
    ROWS = "rows"
    WHOLE = "whole"


@dataclass(frozen=True)
class Case:
    """What a decision goes by: nothing that differs between ranks.

    Attributes:
        sizes: Of the matrix and of prepared rows.
        every: Anchors of all ranks.
        keyed: The relation is one of equal keys.
        per_pair: Numbers a tile holds for each pair while it is scored.
        device: Where.
    """

    sizes: Sizes
    every: int
    keyed: bool
    per_pair: int
    device: torch.device

    @staticmethod
    def of(objective: Objective, rows: Rows, *, keyed: bool) -> Case:
        """That of a call."""
        a, b, together = rows.a_ND, rows.b_MD, rows.together
        n, m = together.shape
        sizes = Sizes(
            n, m, max(together.candidates), a[0].numel(), a.element_size(), alike=a is b, ranks=together.ranks.size
        )
        per_pair = objective.similarity.numbers_per_pair(a, b)
        return Case(sizes, sum(together.anchors), keyed, per_pair, a.device)


@dataclass(frozen=True, eq=False)
class Decision:
    """The outcome.

    Attributes:
        path: How the statistics are found.
        plan: Tile sizes.
        requests: What is asked for, where that is known in closed form.
        obstacle: Why tiles are not compiled where they would be.
    """

    path: Path
    plan: Plan
    requests: list[Request] | None
    obstacle: str | None = None


def decide(objective: Objective, case: Case, plan: Plan | Budget | None, learnable: dict[str, Tensor]) -> Decision:
    """The path and its plan: the plan given, made to fit what the objective needs to see at once, or one chosen.

    Args:
        objective: What is asked.
        case: What is known of the call.
        plan: Tile sizes, or a budget or None to choose them.
        learnable: Numbers of the objective that are tensors.

    Raises:
        InputError: The matrix is too large for an objective that needs the whole of it, a budget too small, or compiled
            tiles are asked for that cannot be had.
    """
    requests = None
    if case.keyed and isinstance(objective.similarity, InnerProduct):
        requests = closed_form(objective.having(learnable), plain=not learnable)
    chosen = _planned(objective, case, plan, requests, tuple(learnable))
    if objective.streams is Streams.WHOLE:
        return Decision(Path.WHOLE, chosen, None)
    if chosen.dense:
        # A dense plan that is asked for is the definition of correct, by autograd all through.
        return Decision(Path.DENSE, chosen, None if isinstance(plan, Plan) else requests)
    if requests is not None or objective.streams is Streams.ROWS:
        return Decision(Path.ROWS if requests is None else Path.CLOSED, replace(chosen, compiled=False), requests)
    return _tiles(objective, case, chosen, tuple(learnable), asked=isinstance(plan, Plan))


def _tiles(objective: Objective, case: Case, chosen: Plan, names: tuple[str, ...], *, asked: bool) -> Decision:
    """Tile by tile: compiled if that is asked for, or by default where it pays."""
    if not (chosen.compiled if asked else is_default(case.device)):
        return Decision(Path.TILES, chosen, None)
    why = obstacle(objective, names, case.device)
    if why is not None and asked:
        raise InputError(f"plan asks for compiled tiles, and {type(objective).__name__} cannot have them: {why}")
    if why is not None:
        said_once(type(objective).__name__, why)
    return Decision(Path.TILES, replace(chosen, compiled=why is None), None, why)


def _planned(
    objective: Objective,
    case: Case,
    plan: Plan | Budget | None,
    requests: list[Request] | None,
    names: tuple[str, ...],
) -> Plan:
    sizes, streams = case.sizes, objective.streams
    if streams is Streams.WHOLE:
        objective.check_whole(case.every, sizes.m)
    if isinstance(plan, Plan) and streams is not Streams.WHOLE:
        if streams is Streams.ROWS and not plan.dense:
            return Plan(plan.rows, sizes.m, bfloat16=plan.bfloat16)
        return plan
    room = _room(objective, case, plan.bytes, requests, names) if isinstance(plan, Budget) else None
    closed = requests is not None
    return choose(sizes.n, sizes.m, closed=closed, streams=streams, per_pair=case.per_pair, room=room)


def _room(
    objective: Objective, case: Case, budget: int, requests: list[Request] | None, names: tuple[str, ...]
) -> Room:
    sizes = case.sizes
    bound = bound_of(objective)
    return Room(
        budget,
        tiles=tiles_footprint(objective, case, requests, names),
        dense=dense_footprint(objective, sizes, case.per_pair, names),
        shape=f"N = {sizes.n}, M = {sizes.m}, D = {sizes.width}",
        most_kept=sizes.n * sizes.m * sizes.itemsize if requests is not None and keeps(requests, bound) else 0,
    )


def tiles_footprint(
    objective: Objective, case: Case, requests: list[Request] | None, names: tuple[str, ...]
) -> Footprint:
    """What tiles hold on the path that the requests allow."""
    if requests is None:
        return tiled_footprint(objective, case.sizes, case.per_pair, names)
    return closed_footprint(requests, case.sizes, bound_of(objective))


def bound_of(objective: Objective) -> float | None:
    """Largest absolute inner product, where the similarity sets one."""
    return objective.similarity.bound if isinstance(objective.similarity, InnerProduct) else None


def closed_form(objective: Objective, *, plain: bool) -> list[Request] | None:
    """The terms in closed form, if they have one; remembered for an objective without tensors."""
    try:
        return _traced(objective) if plain else trace(objective)
    except TypeError:  # a field that cannot be hashed, such as a list
        return trace(objective)


@lru_cache(maxsize=256)
def _traced(objective: Objective) -> list[Request] | None:
    return trace(objective)
