"""Log-sum-exps of affine inner products, tile by tile: powers in place, derivatives in closed form.

For one term, ``lse_i = log sum_j exp(scale s_ij + shift)``, so ``d lse_i / d s_ij = scale exp(scale s_ij + shift -
lse_i)``: the backward pass makes each tile again, unless it was kept, and multiplies it from both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from counterpoint.pairwise.lse_pulls import Pull, pulls
from counterpoint.pairwise.lse_tiles import Tiles, Walk
from counterpoint.pairwise.lse_totals import Totals, in_range, totals
from counterpoint.pairwise.once import first_derivative_only
from counterpoint.pairwise.products import add_product
from counterpoint.pairwise.terms import Axis


def log_sum_exps(
    walk: Walk, a_ND: Tensor, b_MD: Tensor, scales: list[Tensor], shifts: list[Tensor], *, bound: float | None
) -> list[dict[Axis, Tensor]]:
    """For every ask, its log-sum-exps `[N]` and `[M]`, over all ranks' candidates; -inf where nothing takes part.

    Args:
        walk: What, and in which tiles.
        a_ND: Anchors.
        b_MD: This rank's candidates.
        scales: One scalar per ask.
        shifts: One scalar per ask.
        bound: Largest absolute inner product; None when it is not known.
    """
    bound = _largest_product(walk, a_ND, b_MD) if bound is None else bound
    found = iter(cast(tuple[Tensor, ...], _LogSumExps.apply(walk, bound, a_ND, b_MD, *scales)))  # pyright: ignore[reportUnknownMemberType]
    # A shift of every exponent is a shift of the result.
    return [{axis: next(found) + shift for axis in ask.axes} for ask, shift in zip(walk.asks, shifts, strict=True)]


def _largest_product(walk: Walk, a: Tensor, b: Tensor) -> float:
    """No inner product is larger than the product of the longest rows (Cauchy and Schwarz)."""
    longest = torch.stack([cast(Tensor, torch.linalg.vector_norm(x.detach(), dim=1)).max() for x in (a, b)])  # pyright: ignore[reportUnknownMemberType]
    longest = walk.rotation.ranks.max(longest)
    return float(longest[0] * longest[1])


class _LogSumExps(torch.autograd.Function):
    """Forward keeps a number per row and column, and the tiles that fit; backward walks the tiles again."""

    @staticmethod
    def forward(ctx: Any, walk: Walk, bound: float, a: Tensor, b: Tensor, *scales: Tensor) -> tuple[Tensor, ...]:
        tiles = Tiles(walk, a, tuple(float(scale) for scale in scales), bound)
        one_shift = all(tiles.may_share_a_shift(ask) for ask in range(len(walk.asks)))
        room = walk.plan.keep if one_shift and tiles.folded and any(ctx.needs_input_grad) else 0
        found, kept = _forward(tiles, b, one_shift=one_shift, room=room)
        if one_shift and not in_range(walk, found):
            one_shift = False
            found, kept = _forward(tiles, b, one_shift=False, room=0)
        lses = [total.finished() for total in found]
        ctx.walk, ctx.scales, ctx.bound, ctx.one_shift, ctx.kept = walk, tiles.scales, bound, one_shift, kept
        flat = [lse for by_axis in lses for lse in by_axis]
        ctx.save_for_backward(a, b, *flat)
        return tuple(flat)

    @staticmethod
    @first_derivative_only
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        walk: Walk = ctx.walk
        a, b, *lses = cast(tuple[Tensor, ...], ctx.saved_tensors)
        tiles = Tiles(walk, a, ctx.scales, ctx.bound)
        wants_a, wants_b, *wants_scales = (bool(need) for need in ctx.needs_input_grad[2:])
        wants = _Wants(wants_a or (tiles.folded and any(wants_scales)), wants_b, wants_scales)
        backward = _Backward(tiles, pulls(tiles, lses, grads, one_shift=ctx.one_shift), wants, ctx.kept, a)
        # backward() may be called under autocast, which must not reach the products.
        with torch.autocast(a.device.type, enabled=False):
            gb = walk.rotation.collect(b, backward.block)
        return None, None, backward.ga, None if walk.halved else gb, *backward.scale_gradients()


def _forward(tiles: Tiles, b: Tensor, *, one_shift: bool, room: int) -> tuple[Sequence[Totals], list[Tensor]]:
    """Totals of every ask, and the first tiles as far as there is room."""
    walk = tiles.walk
    found = totals(tiles, one_shift=one_shift)
    kept: list[Tensor] = []
    for place, block in walk.rotation.blocks(b):
        for rows, cols in walk.tiles(place):
            b_mD = block[cols.start - place.start : cols.stop - place.start]
            size = (rows.stop - rows.start) * len(b_mD) * b.element_size()
            room -= size
            own = b.new_empty(rows.stop - rows.start, len(b_mD)) if room >= 0 else None
            s_nm = tiles.scores(rows, b_mD, into=own)
            for ask, total in enumerate(found):
                total.add(rows, cols, tiles.exponents(ask, s_nm))
            if own is not None:
                kept.append(own)
    return found, kept


@dataclass(frozen=True)
class _Wants:
    """Whose gradients are asked for; products that serve nobody are left out."""

    a: bool
    b: bool
    scales: list[bool]


class _Backward:
    """Gradients while blocks of candidates come by."""

    def __init__(self, tiles: Tiles, pull: list[Pull], wants: _Wants, kept: list[Tensor], a: Tensor) -> None:
        self._tiles, self._pulls, self._wants, self._a = tiles, pull, wants, a
        self._kept = iter(kept)
        self.ga = torch.zeros_like(a)
        self._scales = [0.0] * len(pull)

    def block(self, place: slice, b: Tensor, gb: Tensor) -> None:
        """Every tile of one block."""
        walk = self._tiles.walk
        gb = self.ga if walk.halved else gb
        for rows, cols in walk.tiles(place):
            here = slice(cols.start - place.start, cols.stop - place.start)
            kept = next(self._kept, None)
            if kept is not None:
                self._push(rows, here, self._pulls[0].on_powers(rows, cols, kept), b, gb)
                continue
            s_nm = self._tiles.scores(rows, b[here])
            for ask, pull in enumerate(self._pulls):
                w_nm = pull.weights(rows, cols, self._tiles.exponents(ask, s_nm))
                if not self._tiles.folded:
                    self._add_scale(ask, w_nm, s_nm, mirrored_on_itself=walk.halved and rows == cols)
                    w_nm = w_nm.mul_(self._tiles.scales[ask])
                self._push(rows, here, w_nm, b, gb)

    def _add_scale(self, ask: int, w_nm: Tensor, s_nm: Tensor, *, mirrored_on_itself: bool) -> None:
        if self._wants.scales[ask]:
            # A mirrored tile's weights are those of both pairs; on the diagonal each pair is there twice.
            share = 0.5 if mirrored_on_itself else 1.0
            self._scales[ask] += share * float(torch.dot(w_nm.reshape(-1), s_nm.reshape(-1)))

    def _push(self, rows: slice, here: slice, w_nm: Tensor, b: Tensor, gb: Tensor) -> None:
        """Add a tile's share of the gradients."""
        walk = self._tiles.walk
        bfloat16 = walk.plan.bfloat16
        if self._wants.a:
            add_product(self.ga[rows], w_nm, b[here], bfloat16=bfloat16)
        mirrored_on_itself = walk.halved and rows == here
        if (self._wants.a if walk.halved else self._wants.b) and not mirrored_on_itself:
            add_product(gb[here], w_nm.T, self._a[rows], bfloat16=bfloat16)

    def scale_gradients(self) -> list[Tensor | None]:
        """Of every scale that wants one."""
        if self._tiles.folded and self._wants.scales[0]:
            # sum_ij w_ij s_ij, read off the gradients instead of the tiles; mirrored tiles count every pair twice.
            twice = 2 if self._tiles.walk.halved else 1
            return [_inner(self._a, self.ga) / (twice * self._tiles.scales[0])]
        return [
            self._a.new_tensor(one) if want else None
            for one, want in zip(self._scales, self._wants.scales, strict=True)
        ]


def _inner(x: Tensor, y: Tensor) -> Tensor:
    """Inner product of two matrices, block by block: their entrywise product would be one more matrix."""
    blocks = [slice(i, i + 1024) for i in range(0, len(x), 1024)]
    return torch.stack([(x[block] * y[block]).sum() for block in blocks]).sum()
