"""Log-sum-exps of affine inner products, tile by tile: exp in place, derivatives in closed form, nothing kept.

For one term, ``lse_i = log sum_j exp(scale s_ij + shift)``, so ``d lse_i / d s_ij = scale exp(scale s_ij + shift -
lse_i)``: the backward pass makes each tile again and multiplies it from both sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from counterpoint.pairwise.lse_tiles import Tiles, Walk
from counterpoint.pairwise.once import first_derivative_only
from counterpoint.pairwise.terms import Axis


def log_sum_exps(
    walk: Walk, a_ND: Tensor, b_MD: Tensor, scales: list[Tensor], shifts: list[Tensor]
) -> list[dict[Axis, Tensor]]:
    """For every ask, its log-sum-exps `[N]` and `[M]`; -inf where nothing takes part.

    Args:
        walk: What, and in which tiles.
        a_ND: Anchors.
        b_MD: Candidates.
        scales: One scalar per ask.
        shifts: One scalar per ask.
    """
    found = iter(cast(tuple[Tensor, ...], _LogSumExps.apply(walk, a_ND, b_MD, *scales)))  # pyright: ignore[reportUnknownMemberType]
    # A shift of every exponent is a shift of the result.
    return [{axis: next(found) + shift for axis in ask.axes} for ask, shift in zip(walk.asks, shifts, strict=True)]


class _LogSumExps(torch.autograd.Function):
    """Forward keeps a number per row and column; backward walks the tiles again."""

    @staticmethod
    def forward(ctx: Any, walk: Walk, a: Tensor, b: Tensor, *scales: Tensor) -> tuple[Tensor, ...]:
        tiles = Tiles.of(walk, a, b, tuple(float(scale) for scale in scales))
        totals = [_Totals(tiles, ask) for ask in range(len(walk.asks))]
        for rows, cols in walk.tiles():
            s_nm = tiles.scores(rows, cols)
            for ask, total in enumerate(totals):
                total.add(rows, cols, tiles.logits(ask, s_nm))
        found = [lse for total in totals for lse in total.finished()]
        ctx.walk, ctx.scales = walk, tiles.scales
        ctx.save_for_backward(a, b, *found)
        return tuple(found)

    @staticmethod
    @first_derivative_only
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        walk: Walk = ctx.walk
        a, b, *lses = cast(tuple[Tensor, ...], ctx.saved_tensors)
        tiles = Tiles.of(walk, a, b, ctx.scales)
        pulls = _pulls(tiles, lses, grads)
        ga, gb = torch.zeros_like(a), a if walk.halved else torch.zeros_like(b)
        scale_grads = [0.0] * len(walk.asks)
        several = len(walk.asks) > 1
        # backward() may be called under autocast, which must not reach the products.
        with torch.autocast(a.device.type, enabled=False):
            for rows, cols in walk.tiles():
                s_nm = tiles.scores(rows, cols)
                for ask, pull in enumerate(pulls):
                    w_nm = pull.weights(rows, cols, tiles.logits(ask, s_nm))
                    if several and ctx.needs_input_grad[3 + ask]:
                        # A mirrored tile's weights are those of both pairs; on the diagonal each pair is there twice.
                        share = 0.5 if walk.halved and rows == cols else 1.0
                        scale_grads[ask] += share * float(torch.dot(w_nm.reshape(-1), s_nm.reshape(-1)))
                    w_nm = w_nm.mul_(tiles.scales[ask]) if several else w_nm
                    _push(walk, rows, cols, w_nm, (a, b), (ga, gb))
        raw = [a.new_tensor(one) for one in scale_grads]
        if not several:
            # sum_ij w_ij s_ij, read off the gradients instead of the tiles; mirrored tiles count every pair twice.
            raw = [(a * ga).sum() / (2 if walk.halved else 1)]
            for grad in (ga,) if walk.halved else (ga, gb):
                grad.mul_(tiles.scales[0])
        return None, ga, None if walk.halved else gb, *raw


class _Totals:
    """Log-sum-exps of one ask while tiles come in."""

    def __init__(self, tiles: Tiles, ask: int) -> None:
        self._tiles, self._ask, self._axes = tiles, ask, tiles.walk.asks[ask].axes
        self._bounded = tiles.bounded(ask)
        start = 0.0 if self._bounded else -torch.inf
        self._rows, self._cols = tiles.a.new_full((len(tiles.a),), start), tiles.b.new_full((len(tiles.b),), start)

    def add(self, rows: slice, cols: slice, logits: Tensor) -> None:
        """Take in a tile, which is overwritten."""
        mirrored = self._tiles.walk.halved and rows != cols
        by_row = Axis.ROWS in self._axes
        by_col = Axis.COLS in self._axes or mirrored
        by_col_total = self._rows if mirrored else self._cols
        if self._bounded:
            tile = self._tiles.fill(self._ask, rows, cols, logits.exp_(), 0.0)
            if by_row:
                self._rows[rows] += tile.sum(1)
            if by_col:
                by_col_total[cols] += tile.sum(0)
            return
        tile = self._tiles.fill(self._ask, rows, cols, logits, -torch.inf)
        if by_row:
            self._rows[rows] = torch.logaddexp(self._rows[rows], torch.logsumexp(tile, 1))
        if by_col:
            by_col_total[cols] = torch.logaddexp(by_col_total[cols], torch.logsumexp(tile, 0))

    def finished(self) -> list[Tensor]:
        """In the order of the ask's axes."""
        found = [self._rows if axis is Axis.ROWS else self._cols for axis in self._axes]
        return [one.log_() for one in found] if self._bounded else found


