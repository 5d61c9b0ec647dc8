"""What each path holds at its peak, counted from its buffers and copies of rows; the formulas behind budgets.

Counted is everything that is alive at one time and was not before the call: prepared rows, tiles, statistics, and the
gradients up to those of the embeddings that were passed in. Not counted are these embeddings, what a caller computed
them from, a relation of the caller's own, and what an objective makes of embeddings before any are compared, such as
the scores of pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterpoint.pairwise.closed import rows_only, shared_tiles
from counterpoint.pairwise.lse_tiles import fits_one_shift
from counterpoint.pairwise.plan import Streams
from counterpoint.pairwise.room import Footprint
from counterpoint.pairwise.temporaries import temporaries
from counterpoint.pairwise.terms import Reduction
from counterpoint.pairwise.trace import Request, Which

if TYPE_CHECKING:
    from counterpoint.pairwise.contract import Objective

INDEX_BYTES = 48
"""Keys, groups and places of a row: half a dozen int64."""

VECTORS = 4
"""Copies of a statistic between tiles and loss: itself, its gradient, and two in the head."""

BUFFERS = 3
"""Tiles of numbers that the closed form makes once."""

ROWS_BACKWARD = 3
"""Copies of one side's rows while the gradient passes through their preparation."""


@dataclass(frozen=True)
class Sizes:
    """Of the matrix on a rank.

    Attributes:
        n: Rows of the largest rank.
        m: Columns of all ranks.
        block: Columns of the largest rank.
        width: Numbers of a prepared row.
        itemsize: Bytes of a number.
        alike: Both sides are the same rows.
        ranks: How many ranks there are.
    """

    n: int
    m: int
    block: int
    width: int
    itemsize: int
    alike: bool
    ranks: int

    @property
    def a(self) -> int:
        """Bytes of this rank's anchors."""
        return self.n * self.width * self.itemsize

    @property
    def b(self) -> int:
        """Bytes of one rank's candidates."""
        return self.block * self.width * self.itemsize

    @property
    def prepared(self) -> int:
        """Bytes of prepared rows of both sides."""
        return self.a if self.alike else self.a + self.b

    def vectors(self, count: int) -> int:
        """Bytes of statistics and keys, for so many statistics a side."""
        return (self.n + self.m) * (VECTORS * count * self.itemsize + INDEX_BYTES)

    @property
    def passing(self) -> int:
        """Bytes of blocks and their gradients on their way between ranks."""
        return 0 if self.ranks == 1 else 5 * self.b

    @property
    def gathered(self) -> int:
        """Bytes of the candidates of all ranks, their gradient, and a copy of each while they are exchanged."""
        return 0 if self.ranks == 1 else 4 * self.m * self.width * self.itemsize

    @property
    def after(self) -> int:
        """Held while gradients pass through the preparation of rows."""
        return self.prepared + self.a + self.b + ROWS_BACKWARD * max(self.a, self.b)


def is_folded(requests: list[Request]) -> bool:
    """One scale: it is folded into the anchors, and tiles can be kept."""
    return len(shared_tiles(_of(requests, Reduction.LSE))) == 1


def is_halved(requests: list[Request], sizes: Sizes) -> bool:
    """A tile serves its mirror image."""
    return sizes.alike and sizes.ranks == 1 and rows_only(_of(requests, Reduction.LSE))


def shares_a_shift(requests: list[Request], bound: float | None) -> bool:
    """Whether one shift for all exponents is tried; without a known bound that depends on the embeddings."""
    if bound is None:
        return False
    return all(fits_one_shift(float(one.values.scale), bound) for one in _of(requests, Reduction.LSE))


def keeps(requests: list[Request], bound: float | None) -> bool:
    """Whether tiles can be kept for the backward pass."""
    if any(one.bent is not None for one in requests):
        return not _of(requests, Reduction.LSE)
    return is_folded(requests) and shares_a_shift(requests, bound)


def closed_footprint(requests: list[Request], sizes: Sizes, bound: float | None) -> Footprint:
    """Three tiles that are used again and again, and between the sweeps over tiles a few copies of the rows."""
    has = {kind: bool(_of(requests, kind)) for kind in Reduction}
    bent = any(one.bent is not None for one in requests)
    sums = any(one.bent is None for one in _of(requests, Reduction.SUM))
    gradients, larger = sizes.a + sizes.b, max(sizes.a, sizes.b)
    base = sizes.prepared + sizes.vectors(len(requests)) + sizes.passing
    # Gradients of what comes later in the forward pass wait while those of log-sum-exps are found.
    waiting = sizes.prepared if sums or has[Reduction.TOP] else 0
    others = [0]
    if sums:
        others.append(gradients + (5 if sizes.alike else 4) * larger)
    if has[Reduction.TOP]:
        others.append(gradients + max(2 * (one.k or 1) for one in requests) * larger)
    swept = [one for one in requests if one.reduction in (Reduction.LSE, Reduction.TOP) or one.bent is not None]
    masked = any(one.which in (Which.POSITIVE, Which.NEGATIVE) for one in swept)
    running = has[Reduction.LSE] and not shares_a_shift(requests, bound)
    entry = sizes.itemsize * (BUFFERS + (2 if running else 0) + int(bent and bound is None)) + (2 if masked else 0)
    # For the largest alone tiles are made in the forward pass only, beside the stack of two views, if there is one.
    in_sweep = gradients + waiting if has[Reduction.LSE] or bent else sizes.alike * sizes.a
    needs_tiles = bool(swept)
    return Footprint(
        fixed=base + in_sweep,
        entry=entry if needs_tiles else 0,
        row=sizes.width * sizes.itemsize if needs_tiles else 0,
        floor=base + max(others),
        after=sizes.vectors(len(requests)) + sizes.after,
        square=has[Reduction.LSE] and is_halved(requests, sizes),
    )


def tiled_footprint(objective: Objective, sizes: Sizes, per_pair: int, names: tuple[str, ...]) -> Footprint:
    """A tile and the temporaries of its gradient, beside rows and their gradients."""
    one = temporaries(objective, names, dense=False, alike=sizes.alike)
    by_row = objective.streams is Streams.ROWS
    vectors = sizes.vectors(one.statistics)
    return Footprint(
        fixed=sizes.prepared + sizes.a + sizes.b + vectors + (sizes.gathered if by_row else sizes.passing),
        entry=one.bytes_of(per_pair, sizes.itemsize),
        row=(sizes.width + one.row / 4) * sizes.itemsize,
        after=vectors + sizes.after,
    )


def dense_footprint(objective: Objective, sizes: Sizes, per_pair: int, names: tuple[str, ...]) -> Footprint:
    """Everything that autograd keeps and makes on the whole matrix; the tile is the matrix."""
    one = temporaries(objective, names, dense=True, alike=sizes.alike)
    vectors = sizes.vectors(one.statistics)
    return Footprint(
        fixed=sizes.prepared + sizes.a + sizes.b + vectors + sizes.gathered,
        entry=one.bytes_of(per_pair, sizes.itemsize),
        row=one.row * sizes.itemsize / 4,
        after=vectors + sizes.after,
    )


def _of(requests: list[Request], kind: Reduction) -> list[Request]:
    return [one for one in requests if one.reduction is kind]
