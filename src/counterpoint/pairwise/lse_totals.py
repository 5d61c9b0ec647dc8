"""Log-sum-exps while tiles come in: with one shift for all rows, or with a running maximum each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from math import log
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.pairwise.lse_tiles import LOWEST, Tiles, Walk, all_rows
from counterpoint.pairwise.terms import Axis, Reduction

LN_2 = log(2.0)


class Totals(ABC):
    """One ask's statistics of rows and columns."""

    _kind: ClassVar[Reduction]

    def __init__(self, tiles: Tiles, ask: int, start: float) -> None:
        self.tiles, self.ask, self.axes = tiles, ask, tiles.walk.asks[ask].axes
        like, lines = tiles.buffers.numbers(0, 1, 1), tiles.walk.lines
        self.rows = like.new_full((lines[Axis.ROWS] if self._by_row else 0,), start)
        self.cols = like.new_full((lines[Axis.COLS] if Axis.COLS in self.axes else 0,), start)

    @property
    def _by_row(self) -> bool:
        return Axis.ROWS in self.axes

    def add(self, rows: slice, cols: slice, x_nm: Tensor) -> None:
        """Take in a tile of exponents, which is overwritten."""
        tile, walk = self._ready(rows, cols, x_nm), self.tiles.walk
        if self._by_row:
            self._merge(self.rows[walk.at(rows)], tile, 1)
        if walk.halved:
            # The mirror image's rows are this tile's columns.
            if not walk.on_itself(rows, cols):
                self._merge(self.rows[cols], tile, 0)
        elif Axis.COLS in self.axes:
            self._merge(self.cols[cols], tile, 0)

    @abstractmethod
    def _ready(self, rows: slice, cols: slice, x_nm: Tensor) -> Tensor: ...

    @abstractmethod
    def _merge(self, into: Tensor, tile: Tensor, dim: int) -> None: ...

    @abstractmethod
    def finished(self) -> list[Tensor]:
        """Natural logarithms, in the order of the ask's axes."""

    def share(self) -> None:
        """Put together what ranks found about each other's rows, where every pair of them met once."""
        rotation = self.tiles.walk.rotation
        if rotation.halved:
            self.rows = rotation.ranks.merge(self._kind, self.rows)

    def by_axis(self) -> list[tuple[Axis, Tensor]]:
        """The vectors so far."""
        return [(axis, self.rows if axis is Axis.ROWS else self.cols) for axis in self.axes]


class _Shifted(Totals):
    """Plain sums of powers; one pass over the tile makes them, and one each sums them up."""

    _kind = Reduction.SUM

    def _ready(self, rows: slice, cols: slice, x_nm: Tensor) -> Tensor:
        return self.tiles.powers(self.ask, rows, cols, x_nm)

    def _merge(self, into: Tensor, tile: Tensor, dim: int) -> None:
        into += tile.sum(dim)

    def finished(self) -> list[Tensor]:
        shift = self.tiles.shift(self.ask)
        return [one.log2_().add_(shift).mul_(LN_2) for _, one in self.by_axis()]


class _Running(Totals):
    """Exponents of any size, at the price of a maximum and a second power per axis."""

    _kind = Reduction.LSE

    def _ready(self, rows: slice, cols: slice, x_nm: Tensor) -> Tensor:
        return self.tiles.fill(self.ask, rows, cols, x_nm.mul_(LN_2), -torch.inf)

    def _merge(self, into: Tensor, tile: Tensor, dim: int) -> None:
        torch.logaddexp(into, torch.logsumexp(tile, dim), out=into)

    def finished(self) -> list[Tensor]:
        return [one for _, one in self.by_axis()]


def totals(tiles: Tiles, *, one_shift: bool) -> Sequence[Totals]:
    """One for every ask, with nothing in it."""
    walk = tiles.walk
    kind, start = (_Shifted, 0.0) if one_shift else (_Running, -torch.inf)
    return [kind(tiles, ask, start) for ask in range(len(walk.asks))]


def in_range(walk: Walk, found: Sequence[Totals]) -> bool:
    """Whether no sum has lost entries to underflow, on any rank: small sums must be of nothing at all."""
    low = torch.zeros((), dtype=torch.int64)
    for total, ask in zip(found, walk.asks, strict=True):
        for axis, sums in total.by_axis():
            small = sums < 2.0**LOWEST
            if bool(small.any()):
                counts = walk.keys.counts(axis, ask.which, sums)
                # After sharing, all ranks hold the same sums of all rows, and come here together.
                counts = all_rows(walk, counts)
                low += int((small & (counts > 0)).any())
    ranks = walk.rotation.ranks
    return not int(low) if ranks.size == 1 else not any(row[0] for row in ranks.meet([int(low)]))
