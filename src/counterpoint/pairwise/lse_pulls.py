"""How strongly a loss pulls at the entries of a tile: ``w_ij = scale (g_i exp(x_ij - lse_i) + h_j exp(x_ij - lse_j))``.

``g`` and ``h`` are the loss's derivatives by the log-sum-exps of rows and columns. The scale is left out where it is
not folded into the scores, as its own gradient is then read off the weights.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import cast

import torch
from torch import Tensor

from counterpoint.base.numerics import TO_BASE_2
from counterpoint.pairwise.lse_tiles import Tiles
from counterpoint.pairwise.terms import Axis

Side = tuple[Tensor, Tensor]
"""Derivative and log-sum-exp of rows or columns."""


class Pull(ABC):
    """The weights of one ask."""

    def __init__(self, tiles: Tiles, ask: int, rows: Side | None, cols: Side | None) -> None:
        self.tiles, self.ask, self.sides = tiles, ask, (rows, cols)

    @abstractmethod
    def weights(self, rows: slice, cols: slice, x_nm: Tensor) -> Tensor:
        """`[n, m]` from exponents, which are overwritten."""

    @abstractmethod
    def on_powers(self, rows: slice, cols: slice, e_nm: Tensor) -> Tensor:
        """The same from a tile that was kept, which stays as it is."""


class _Shifted(Pull):
    """What a whole row shares, ``g exp(shift - lse)``, is worked out once per row; likewise for columns."""

    def __init__(self, tiles: Tiles, ask: int, rows: Side | None, cols: Side | None) -> None:
        super().__init__(tiles, ask, rows, cols)
        shift = tiles.shift(ask) / TO_BASE_2
        self._factors = tuple(None if side is None else _factor(*side, shift) for side in self.sides)

    def weights(self, rows: slice, cols: slice, x_nm: Tensor) -> Tensor:
        e_nm = self.tiles.powers(self.ask, rows, cols, x_nm)
        return self._times(rows, cols, e_nm, out=e_nm)

    def on_powers(self, rows: slice, cols: slice, e_nm: Tensor) -> Tensor:
        return self._times(rows, cols, e_nm, out=self.tiles.buffers.numbers(1, *e_nm.shape))

    def _times(self, rows: slice, cols: slice, e_nm: Tensor, *, out: Tensor) -> Tensor:
        r_N, q_M = self._factors
        rows = self.tiles.walk.at(rows)
        if r_N is not None and q_M is not None:
            both = torch.add(r_N[rows, None], q_M[None, cols], out=self.tiles.buffers.numbers(1, *e_nm.shape))
            return torch.mul(e_nm, both, out=out)
        return torch.mul(e_nm, r_N[rows, None] if r_N is not None else cast(Tensor, q_M)[None, cols], out=out)


class _Running(Pull):
    """Every exponent less its row's (or column's) own log-sum-exp: nothing can overflow."""

    def weights(self, rows: slice, cols: slice, x_nm: Tensor) -> Tensor:
        x_nm = self.tiles.fill(self.ask, rows, cols, x_nm, -torch.inf)
        by_row, by_col = self.sides
        rows = self.tiles.walk.at(rows)
        if by_row is None or by_col is None:
            g, lse = _column(by_row, rows) if by_row is not None else _row(cast(Side, by_col), cols)
            return _softmax(x_nm, g, lse, out=x_nm)
        spare = _softmax(x_nm, *_column(by_row, rows), out=self.tiles.buffers.numbers(1, *x_nm.shape))
        return _softmax(x_nm, *_row(by_col, cols), out=x_nm).add_(spare)

    def on_powers(self, rows: slice, cols: slice, e_nm: Tensor) -> Tensor:
        raise AssertionError("tiles are kept only where one shift serves all rows")


def pulls(tiles: Tiles, lses: list[Tensor], grads: tuple[Tensor, ...], *, one_shift: bool) -> list[Pull]:
    """One for every ask."""
    found: list[Pull] = []
    pairs = iter(zip(grads, lses, strict=True))
    kind = _Shifted if one_shift else _Running
    for ask, wanted in enumerate(tiles.walk.asks):
        by_axis = {axis: _scaled(tiles, *next(pairs)) for axis in wanted.axes}
        rows, cols = by_axis.get(Axis.ROWS), by_axis.get(Axis.COLS)
        found.append(kind(tiles, ask, rows, rows if tiles.walk.halved else cols))
    return found


def _scaled(tiles: Tiles, g: Tensor, lse: Tensor) -> Side:
    return (g * tiles.scales[0] if tiles.folded else g), lse


def _factor(g: Tensor, lse: Tensor, shift: float) -> Tensor:
    """G exp(shift - lse); 0 where nothing takes part."""
    return torch.where(lse == -torch.inf, 0.0, g * torch.exp(shift - lse))


def _softmax(x_nm: Tensor, g: Tensor, lse: Tensor, *, out: Tensor) -> Tensor:
    """Weights g exp(x - lse), from exponents to the base 2; no share is above 1 but by rounding."""
    return torch.sub(x_nm, lse, out=out).clamp_max_(0.0).exp2_().mul_(g)


def _column(side: Side, where: slice) -> Side:
    g, lse = side[0][where], side[1][where]
    # exp(x - inf) is 0: a row in which nothing takes part pulls at nothing.
    return g[:, None], (reached(torch.where(lse == -torch.inf, torch.inf, lse)) * TO_BASE_2)[:, None]


def reached(lse: Tensor) -> Tensor:
    """A log-sum-exp so large that its rounding is more than a unit is its largest entry: less what rounding takes.

    Without it the share of that entry, made again, would be 0 or infinite by the last bit of its exponent.
    """
    lost = 8 * torch.finfo(lse.dtype).eps * lse.abs()
    return torch.where((lost > 1) & (lost < torch.inf), lse - lost, lse)


def _row(side: Side, where: slice) -> Side:
    g, lse = _column(side, where)
    return g.T, lse.T
