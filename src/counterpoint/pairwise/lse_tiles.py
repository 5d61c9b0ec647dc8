"""Tiles of scaled inner products, made one after the other in the same memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isqrt, log2

import torch
from torch import Tensor

from counterpoint.base.numerics import TO_BASE_2
from counterpoint.pairwise.keys import Keys
from counterpoint.pairwise.plan import Plan
from counterpoint.pairwise.products import product
from counterpoint.pairwise.rotation import Meeting, Rotation
from counterpoint.pairwise.terms import Axis
from counterpoint.pairwise.trace import Which

HIGHEST = 120.0
"""Exponents to the base 2 are shifted to end here, less the logarithm of how many are summed: float32 ends at 128."""

LOWEST = -100.0
"""A sum below 2 to this, in a row that has entries, has lost some of them to underflow (float32 begins at -126)."""


def fits_one_shift(scale: float, bound: float) -> bool:
    """Whether one shift is worth trying for scores up to ``bound`` times a scale."""
    return abs(scale) * TO_BASE_2 * bound <= 0.75 * (HIGHEST - LOWEST)


@dataclass(frozen=True)
class Ask:
    """Statistics that share exponentials: one affine function and one mask, per row, per column or both."""

    axes: tuple[Axis, ...]
    which: Which | None


@dataclass(frozen=True, eq=False)
class Walk:
    """How the matrix is walked.

    Attributes:
        keys: Who is compared with whom.
        asks: What is wanted.
        plan: Tile sizes.
        rotation: Whose candidates are whose columns.
    """

    keys: Keys
    asks: tuple[Ask, ...]
    plan: Plan
    rotation: Rotation

    @property
    def halved(self) -> bool:
        """Both sides are the same rows, and only rows are asked for: a tile serves its mirror image too."""
        return self.rotation.halved

    def tiles(self, meeting: Meeting) -> Iterator[tuple[slice, slice]]:
        """Rows and columns of every tile to make of a block of candidates."""
        height, width = self.shape
        rows, cols = meeting.rows, meeting.cols
        for i in range(rows.start, rows.stop, height):
            for j in range(cols.start + (i if self.halved and meeting.own else 0), cols.stop, width):
                yield slice(i, min(i + height, rows.stop)), slice(j, min(j + width, cols.stop))

    def at(self, rows: slice) -> slice:
        """This rank's rows as columns, where they are both and one vector holds the statistics of all ranks' rows."""
        if not self.halved:
            return rows
        start = self.rotation.place(self.rotation.ranks.index).start
        return slice(rows.start + start, rows.stop + start)

    @property
    def lines(self) -> dict[Axis, int]:
        """Length of a vector of statistics while it is made."""
        n = self.rotation.total if self.halved else len(self.keys.anchor_keys)
        return {Axis.ROWS: n, Axis.COLS: self.rotation.total}

    def on_itself(self, rows: slice, cols: slice) -> bool:
        """Whether a tile is its own mirror image."""
        return self.halved and self.at(rows) == cols

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of a whole tile; square where a tile is mirrored."""
        n, m = len(self.keys.anchor_keys), max(self.rotation.lengths)
        rows, cols = min(self.plan.rows, n), min(self.plan.cols, m)
        side = isqrt(rows * cols)
        return (side, side) if self.halved else (rows, cols)


def own_rows(walk: Walk, statistic: Tensor) -> Tensor:
    """This rank's rows of a statistic of all ranks' rows, where every pair of ranks met once."""
    return statistic[walk.rotation.place(walk.rotation.ranks.index)] if walk.halved else statistic


def all_rows(walk: Walk, statistic: Tensor) -> Tensor:
    """A statistic of this rank's rows made one of all ranks' rows, where every pair of ranks meets once."""
    return walk.rotation.ranks.gather(statistic, walk.rotation.lengths) if walk.halved else statistic


