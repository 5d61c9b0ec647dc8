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
from counterpoint.pairwise.lse_tiles import Walk
from counterpoint.pairwise.once import first_derivative_only
from counterpoint.pairwise.rotation import Meeting
from counterpoint.pairwise.terms import Axis
from counterpoint.pairwise.triton.availability import DTYPES
from counterpoint.pairwise.triton.blocks import Tuning
from counterpoint.pairwise.triton.launch import Facing, Side, gradient, log_sum_exp
from counterpoint.pairwise.triton.pulls import Pull, unit_of


def fused_log_sum_exps(
    walk: Walk,
    a_ND: Tensor,
    b_MD: Tensor,
    scales: list[Tensor],
    shifts: list[Tensor],
    *,
    margin: float = 0.0,
    tuning: Tuning | None = None,
) -> list[dict[Axis, Tensor]]:
    """For every ask, its log-sum-exps `[N]` over all candidates and `[M]` over these anchors, in float32.

    They are -inf where nothing takes part.

    Args:
        walk: Who is compared with whom, what is wanted, and whose candidates are whose columns.
        a_ND: Anchors in float32, bfloat16 or float16.
        b_MD: This rank's candidates, of the same dtype; the same tensor when rows are compared among themselves, which
            halves the work on one process if the relation is symmetric.
        scales: One scalar per ask.
        shifts: One scalar per ask.
        margin: Added to the similarity of positives, before scales.
        tuning: Sizes of blocks; chosen by width, dtype and device when None.

    Raises:
        InputError: Embeddings of another dtype, of different dtypes, or not on a GPU.
        MissingExtraError: Triton is not installed.
    """
    _check(a_ND, b_MD)
    if not walk.asks:
        return []
    mirrored = a_ND is b_MD and walk.keys.symmetric and walk.rotation.ranks.size == 1
    a = _aligned(a_ND)
    b = a if a_ND is b_MD else _aligned(b_MD)
    call = _Call(walk, margin, mirrored, tuning or Tuning.of(a))
    rows, cols = cast(tuple[Tensor, Tensor], _Fused.apply(call, a, b, *scales))  # pyright: ignore[reportUnknownMemberType]
    found: list[dict[Axis, Tensor]] = []
    for ask, (wanted, shift) in enumerate(zip(walk.asks, shifts, strict=True)):
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
        walk: Who is compared with whom, and what is wanted.
        margin: Added to positives.
        mirrored: Both sides are the same rows in a symmetric relation: row statistics are column statistics.
        tuning: Sizes.
    """

    walk: Walk
    margin: float
    mirrored: bool
    tuning: Tuning

    @property
    def by_rows(self) -> list[int]:
        """The asks for which rows are walked."""
        return [i for i, ask in enumerate(self.walk.asks) if self.mirrored or Axis.ROWS in ask.axes]

    @property
    def by_cols(self) -> list[int]:
        """The asks for which columns are walked."""
        return [i for i, ask in enumerate(self.walk.asks) if not self.mirrored and Axis.COLS in ask.axes]

    def facing(self, a: Tensor, b: Tensor, scales: Tensor, place: slice) -> Facing:
        """Anchors as mine, the candidates of a block of columns as theirs."""
        keys = self.walk.keys
        mine, theirs = (
            Side(x, one.to(torch.int64).contiguous())
            for x, one in ((a, keys.anchor_keys), (b, keys.candidate_keys[place]))
        )
        first = None if keys.first is None else keys.first - place.start
        return Facing(mine, theirs, first, tuple(ask.which for ask in self.walk.asks), scales, self.margin, self.tuning)


class _Fused(torch.autograd.Function):
    """Forward keeps a number per row, column and ask; backward makes the scores again."""

    @staticmethod
    def forward(ctx: Any, call: _Call, a: Tensor, b: Tensor, *scales: Tensor) -> tuple[Tensor, Tensor]:
        # On the device from start to end: reading a learned scale would make the host wait.
        stacked = torch.stack([scale.detach().reshape(()).to(a.device, torch.float32) for scale in scales])
        rows = stacked.new_full((len(call.by_rows), len(a)), -torch.inf)
        cols = stacked.new_empty(len(call.by_cols), call.walk.rotation.total)
        for meeting, block in call.walk.rotation.blocks(b, len(a)):
            facing = call.facing(a, block, stacked, meeting.place)
            if call.by_rows:
                rows = torch.logaddexp(rows, log_sum_exp(facing.only(call.by_rows)))
            if call.by_cols:
                cols[:, meeting.place] = log_sum_exp(facing.swapped.only(call.by_cols))
        ctx.call = call
        ctx.scales = [(scale.shape, scale.dtype, scale.device) for scale in scales]
        ctx.save_for_backward(a, b, stacked, rows, cols)
        return rows, cols

    @staticmethod
    @first_derivative_only
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        call: _Call = ctx.call
        a, b, scales, rows, cols = cast(tuple[Tensor, ...], ctx.saved_tensors)
        mine = Pull.of(grads[0], rows, call.by_rows, len(call.walk.asks))
        # The mirror image of an entry pulls at the same two rows.
        theirs = mine if call.mirrored else Pull.of(grads[1], cols, call.by_cols, len(call.walk.asks))
        _, for_a, for_b, *for_scales = ctx.needs_input_grad
        backward = _Backward(call, a, scales, (mine, theirs), (for_a, for_b, any(for_scales)))
        gb = call.walk.rotation.collect(b, len(a), backward.block)
        # Where a matrix is its own mirror image every pair was met twice.
        slopes = backward.slopes / 2 if call.mirrored else backward.slopes
        kinds = zip(ctx.scales, for_scales, strict=True)
        return (
            None,
            backward.ga if for_a else None,
            gb if for_b and not call.mirrored else None,
            *(
                slopes[i].to(device, dtype).reshape(shape) if wanted else None
                for i, ((shape, dtype, device), wanted) in enumerate(kinds)
            ),
        )


class _Backward:
    """Gradients while blocks of candidates come by.

    Args:
        call: What is asked.
        a: Anchors.
        scales: Per ask.
        pulls: At log-sum-exps of rows and of columns.
        wants: Whether gradients of anchors, candidates and scales are asked for.
    """

    def __init__(
        self, call: _Call, a: Tensor, scales: Tensor, pulls: tuple[Pull, Pull], wants: tuple[bool, bool, bool]
    ) -> None:
        self._call, self._a, self._scales, self._wants = call, a, scales, wants
        self._unit = unit_of(pulls, scales, a.dtype)
        self._mine, self._theirs = (one.over(self._unit) for one in pulls)
        self.ga, self.slopes = torch.zeros_like(a), torch.zeros_like(scales)

    def block(self, meeting: Meeting, b: Tensor, gb: Tensor) -> None:
        """One launch a side."""
        facing, theirs = self._call.facing(self._a, b, self._scales, meeting.place), self._theirs.at(meeting.place)
        for_a, for_b, for_scales = self._wants
        if for_a or for_scales:
            found, slopes = gradient(facing, self._mine, theirs, self._unit, slopes=for_scales)
            self.ga += found
            self.slopes += 0.0 if slopes is None else slopes
        if for_b and not self._call.mirrored:
            gb += gradient(facing.swapped, theirs, self._mine, self._unit, slopes=False)[0]
