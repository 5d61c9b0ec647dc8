"""Sums of bent affine inner products, ``sum_j f(scale s_ij + shift)``, tile by tile, and their derivatives."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor

from counterpoint.pairwise.bends import Bend
from counterpoint.pairwise.closed_backward import Backward, Wants
from counterpoint.pairwise.keys import Keys
from counterpoint.pairwise.lse_pulls import Pull
from counterpoint.pairwise.lse_tiles import Ask, Tiles, Walk, all_rows, own_rows
from counterpoint.pairwise.once import first_derivative_only
from counterpoint.pairwise.terms import Axis


def bent_sums(
    walk: Walk, bend: Bend, a_ND: Tensor, b_MD: Tensor, scale: Tensor, shift: Tensor, *, bound: float | None
) -> dict[Axis, Tensor]:
    """Sums `[N]` over all ranks' candidates, or `[M]` over this rank's anchors.

    Args:
        walk: The entries, its one ask.
        bend: f.
        a_ND: Anchors.
        b_MD: This rank's candidates.
        scale: A scalar.
        shift: A scalar.
        bound: Largest absolute inner product; None when it is not known.
    """
    (ask,) = walk.asks
    bound = torch.inf if bound is None else bound
    found = cast(tuple[Tensor, ...], _BentSums.apply(walk, bend, bound, a_ND, b_MD, scale, shift))  # pyright: ignore[reportUnknownMemberType]
    return dict(zip(ask.axes, found, strict=True))


def dense_bent_sums(
    keys: Keys, ask: Ask, bend: Bend, s_NM: Tensor, scale: float | Tensor, shift: float | Tensor
) -> dict[Axis, Tensor]:
    """The same on the whole matrix, by autograd."""
    values = bend.of(s_NM * scale + shift)
    taken = keys.taken(ask.which, s_NM)
    if taken is not None:
        values = torch.where(taken, values, 0.0)
    return {axis: values.sum(axis.summed) for axis in ask.axes}


class _BentSums(torch.autograd.Function):
    """Forward keeps a number per row and column, and what was bent of the tiles that fit; backward walks them again."""

    @staticmethod
    def forward(
        ctx: Any, walk: Walk, bend: Bend, bound: float, a: Tensor, b: Tensor, scale: Tensor, shift: Tensor
    ) -> tuple[Tensor, ...]:
        (ask,) = walk.asks
        factor, moved = float(scale), float(shift)
        tiles = Tiles(walk, a, (factor,), bound, base=1.0)
        largest = abs(factor) * bound + abs(moved)
        sums = {axis: a.new_zeros(walk.lines[axis]) for axis in ask.axes}
        room = walk.plan.keep if tiles.folded and any(ctx.needs_input_grad) else 0
        kept: list[Tensor] = []
        for meeting, block in walk.rotation.blocks(b, len(a)):
            for rows, cols in walk.tiles(meeting):
                b_mD = block[meeting.here(cols)]
                size = (rows.stop - rows.start, b_mD.shape[0])
                room -= size[0] * size[1] * b.element_size()
                own = b.new_empty(size) if room >= 0 else None
                x_nm = tiles.exponents(0, tiles.scores(rows, b_mD, into=own)).add_(moved)
                if own is not None:
                    kept.append(own)
                    x_nm = tiles.buffers.numbers(1, *size).copy_(own)
                values = tiles.fill(0, rows, cols, bend.value_(x_nm, largest), 0.0)
                if Axis.ROWS in sums:
                    sums[Axis.ROWS][walk.at(rows)] += values.sum(1)
                    if walk.halved and not walk.on_itself(rows, cols):
                        sums[Axis.ROWS][cols] += values.sum(0)
                if Axis.COLS in sums:
                    sums[Axis.COLS][cols] += values.sum(0)
        ctx.walk, ctx.bend, ctx.numbers, ctx.kept = walk, bend, (factor, moved), kept
        ctx.save_for_backward(a, b)
        return tuple(own_rows(walk, walk.rotation.ranks.sum(x)) if walk.halved else x for x in sums.values())

    @staticmethod
    @first_derivative_only
    def backward(ctx: Any, *grads: Tensor) -> tuple[Any, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        walk: Walk = ctx.walk
        a, b = cast(tuple[Tensor, Tensor], ctx.saved_tensors)
        scale, shift = ctx.numbers
        wants_a, wants_b, wants_scale, wants_shift = (bool(need) for need in ctx.needs_input_grad[3:])
        tiles = Tiles(walk, a, (scale,), 0.0, base=1.0)
        by_axis = dict(zip(walk.asks[0].axes, (all_rows(walk, grad) for grad in grads), strict=True))
        pull = _BentPull(tiles, ctx.bend, by_axis, shift, wants_shift=wants_shift)
        wants = Wants(wants_a or (tiles.folded and wants_scale), wants_b, [wants_scale])
        backward = Backward(tiles, [pull], wants, ctx.kept, a)
        # backward() may be called under autocast, which must not reach the products.
        with torch.autocast(a.device.type, enabled=False):
            backward.take(walk.rotation.collect(b, len(a), backward.block))
        (scale_gradient,) = backward.scale_gradients()
        return None, None, None, backward.ga, backward.gb, scale_gradient, pull.shift_gradient()


class _BentPull(Pull):
    """Weights ``f'(scale s_ij + shift) (g_i + h_j)``, times the scale where it is folded into the scores."""

    def __init__(self, tiles: Tiles, bend: Bend, grads: dict[Axis, Tensor], shift: float, *, wants_shift: bool) -> None:
        # What a log-sum-exp pairs with its derivative has no part here.
        super().__init__(tiles, 0, None, None)
        self._bend, self._shift, self._wants_shift = bend, shift, wants_shift
        self._factor = tiles.scales[0] if tiles.folded else 1.0
        scaled = {axis: grad * self._factor for axis, grad in grads.items()}
        self._rows = scaled.get(Axis.ROWS)
        self._cols = self._rows if tiles.walk.halved else scaled.get(Axis.COLS)
        self._total = tiles.buffers.numbers(0, 1, 1).new_zeros(())

    def weights(self, rows: slice, cols: slice, x_nm: Tensor) -> Tensor:
        return self._pulled(rows, cols, x_nm.add_(self._shift))

    def on_powers(self, rows: slice, cols: slice, e_nm: Tensor) -> Tensor:
        return self._pulled(rows, cols, self.tiles.buffers.numbers(0, *e_nm.shape).copy_(e_nm))

    def _pulled(self, rows: slice, cols: slice, x_nm: Tensor) -> Tensor:
        """From what is bent, which is overwritten."""
        slope = self.tiles.fill(0, rows, cols, self._bend.slope_(x_nm), 0.0)
        whole = self.tiles.walk.at(rows)
        if self._rows is not None and self._cols is not None:
            spare = self.tiles.buffers.numbers(1, *slope.shape)
            slope.mul_(torch.add(self._rows[whole, None], self._cols[None, cols], out=spare))
        elif self._rows is not None:
            slope.mul_(self._rows[whole, None])
        else:
            slope.mul_(cast(Tensor, self._cols)[None, cols])
        if self._wants_shift:
            # A mirrored tile's weights are those of both pairs; on the diagonal each pair is there twice.
            self._total += slope.sum() * (0.5 if self.tiles.walk.on_itself(rows, cols) else 1.0)
        return slope

    def shift_gradient(self) -> Tensor | None:
        """Sum of all weights, without the scale."""
        return self._total / self._factor if self._wants_shift else None
