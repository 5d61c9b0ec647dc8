"""What autograd holds and does for each entry of a tile: seen by running an objective once on a few rows."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from counterpoint.pairwise.agreement import Together
from counterpoint.pairwise.arrange import Given, Problem
from counterpoint.pairwise.dense import dense_loss
from counterpoint.pairwise.needs import Needs
from counterpoint.pairwise.plan import Plan
from counterpoint.pairwise.prepared import Rows, prepared
from counterpoint.pairwise.ring import ALONE
from counterpoint.pairwise.rotation import Rotation
from counterpoint.pairwise.terms import Axis
from counterpoint.pairwise.tile_walk import TileWalk
from counterpoint.pairwise.tiled import Known, tiled_stage

if TYPE_CHECKING:
    from counterpoint.pairwise.contract import Objective

SIDE = 64
"""Rows and columns of the smaller of two matrices that are compared."""

LARGER = 4
"""How many times larger they are made where what rows hold by themselves hides what entries do."""

WIDTH = 4
"""Numbers of an embedding there: few, so that tiles are what counts."""

UNSEEN = 1.0
"""Tensors of a tile's size that one operation makes inside itself, where no hook sees them."""

_PRODUCTS = {"mm", "addmm", "addmm_", "bmm", "baddbmm"}
_POWERS = dict.fromkeys(("log_sigmoid", "logsumexp", "softplus", "acosh", "special", "pow"), 4.0) | dict.fromkeys(
    ("exp", "log", "sigmoid", "tanh", "sqrt", "sin", "cos"), 2.0
)
"""Operations by the beginning of their names, and how many powers of two each takes as long as."""


@dataclass(frozen=True)
class Temporaries:
    """Of one entry of a tile, forward and backward.

    Attributes:
        held: Bytes at the peak, in float32.
        row: Bytes of a row beside its entries, in float32, where there are many: what is made of a few entries of each.
        passes: How often memory is gone through, by anything but products.
        powers: Exponentials, logarithms and their like beside, in powers of two that take as long.
        tops: How often the largest is looked for.
        stages: How many times all tiles are made in the forward pass.
        statistics: How many numbers are found for each row or column.
        per_pair: Numbers that one pair took while it was scored.
    """

    held: float
    row: float
    passes: float
    powers: float
    tops: float
    stages: int
    statistics: int
    per_pair: int

    def bytes_of(self, per_pair: int, itemsize: int) -> float:
        """Bytes of an entry whose score takes ``per_pair`` numbers."""
        more = max(0, per_pair - self.per_pair) * 4
        return (self.held + UNSEEN * 4 + more) * itemsize / 4


def sample_rows(objective: Objective, n: int, row: tuple[int, ...], *, alike: bool = False) -> Rows:
    """A call with n rows, or n features, on two sides or among themselves, as the engine sees it."""
    g = torch.Generator().manual_seed(0)
    shape = (8, n) if objective.features else (n, *row)
    more = -n % objective.per_class
    a, b = (torch.randn(size, generator=g) for size in (shape, (shape[0] + more, *shape[1:])))
    scores = torch.arange(n, dtype=torch.float32) if Needs.SCORES in objective.needs else None
    classes = torch.arange(n) // objective.per_class if objective.prototypes else None
    rows = _prepared(objective, objective.arrange(a, b, Given(labels=classes, scores=scores)))
    if not alike or rows.a_ND is rows.b_MD or objective.prototypes:
        return rows
    labels = None if objective.features else torch.arange(n) // 2
    return _prepared(objective, objective.arrange(a, None, Given(labels=labels)))


def _prepared(objective: Objective, problem: Problem) -> Rows:
    # Of several views, the first against the second.
    problem = objective.parts(problem)[:2][-1]
    return prepared(objective, problem, Together(ALONE, (len(problem.anchors),), (len(problem.candidates),)))


@lru_cache(maxsize=256)
def temporaries(objective: Objective, names: tuple[str, ...], *, dense: bool, alike: bool) -> Temporaries:
    """Run it twice, on a small matrix and one of four times the entries: what grew with the side cancels out.

    Args:
        objective: What is run, with one positive for each anchor.
        names: Its numbers that are learnt.
        dense: The whole matrix at once, instead of one tile.
        alike: Rows are compared among themselves.
    """
    with torch.enable_grad(), torch.autocast("cpu", enabled=False), torch.device("cpu"):

        def run(side: int) -> tuple[_Ran, _Ran]:
            small, large = (_run(objective, names, one, dense=dense, alike=alike) for one in (side, 2 * side))
            return small, large

        small, large = run(SIDE)
        beside, row = 4 * small.live.peak - large.live.peak, 0.0
        if beside > large.live.peak - 2 * small.live.peak:
            row = beside / (2 * SIDE)
            small, large = run(LARGER * SIDE)
    peak, passes, powers, tops = (
        max(0.0, y - 2 * x) / (2 * small.entries) for x, y in zip(small.live.counted, large.live.counted, strict=True)
    )
    per_pair = objective.similarity.numbers_per_pair(small.rows.a_ND, small.rows.b_MD)
    return Temporaries(peak, row, passes, powers, tops, small.stages, small.statistics, per_pair)


