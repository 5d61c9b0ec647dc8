"""Log-sum-exps of affine inner products, tile by tile: powers in place, derivatives in closed form.

For one term, ``lse_i = log sum_j exp(scale s_ij + shift)``, so ``d lse_i / d s_ij = scale exp(scale s_ij + shift -
lse_i)``: the backward pass makes each tile again, unless it was kept, and multiplies it from both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor

from counterpoint.pairwise.closed_backward import Backward, Wants
from counterpoint.pairwise.lse_pulls import pulls
from counterpoint.pairwise.lse_tiles import Tiles, Walk, all_rows, own_rows
from counterpoint.pairwise.lse_totals import Totals, in_range, totals
from counterpoint.pairwise.once import first_derivative_only
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
        lses = [[own_rows(walk, lse) for lse in total.finished()] for total in found]
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
        # A tile that stands for its mirror image pulls at other ranks' rows too, by what their statistics are worth.
        lses, grads = [all_rows(walk, one) for one in lses], tuple(all_rows(walk, one) for one in grads)
        wants_a, wants_b, *wants_scales = (bool(need) for need in ctx.needs_input_grad[2:])
        wants = Wants(wants_a or (tiles.folded and any(wants_scales)), wants_b, wants_scales)
        backward = Backward(tiles, pulls(tiles, lses, grads, one_shift=ctx.one_shift), wants, ctx.kept, a)
        # backward() may be called under autocast, which must not reach the products.
        with torch.autocast(a.device.type, enabled=False):
            backward.take(walk.rotation.collect(b, len(a), backward.block))
        return None, None, backward.ga, backward.gb, *backward.scale_gradients()


def _forward(tiles: Tiles, b: Tensor, *, one_shift: bool, room: int) -> tuple[Sequence[Totals], list[Tensor]]:
    """Totals of every ask, and the first tiles as far as there is room."""
    walk = tiles.walk
    found = totals(tiles, one_shift=one_shift)
    kept: list[Tensor] = []
    for meeting, block in walk.rotation.blocks(b, len(walk.keys.anchor_keys)):
        for rows, cols in walk.tiles(meeting):
            b_mD = block[meeting.here(cols)]
            size = (rows.stop - rows.start) * len(b_mD) * b.element_size()
            room -= size
            own = b.new_empty(rows.stop - rows.start, len(b_mD)) if room >= 0 else None
            s_nm = tiles.scores(rows, b_mD, into=own)
            for ask, total in enumerate(found):
                total.add(rows, cols, tiles.exponents(ask, s_nm))
            if own is not None:
                kept.append(own)
    for total in found:
        total.share()
    return found, kept