class Buffers:
    """Memory that every tile uses again: scores, exponentials, weights, and the mask."""

    def __init__(self, walk: Walk, like: Tensor) -> None:
        height, width = walk.shape
        self._numbers = [like.new_empty(height * width) for _ in range(3)]
        self._left = like.new_empty(height * like.shape[1])
        masked = any(ask.which in (Which.POSITIVE, Which.NEGATIVE) for ask in walk.asks)
        self._mask = torch.empty(height * width if masked else 0, dtype=torch.bool, device=like.device)

    def numbers(self, which: int, rows: int, cols: int) -> Tensor:
        """One of them as a tile of the wanted shape."""
        return self._numbers[which][: rows * cols].view(rows, cols)

    def left(self, rows: int, width: int) -> Tensor:
        """Room for a block of anchors."""
        return self._left[: rows * width].view(rows, width)

    def mask(self, rows: int, cols: int) -> Tensor:
        """The mask as a tile; empty when nobody needs one."""
        return self._mask[: rows * cols].view(rows, cols) if len(self._mask) else self._mask


class Tiles:
    """Makes tiles of ``scale * s`` to the base 2, masked entries at -inf or their powers of 2 at 0.

    Args:
        walk: What is walked.
        a: Anchors.
        scales: One per ask.
        bound: Largest absolute inner product.
        base: What scales are multiplied by; 1 where no powers of 2 are taken.
    """

    def __init__(
        self, walk: Walk, a: Tensor, scales: tuple[float, ...], bound: float, *, base: float = TO_BASE_2
    ) -> None:
        self.walk, self.scales, self.bound = walk, scales, bound
        self.buffers = Buffers(walk, a)
        self._a, self._rows = a, slice(0, 0)
        self._left = a[:0]
        self._base, self._factor = base, scales[0] * base if self.folded else 1.0

    @property
    def folded(self) -> bool:
        """With one scale it is cheaper to scale a block of anchors than every tile; 0 would lose the scores."""
        return len(self.scales) == 1 and self.scales[0] != 0

    def scores(self, rows: slice, b_mD: Tensor, *, into: Tensor | None = None) -> Tensor:
        """Inner products; exponents already where the scale is folded in."""
        if rows != self._rows:
            left = self.buffers.left(rows.stop - rows.start, self._a.shape[1])
            self._left, self._rows = torch.mul(self._a[rows], self._factor, out=left), rows
        into = self.buffers.numbers(0, len(self._left), len(b_mD)) if into is None else into
        return product(self._left, b_mD.T, into=into, bfloat16=self.walk.plan.bfloat16)

    def exponents(self, ask: int, s_nm: Tensor) -> Tensor:
        """What 2 is raised to, in memory that may be overwritten."""
        if self.folded:
            return s_nm
        return torch.mul(s_nm, self.scales[ask] * self._base, out=self.buffers.numbers(2, *s_nm.shape))

    def powers(self, ask: int, rows: slice, cols: slice, x_nm: Tensor) -> Tensor:
        """2 to the exponents less the ask's shift, in place; 0 for entries that do not take part."""
        shift = self.shift(ask)
        if shift:
            x_nm.sub_(shift)
        return self.fill(ask, rows, cols, x_nm.exp2_(), 0.0)

    def fill(self, ask: int, rows: slice, cols: slice, tile: Tensor, value: float) -> Tensor:
        """Overwrite the entries that do not take part."""
        keys, which = self.walk.keys, self.walk.asks[ask].which
        excluded = keys.excluded(rows, cols, which, self.buffers.mask(*tile.shape))
        if excluded is not None:
            tile.masked_fill_(excluded, value)
        diagonal = keys.diagonal(rows, cols, which, tile)
        if diagonal is not None:
            diagonal.fill_(value)
        return tile

    def shift(self, ask: int) -> float:
        """What all exponents are lowered by, so that the largest that can occur does not overflow when summed."""
        summed = max(len(self._a), self.walk.rotation.total)
        return max(0.0, abs(self.scales[ask]) * TO_BASE_2 * self.bound - HIGHEST + log2(summed))

    def may_share_a_shift(self, ask: int) -> bool:
        """Whether one shift is worth trying: it does if the largest entry of every row is above -0.3 of the bound."""
        return fits_one_shift(self.scales[ask], self.bound)
