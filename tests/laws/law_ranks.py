"""What each process of the rank law does: the same calls on its own, uneven share of every case.

Imported in processes that are started afresh, so it does nothing on import.
"""

import itertools
from dataclasses import replace

import torch
from law_cases import Case, cases, finished_classes
from law_checks import Outcome, outcome
from torch import Tensor

from counterpoint.pairwise import Loss, Objective, Plan

N = 9
PLANS: tuple[Plan | None, ...] = (None, Plan(rows=2, cols=4))

Shares = dict[str, Tensor]
"""Which rows of each of a case's tensors a rank holds."""


def calls() -> list[tuple[Loss, Case, Plan | None]]:
    """Everything that is compared, in the same order in every process; tiles of the two kinds take turns."""
    found = [(one, case) for one in (kind() for kind in finished_classes()) for case in cases(one, n=N)]
    # No positives anywhere: an error, on every rank alike.
    found += [(one, replace(case, labels=torch.arange(N))) for one, case in found if case.name == "labelled rows"]
    return [
        (one, case, plan if isinstance(one, Objective) else None)
        for (one, case), plan in zip(found, itertools.cycle(PLANS), strict=False)
    ]


def bounds(n: int, rank: int, world: int) -> tuple[int, int]:
    """Uneven: rank 0 holds all that is left when the others hold one or two rows each."""
    lengths = [1 + (r % 2) for r in range(world)]
    lengths[0] = n - sum(lengths[1:])
    start = sum(lengths[:rank])
    return start, start + lengths[rank]


def share(case: Case, rank: int, world: int) -> tuple[Case, Shares]:
    """The part of a case that a rank holds, and the places of its rows in the whole."""
    first, last = bounds(len(case.anchors), rank, world)
    mine = torch.arange(first, last)
    places = {"anchors": mine, "candidates": mine}
    changes: dict[str, Tensor | None] = {"anchors": case.anchors[mine]}
    for name in ("labels", "scores"):
        if getattr(case, name) is not None:
            changes[name] = getattr(case, name)[mine]
    if case.prototypes:
        places["candidates"] = torch.arange(len(case.candidates))
    if case.owners is not None:
        # Candidates go with their anchor, nobody's to the last rank.
        mine_too = (case.owners >= first) & (case.owners < last) | ((case.owners < 0) & (rank == world - 1))
        places["candidates"] = mine_too.nonzero()[:, 0]
        owned = case.owners[mine_too]
        changes["owners"] = torch.where(owned < 0, -1, owned - first)
    if case.candidates is not None:
        changes["candidates"] = case.candidates[places["candidates"]]
    if case.negatives is not None:
        # Those that belong to no anchor are with the last rank, the others have none.
        nobodys = torch.arange(len(case.negatives)) if rank == world - 1 else torch.arange(0)
        places["negatives"] = mine if case.negatives.ndim == 3 else nobodys
        changes["negatives"] = case.negatives[places["negatives"]] if len(places["negatives"]) else None
    return replace(case, **changes), places


def work(rank: int, world: int) -> list[tuple[Outcome, Shares]]:
    """The outcome of every call on this rank."""
    found: list[tuple[Outcome, Shares]] = []
    for objective, case, plan in calls():
        mine, places = share(case, rank, world)
        found.append((outcome(objective, mine, plan=plan), places))
    return found
