"""How long a call takes: operations counted from its path, over speeds measured on this machine when asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
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
        powers: Powers of two, in memory that is there.
        passes: Numbers changed in memory that is there.
        fresh: Numbers written to memory that is new, as autograd does.
        masks: Entries compared by key and overwritten where they do not take part.
        tops: Numbers among which the largest of every row is looked for.
        calls: Operations too small to count otherwise.
    """

    products: float
    powers: float
    passes: float
    fresh: float
    masks: float
    tops: float
    calls: float


@dataclass(frozen=True)
class Work:
    """Operations of one call, forward and backward, on one rank; see :class:`Speeds`."""

    products: float = 0.0
    powers: float = 0.0
    passes: float = 0.0
    fresh: float = 0.0
    masks: float = 0.0
    tops: float = 0.0
    calls: float = 0.0

    def seconds(self, speeds: Speeds) -> float:
        """Time it takes at these speeds, one thing after the other."""
        return sum(getattr(self, one.name) / getattr(speeds, one.name) for one in fields(self))


@dataclass(frozen=True)
class Tiling:
    """How the matrix is cut.

    Attributes:
        rows: Of a tile; all of them on a dense path.
        cols: Of a tile.
        count: Tiles that are made in one sweep.
        entries: Of all of them.
        kept: Tiles that are kept for the backward pass.
        kept_entries: Of all that are kept.
    """

    rows: int
    cols: int
    count: int
    entries: int
    kept: int = 0
    kept_entries: int = 0

    @property
    def again(self) -> float:
        """Share of the entries that the backward pass makes again."""
        return 1 - self.kept_entries / self.entries


def tiling(objective: Objective, decision: Decision, sizes: Sizes) -> Tiling:
    """Tiles of a decision."""
    plan, requests, n, m = decision.plan, decision.requests, sizes.n, sizes.m
    if plan.dense:
        return Tiling(n, m, 1, n * m)
    rows, cols = min(plan.rows, n), min(plan.cols, m if decision.path is Path.ROWS else sizes.block)
    count, entries, halved = ceil(n / rows) * ceil(m / cols), n * m, False
    if requests is not None and _has(requests, Reduction.LSE) and is_halved(requests, sizes):
        halved, rows, cols = True, isqrt(rows * cols), isqrt(rows * cols)
        whole, rest = divmod(n, rows)
        count = (whole + (rest > 0)) * (whole + (rest > 0) + 1) // 2
        entries = (n * n + whole * rows * rows + rest * rest) // 2
    cut = Tiling(rows, cols, count, entries)
    if requests is None or not keeps(requests, bound_of(objective)):
        return cut
    return replace(cut, **_kept(cut, sizes, plan.keep // sizes.itemsize, halved=halved))


def _kept(cut: Tiling, sizes: Sizes, numbers: int, *, halved: bool) -> dict[str, int]:
    """The first tiles, in the order in which they are made, until one does not fit; ragged ones are smaller."""
    if numbers >= cut.entries:
        return {"kept": cut.count, "kept_entries": cut.entries}
    kept = held = 0
    for start in range(0, sizes.m, sizes.block):
        stop = min(start + sizes.block, sizes.m)
        for i in range(0, sizes.n, cut.rows):
            for j in range(i if halved else start, stop, cut.cols):
                size = min(cut.rows, sizes.n - i) * min(cut.cols, stop - j)
                if held + size > numbers:
                    return {"kept": kept, "kept_entries": held}
                kept, held = kept + 1, held + size
    return {"kept": kept, "kept_entries": held}


def passes_of(decision: Decision, cut: Tiling, one: Temporaries | None) -> float:
    """How many times every similarity is made, forward and backward."""
    if decision.plan.dense:
        return 1.0
    if one is not None:
        # The backward pass goes through every stage again.
        return 2.0 * one.stages
    requests = decision.requests or []
    bent = sum(one.bent is not None for one in requests)
    return (1 + cut.again) * _has(requests, Reduction.LSE) + 1.0 * _has(requests, Reduction.TOP) + 2.0 * bent


def seen(objective: Objective, decision: Decision, sizes: Sizes, names: tuple[str, ...]) -> Temporaries | None:
    """What autograd does on the path that is taken; None in closed form."""
    if decision.requests is not None:
        return None
    return temporaries(objective, names, dense=decision.plan.dense, alike=sizes.alike)


def work(decision: Decision, sizes: Sizes, cut: Tiling, one: Temporaries | None) -> Work:
    """Operations of a decision."""
    passes = passes_of(decision, cut, one)
    rows = _ROWS_PASSES * (sizes.n + sizes.m) * sizes.width
    calls = 2 * _CALLS * cut.count * max(1.0, passes)
    if one is None:
        return _closed(decision.requests or [], cut, sizes.width, Work(fresh=rows, calls=calls))
    # Products are counted apart; the backward pass has two for each stage.
    return Work(
        products=cut.entries * sizes.width * (passes + 2.0 * one.stages),
        powers=cut.entries * one.powers,
        fresh=cut.entries * one.passes + rows,
        tops=cut.entries * one.tops,
        calls=calls,
    )


def _closed(requests: list[Request], cut: Tiling, width: int, beside: Work) -> Work:
    """Of the closed form: forward with every entry, backward with those that are made again and two products."""
    asked = {(id(one.values), one.which) for one in requests if one.reduction is Reduction.LSE}
    tops = [one for one in requests if one.reduction is Reduction.TOP]
    # Tiles of bent sums are made twice, and none are kept; a bend takes as long as a power and a logarithm.
    bent = [one for one in requests if one.bent is not None]
    made, limited = cut.entries * (1 + cut.again), (Which.POSITIVE, Which.NEGATIVE)
    masked = sum(which in limited for _, which in asked) * made
    return replace(
        beside,
        products=width
        * ((made + 2 * cut.entries * len(asked)) * bool(asked) + cut.entries * (bool(tops) + 4 * len(bent))),
        powers=len(asked) * made + 5 * cut.entries * len(bent),
        # Sums of rows and columns and factors of the backward pass; scales, where they are not folded in.
        passes=len(asked) * (4 * cut.entries + 2 * made * (len(asked) > 1)) + cut.entries * (len(tops) + 4 * len(bent)),
        masks=masked + cut.entries * sum(one.which in limited for one in (*tops, *bent)),
        tops=cut.entries * len(tops),
    )


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
    one, mask = x[0, :1].clone(), torch.empty(x.shape, device=device, dtype=torch.bool)
    keys, others = (torch.arange(k, device=device) for k in x.shape)

    def exclude() -> None:
        torch.eq(keys[:, None], others[None], out=mask).logical_and_(keys[:, None] >= 0)
        x.masked_fill_(mask, 0.0)

    def speed(action: Callable[[], object], count: int = TILE_ENTRIES) -> float:
        return count / _seconds(action, device)

    return Speeds(
        products=speed(lambda: torch.mm(a, b.T, out=x), TILE_ENTRIES * d),
        powers=speed(lambda: torch.exp2(y, out=x)),
        passes=speed(lambda: torch.mul(y, 0.5, out=x)),
        fresh=speed(lambda: [torch.mul(one, 0.5) for one in (x, x, x)], 3 * TILE_ENTRIES),
        masks=speed(exclude),
        tops=speed(lambda: y.max(1)),
        calls=speed(lambda: [one.mul_(1.0) for _ in range(100)], 100),
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