@dataclass(frozen=True, eq=False)
class _Pull:
    """How strongly the loss pulls at one ask's entries: ``w_ij = g_i exp(x_ij - lse_i) + h_j exp(x_ij - lse_j)``.

    Attributes:
        rows: ``g`` and ``lse`` of rows `[N]`, or None; with mirrored tiles also those of columns.
        cols: ``h`` and ``lse`` of columns `[M]`, or None.
    """

    tiles: Tiles
    ask: int
    rows: tuple[Tensor, Tensor] | None
    cols: tuple[Tensor, Tensor] | None

    def weights(self, rows: slice, cols: slice, logits: Tensor) -> Tensor:
        """`[n, m]`; the logits are overwritten."""
        spare = self.tiles.buffers.numbers(1, *logits.shape)
        if self.tiles.bounded(self.ask):
            e = self.tiles.fill(self.ask, rows, cols, logits.exp_(), 0.0)
            r, q = _factor(self.rows, rows), _factor(self.cols, cols)
            if r is None or q is None:
                return e.mul_(r[:, None] if r is not None else cast(Tensor, q)[None, :])
            return e.mul_(torch.add(r[:, None], q[None, :], out=spare))
        x = self.tiles.fill(self.ask, rows, cols, logits, -torch.inf)
        if self.rows is None or self.cols is None:
            return _softmax(x, *self._one(rows, cols), out=x)
        spare = _softmax(x, *_column(self.rows, rows), out=spare)
        return _softmax(x, *_row(self.cols, cols), out=x).add_(spare)

    def _one(self, rows: slice, cols: slice) -> tuple[Tensor, Tensor]:
        return _column(self.rows, rows) if self.rows is not None else _row(cast(tuple[Tensor, Tensor], self.cols), cols)


def _pulls(tiles: Tiles, lses: list[Tensor], grads: tuple[Tensor, ...]) -> list[_Pull]:
    found: list[_Pull] = []
    pairs = iter(zip(grads, lses, strict=True))
    for ask, wanted in enumerate(tiles.walk.asks):
        by_axis = {axis: next(pairs) for axis in wanted.axes}
        rows, cols = by_axis.get(Axis.ROWS), by_axis.get(Axis.COLS)
        found.append(_Pull(tiles, ask, rows, rows if tiles.walk.halved else cols))
    return found


def _push(
    walk: Walk, rows: slice, cols: slice, w_nm: Tensor, x: tuple[Tensor, Tensor], g: tuple[Tensor, Tensor]
) -> None:
    """Add a tile's share of the gradients."""
    (a, b), (ga, gb) = x, g
    ga[rows].addmm_(w_nm, b[cols])
    if not walk.halved:
        gb[cols].addmm_(w_nm.T, a[rows])
    elif rows != cols:
        ga[cols].addmm_(w_nm.T, a[rows])


def _factor(pull: tuple[Tensor, Tensor] | None, where: slice) -> Tensor | None:
    """The part of a weight that a whole row shares, g exp(-lse); 0 where nothing takes part."""
    if pull is None:
        return None
    g, lse = pull[0][where], pull[1][where]
    return torch.where(lse == -torch.inf, 0.0, g * torch.exp(-lse))


def _softmax(x_nm: Tensor, g: Tensor, lse: Tensor, *, out: Tensor) -> Tensor:
    """Weights g exp(x - lse)."""
    return torch.sub(x_nm, lse, out=out).exp_().mul_(g)


def _column(pull: tuple[Tensor, Tensor], where: slice) -> tuple[Tensor, Tensor]:
    g, lse = pull[0][where], pull[1][where]
    # exp(x - inf) is 0: a row in which nothing takes part pulls at nothing.
    return g[:, None], torch.where(lse == -torch.inf, torch.inf, lse)[:, None]


def _row(pull: tuple[Tensor, Tensor], where: slice) -> tuple[Tensor, Tensor]:
    g, lse = _column(pull, where)
    return g.T, lse.T
