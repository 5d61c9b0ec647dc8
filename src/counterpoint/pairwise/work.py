"""How long a call takes: operations counted from its path, over speeds measured on this machine when asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, isqrt
from statistics import median
from typing import TYPE_CHECKING

import torch

from counterpoint.pairwise.decide import Decision, Path, bound_of
from counterpoint.pairwise.footprints import Sizes, is_halved, keeps
from counterpoint.pairwise.plan import TILE_COLUMNS, TILE_ENTRIES
from counterpoint.pairwise.temporaries import Temporaries, temporaries
from counterpoint.pairwise.terms import Reduction
from counterpoint.pairwise.trace import Request, Which

if TYPE_CHECKING:
    from counterpoint.pairwise.contract import Objective

_ROWS_PASSES = 12
"""How often prepared rows are gone through, to prepare them and to sum them by key, and for the gradients of both."""

_CALLS = 12
"""Operations on a tile, forward or backward, whose cost does not depend on its size."""


@dataclass(frozen=True)
class Speeds:
    """What a device does in a second.

    Attributes:
        products: Multiplications with an addition, of a tile's matrix product.
        powers: Exponentials.
        passes: Numbers read, changed and written.
        calls: Operations too small to count otherwise.
    """

    products: float
    powers: float
    passes: float
    calls: float


@dataclass(frozen=True)
class Work:
    """Operations of one call, forward and backward, on one rank; see :class:`Speeds`."""

    products: float
    powers: float
    passes: float
    calls: float

    def seconds(self, speeds: Speeds) -> float:
        """Time it takes at these speeds, one thing after the other."""
        return (
            self.products / speeds.products
            + self.powers / speeds.powers
            + self.passes / speeds.passes
            + self.calls / speeds.calls
        )


@dataclass(frozen=True)
class Tiling:
    """How the matrix is cut.

    Attributes:
        rows: Of a tile; all of them on a dense path.
        cols: Of a tile.
        count: Tiles that are made in one sweep.
        entries: Of all of them.
        kept: Tiles that are kept for the backward pass.
    """

    rows: int
    cols: int
    count: int
    entries: int
    kept: int

    @property
    def kept_entries(self) -> int:
        """Of all tiles that are kept."""
        return min(self.entries, self.kept * self.rows * self.cols)

    @property
    def again(self) -> float:
        """Share of the entries that the backward pass makes again."""
        return 1 - self.kept_entries / self.entries


def tiling(objective: Objective, decision: Decision, sizes: Sizes) -> Tiling:
    """Tiles of a decision."""
    plan, requests, n, m = decision.plan, decision.requests, sizes.n, sizes.m
    if plan.dense:
        return Tiling(n, m, 1, n * m, 1)
    rows, cols = min(plan.rows, n), min(plan.cols, m if decision.path is Path.ROWS else sizes.block)
    count, entries = ceil(n / rows) * ceil(m / cols), n * m
    if requests is not None and _has(requests, Reduction.LSE) and is_halved(requests, sizes):
        rows = cols = isqrt(rows * cols)
        whole, rest = divmod(n, rows)
        count = (whole + (rest > 0)) * (whole + (rest > 0) + 1) // 2
        entries = (n * n + whole * rows * rows + rest * rest) // 2
    kept = 0
    if requests is not None and keeps(requests, bound_of(objective)):
        numbers = plan.keep // sizes.itemsize
        kept = count if numbers >= entries else numbers // (rows * cols)
    return Tiling(rows, cols, count, entries, kept)


def passes_of(decision: Decision, cut: Tiling, one: Temporaries | None) -> float:
    """How many times every similarity is made, forward and backward."""
    if decision.plan.dense:
        return 1.0
    if one is not None:
        # The backward pass goes through every stage again.
        return 2.0 * one.stages
    requests = decision.requests or []
    return (1 + cut.again) * _has(requests, Reduction.LSE) + 1.0 * _has(requests, Reduction.TOP)


def seen(objective: Objective, decision: Decision, sizes: Sizes, names: tuple[str, ...]) -> Temporaries | None:
    """What autograd does on the path that is taken; None in closed form."""
    if decision.requests is not None:
        return None
    return temporaries(objective, names, dense=decision.plan.dense, alike=sizes.alike)


def work(decision: Decision, sizes: Sizes, cut: Tiling, one: Temporaries | None) -> Work:
    """Operations of a decision."""
    passes = passes_of(decision, cut, one)
    if one is None:
        powers, pointwise, gradients = _closed(decision.requests or [], cut)
    else:
        # Products are counted apart; the backward pass has two for each stage.
        powers, pointwise, gradients = one.powers, one.passes - one.powers, 2.0 * one.stages
    return Work(
        products=cut.entries * sizes.width * (passes + gradients),
        powers=cut.entries * powers,
        passes=cut.entries * pointwise + _ROWS_PASSES * (sizes.n + sizes.m) * sizes.width,
        calls=2 * _CALLS * cut.count * max(1.0, passes),
    )


def _closed(requests: list[Request], cut: Tiling) -> tuple[float, float, float]:
    """Exponentials, passes, and products of the backward pass, for each entry."""
    powers = pointwise = gradients = 0.0
    asked = {(id(one.values), one.which) for one in requests if one.reduction is Reduction.LSE}
    for _, which in asked:
        masked = 3.0 if which in (Which.POSITIVE, Which.NEGATIVE) else 0.0
        unfolded = 2.0 if len(asked) > 1 else 0.0
        powers += 1 + cut.again
        pointwise += (masked + unfolded) * (1 + cut.again) + 4.0  # sums of rows and columns; factors of the backward pass
        gradients += 2.0
    pointwise += 5.0 * sum(one.reduction is Reduction.TOP for one in requests)
    return powers, pointwise, gradients


def _has(requests: list[Request], kind: Reduction) -> bool:
    return any(one.reduction is kind for one in requests)


def calibrate(device: torch.device, dtype: torch.dtype, d: int) -> Speeds:
    """Speeds of a device, medians of a few runs of a few milliseconds each.

    Args:
        device: Where.
        dtype: Of the embeddings; half precision is computed in float32.
        d: Numbers of an embedding.
    """
    if dtype in (torch.float16, torch.bfloat16):
        dtype = torch.float32
    rows = TILE_ENTRIES // TILE_COLUMNS
    a, b = (torch.ones(k, d, device=device, dtype=dtype) for k in (rows, TILE_COLUMNS))
    x, y = (torch.full((rows, TILE_COLUMNS), 0.5, device=device, dtype=dtype) for _ in range(2))
    one = x[0, :1].clone()
    return Speeds(
        products=TILE_ENTRIES * d / _seconds(lambda: torch.mm(a, b.T, out=x), device),
        powers=TILE_ENTRIES / _seconds(lambda: torch.exp2(y, out=x), device),
        passes=TILE_ENTRIES / _seconds(lambda: torch.mul(y, 0.5, out=x), device),
        calls=100 / _seconds(lambda: [one.mul_(1.0) for _ in range(100)], device),
    )


def _seconds(action: Callable[[], object], device: torch.device, runs: int = 7) -> float:
    """Median time of one action, after a first one that is not counted."""
    found: list[float] = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        action()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        found.append(time.perf_counter() - began)
    return max(1e-9, median(found[1:]))
