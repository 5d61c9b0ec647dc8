"""Log-sum-exps of affine inner products by fused kernels, forward and backward, in O(N + M) memory.

The same mathematics as :mod:`counterpoint.pairwise.streamed_lse`: ``d lse_i / d s_ij = scale exp(scale s_ij - lse_i)``.
The same inputs on the same device give the same bits: no atomics, every sum has one order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor
from torch.nn.functional import pad

from counterpoint.base.errors import InputError
from counterpoint.pairwise.keys import Keys
from counterpoint.pairwise.lse_tiles import Ask
from counterpoint.pairwise.once import first_derivative_only
from counterpoint.pairwise.terms import Axis
from counterpoint.pairwise.triton.availability import DTYPES
from counterpoint.pairwise.triton.blocks import Tuning
from counterpoint.pairwise.triton.launch import Facing, Side, gradient, log_sum_exp
from counterpoint.pairwise.triton.pulls import Pull, unit_of


def fused_log_sum_exps(
    keys: Keys,
    asks: tuple[Ask, ...],
    a_ND: Tensor,
    b_MD: Tensor,
    scales: list[Tensor],
    shifts: list[Tensor],
    *,
    margin: float = 0.0,
    tuning: Tuning | None = None,
) -> list[dict[Axis, Tensor]]:
    """For every ask, its log-sum-exps `[N]` and `[M]` in float32; -inf where nothing takes part.

    Args:
        keys: Who is compared with whom.
        asks: What is wanted.
        a_ND: Anchors in float32, bfloat16 or float16.
        b_MD: Candidates of the same dtype; the same tensor when rows are compared among themselves, which halves the
            work if the relation is symmetric.
        scales: One scalar per ask.
        shifts: One scalar per ask.
        margin: Added to the similarity of positives, before scales.
        tuning: Sizes of blocks; chosen by width, dtype and device when None.

    Raises:
        InputError: Embeddings of another dtype, of different dtypes, or not on a GPU.
        MissingExtraError: Triton is not installed.
    """
    _check(a_ND, b_MD)
    if not asks:
        return []
    mirrored = a_ND is b_MD and keys.symmetric
    a = _aligned(a_ND)
    b = a if a_ND is b_MD else _aligned(b_MD)
    call = _Call(keys, asks, margin, mirrored, tuning or Tuning.of(a))
    rows, cols = cast(tuple[Tensor, Tensor], _Fused.apply(call, a, b, *scales))  # pyright: ignore[reportUnknownMemberType]
    found: list[dict[Axis, Tensor]] = []
    for ask, (wanted, shift) in enumerate(zip(asks, shifts, strict=True)):
        by_axis = {Axis.ROWS: (call.by_rows, rows), Axis.COLS: (call.by_cols, cols)}
        # A shift of every exponent is a shift of the result. A symmetric matrix has its rows as columns.
        places = {axis: by_axis[Axis.ROWS if mirrored else axis] for axis in wanted.axes}
        found.append({axis: lse[held.index(ask)] + shift for axis, (held, lse) in places.items()})
    return found


def _check(a: Tensor, b: Tensor) -> None:
    if a.dtype != b.dtype or a.dtype not in DTYPES:
        names = ", ".join(str(one).removeprefix("torch.") for one in DTYPES)
        raise InputError(f"the fused kernels take two tensors of one of {names}, got {a.dtype} and {b.dtype}")


def _aligned(x: Tensor) -> Tensor:
    """Contiguous rows of a multiple of 16 numbers; zeros change no inner product.

    Rows that start at odd addresses would be loaded number by number, with registers for every address.
    """
    return pad(x, (0, -x.shape[1] % 16)).contiguous() if x.shape[1] % 16 else x.contiguous()


@dataclass(frozen=True, eq=False)
class _Call:
    """What is asked, beside tensors with gradients.

    Attributes:
        keys: Who is compared with whom.
        asks: What is wanted.
        margin: Added to positives.
        mirrored: Both sides are the same rows in a symmetric relation: row statistics are column statistics.
        tuning: Sizes.
    """

    keys: Keys
    asks: tuple[Ask, ...]
    margin: float
    mirrored: bool
    tuning: Tuning

    @property
    def by_rows(self) -> list[int]:
        """The asks for which rows are walked."""
        return [i for i, ask in enumerate(self.asks) if self.mirrored or Axis.ROWS in ask.axes]

    @property
    def by_cols(self) -> list[int]:
        """The asks for which columns are walked."""
        return [i for i, ask in enumerate(self.asks) if not self.mirrored and Axis.COLS in ask.axes]

    def facing(self, a: Tensor, b: Tensor, scales: Tensor) -> Facing:
        """Anchors as mine, candidates as theirs."""
        sides = [
            Side(x, keys.to(torch.int64).contiguous())
            for x, keys in ((a, self.keys.anchor_keys), (b, self.keys.candidate_keys))
        ]
        which = tuple(ask.which for ask in self.asks)
        return Facing(sides[0], sides[1], self.keys.first, which, scales, self.margin, self.tuning)


class _Fused(torch.autograd.Function):
    """Forward keeps a number per row, column and ask; backward makes the scores again."""

    @staticmethod
    def forward(ctx: Any, call: _Call, a: Tensor, b: Tensor, *scales: Tensor) -> tuple[Tensor, Tensor]:
        # On the device from start to end: reading a learned scale would make the host wait.
        stacked = torch.stack([scale.detach().reshape(()).to(a.device, torch.float32) for scale in scales])
        facing = call.facing(a, b, stacked)
        rows, cols = (
            log_sum_exp(one.only(held)) if held else stacked.new_empty(0, len(one.mine.x))
            for one, held in ((facing, call.by_rows), (facing.swapped, call.by_cols))
        )
        ctx.call = call
        ctx.scales = [(scale.shape, scale.dtype, scale.device) for scale in scales]
        ctx.save_for_backward(a, b, stacked, rows, cols)
        return rows, cols

    @staticmethod
    @first_derivative_only
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        call: _Call = ctx.call
        a, b, scales, rows, cols = cast(tuple[Tensor, ...], ctx.saved_tensors)
        mine = Pull.of(grads[0], rows, call.by_rows, len(call.asks))
        # The mirror image of an entry pulls at the same two rows.
        theirs = mine if call.mirrored else Pull.of(grads[1], cols, call.by_cols, len(call.asks))
        unit = unit_of((mine, theirs), scales, a.dtype)
        mine, theirs = mine.over(unit), theirs.over(unit)
        _, for_a, for_b, *for_scales = ctx.needs_input_grad
        facing = call.facing(a, b, scales)
        ga = gb = slopes = None
        if for_a or any(for_scales):
            ga, slopes = gradient(facing, mine, theirs, unit, slopes=any(for_scales))
        if for_b and not call.mirrored:
            gb, _ = gradient(facing.swapped, theirs, mine, unit, slopes=False)
        if slopes is not None and call.mirrored:
            slopes = slopes / 2  # every pair was met twice
        kinds = zip(ctx.scales, for_scales, strict=True)
        return (
            None,
            ga if for_a else None,
            gb,
            *(
                None if slopes is None or not wanted else slopes[i].to(device, dtype).reshape(shape)
                for i, ((shape, dtype, device), wanted) in enumerate(kinds)
            ),
        )