class _Live(TorchDispatchMode):
    """Counts the bytes that are alive and what is done, as far as operations show it."""

    def __init__(self) -> None:
        super().__init__()  # pyright: ignore[reportUnknownMemberType]
        self.now = self.peak = self.passes = self.tops = 0
        self.powers = 0.0
        self._seen: set[int] = set()

    @property
    def counted(self) -> tuple[float, ...]:
        """Bytes, passes, powers and searches for the largest."""
        return self.peak, self.passes, self.powers, self.tops

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        before = {one.untyped_storage()._cdata for one in tree_leaves((args, kwargs)) if isinstance(one, Tensor)}  # pyright: ignore[reportPrivateUsage]
        made = [one for one in tree_leaves(found) if isinstance(one, Tensor)]
        for one in made:
            self._hold(one, before)
        self._count(func, tree_leaves((args, made)), new=not getattr(func, "is_view", False))
        return found

    def _hold(self, one: Tensor, before: set[int]) -> None:
        storage = one.untyped_storage()
        key, size = storage._cdata, storage.nbytes()  # pyright: ignore[reportPrivateUsage]
        if key in self._seen or key in before:
            return
        self._seen.add(key)
        self.now += size
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._free, key, size)

    def _free(self, key: int, size: int) -> None:
        self._seen.discard(key)
        self.now -= size

    def _count(self, func: Any, tensors: list[Any], *, new: bool) -> None:
        name = func.overloadpacket.__name__
        largest = max((one.numel() for one in tensors if isinstance(one, Tensor)), default=0)
        if not new or name in _PRODUCTS:
            return
        self.passes += largest
        self.powers += largest * next((cost for start, cost in _POWERS.items() if name.startswith(start)), 0.0)
        self.tops += largest * name.startswith(("max", "min", "topk"))


@dataclass(frozen=True, eq=False)
class _Ran:
    rows: Rows
    live: _Live
    stages: int
    statistics: int

    @property
    def entries(self) -> int:
        n, m = self.rows.relation.shape
        return n * m


def _run(objective: Objective, names: tuple[str, ...], side: int, *, dense: bool, alike: bool) -> _Ran:
    """One matrix of ``side`` rows, forward and backward, its rows ready before."""
    row = (4, WIDTH) if objective.similarity.row_dims == 2 else (WIDTH,)
    rows = sample_rows(objective, side // 2 if objective.joint else side, row, alike=alike)
    a = rows.a_ND.detach().requires_grad_()
    b = a if rows.a_ND is rows.b_MD else rows.b_MD.detach().requires_grad_()
    numbers = {name: torch.tensor(float(getattr(objective, name)), requires_grad=True) for name in names}
    whole, live, stages, statistics = objective.having(numbers), _Live(), 1, 4
    with live:
        if dense:
            loss = dense_loss(whole, a, b, rows.relation)
        else:
            found, stages = every_stage(objective, Rows(a, b, rows.relation, rows.together), numbers)
            statistics = sum(one.numel() // len(one) for one in found)
            loss = whole.head(*found)
            del found
        loss.backward()  # pyright: ignore[reportUnknownMemberType]
    return _Ran(rows, live, stages, statistics)


def every_stage(
    objective: Objective, rows: Rows, numbers: dict[str, Tensor], plan: Plan | None = None, backend: str | None = None
) -> tuple[list[Tensor], int]:
    """The statistics of all stages, and how many there are; on one tile unless there is a plan."""
    n, m = rows.relation.shape
    plan = plan or Plan(n, m)
    known: list[list[tuple[Axis, Tensor]]] = []
    found: list[Tensor] = []
    more = True
    while more:
        axes = tuple(tuple(axis for axis, _ in stage) for stage in known)
        walk = TileWalk(objective, rows.relation, plan, Rotation.alone(m), tuple(numbers), axes, backend)
        local = tiled_stage(walk, rows.a_ND, rows.b_MD, numbers, known)
        stage: Known = [(axis, one) for (axis, _), one in zip(walk.kinds, local, strict=True)]
        known.append(stage)
        found += local
        more = walk.more[0]
    return found, len(known)
