"""Tiles of affine inner products, made one after the other in the same memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isqrt

import torch
from torch import Tensor

from counterpoint.pairwise.keys import Keys
from counterpoint.pairwise.plan import Plan
from counterpoint.pairwise.terms import Axis
from counterpoint.pairwise.trace import Which

UNSHIFTED = 60.0
"""Scores of at most this size need no shift: exp(60) times 1e11 entries and exp(-60) are float32 numbers still."""


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
        halved: Both sides are the same rows, and only rows are asked for: a tile serves its mirror image too.
        bound: Largest absolute inner product, if known.
    """

    keys: Keys
    asks: tuple[Ask, ...]
    plan: Plan
    halved: bool
    bound: float | None

    def tiles(self) -> Iterator[tuple[slice, slice]]:
        """Rows and columns of every tile to make."""
        n, m = len(self.keys.anchor_keys), len(self.keys.candidate_keys)
        height, width = self.shape
        for i in range(0, n, height):
            for j in range(i if self.halved else 0, m, width):
                yield slice(i, min(i + height, n)), slice(j, min(j + width, m))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of a whole tile; square where a tile is mirrored."""
        n, m = len(self.keys.anchor_keys), len(self.keys.candidate_keys)
        rows, cols = min(self.plan.rows, n), min(self.plan.cols, m)
        side = isqrt(rows * cols)
        return (side, side) if self.halved else (rows, cols)


class Buffers:
    """Memory that every tile uses again: scores, exponentials, weights, and the mask."""

    def __init__(self, walk: Walk, like: Tensor) -> None:
        height, width = walk.shape
        self._numbers = [like.new_empty(height * width) for _ in range(3 if len(walk.asks) > 1 else 2)]
        masked = any(ask.which in (Which.POSITIVE, Which.NEGATIVE) for ask in walk.asks)
        self._mask = torch.empty(height * width if masked else 0, dtype=torch.bool, device=like.device)

    def numbers(self, which: int, rows: int, cols: int) -> Tensor:
        """One of them as a tile of the wanted shape."""
        return self._numbers[which][: rows * cols].view(rows, cols)

    def mask(self, rows: int, cols: int) -> Tensor:
        """The mask as a tile; empty when nobody needs one."""
        return self._mask[: rows * cols].view(rows, cols) if len(self._mask) else self._mask


@dataclass(frozen=True, eq=False)
class Tiles:
    """Makes tiles of ``scale * s``, masked entries at -inf or their exponentials at 0.

    Attributes:
        left: Anchors, times the scale when there is but one: cheaper than scaling the tiles.
    """

    walk: Walk
    a: Tensor
    b: Tensor
    scales: tuple[float, ...]
    left: Tensor
    buffers: Buffers

    @staticmethod
    def of(walk: Walk, a: Tensor, b: Tensor, scales: tuple[float, ...]) -> Tiles:
        """Ready to make tiles."""
        return Tiles(walk, a, b, scales, a * scales[0] if len(scales) == 1 else a, Buffers(walk, a))

    def scores(self, rows: slice, cols: slice) -> Tensor:
        """Inner products, times the scale when there is but one."""
        a, b = self.left[rows], self.b[cols]
        return torch.mm(a, b.T, out=self.buffers.numbers(0, len(a), len(b)))

    def logits(self, ask: int, s_nm: Tensor) -> Tensor:
        """Scores times scale, in memory that may be overwritten."""
        if len(self.scales) == 1:
            return s_nm
        return torch.mul(s_nm, self.scales[ask], out=self.buffers.numbers(2, *s_nm.shape))

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

    def bounded(self, ask: int) -> bool:
        """Exponentials need no shift."""
        return self.walk.bound is not None and abs(self.scales[ask]) * self.walk.bound <= UNSHIFTED
