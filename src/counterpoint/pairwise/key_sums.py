"""Sums of inner products over positives, negatives or everything, per anchor and candidate, in O((N + M) D).

A row's sum over its positives is its inner product with the sum of its positives: rows of one key are added up once,
and no pair is ever formed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from counterpoint.pairwise.keys import Keys
from counterpoint.pairwise.once import first_derivative_only
from counterpoint.pairwise.rotation import Meeting, Rotation
from counterpoint.pairwise.terms import Axis
from counterpoint.pairwise.trace import Which

Wanted = tuple[Axis, Which | None]

_PARTS = {None: (1, 0, 0), Which.COMPARED: (1, 0, -1), Which.POSITIVE: (0, 1, 0), Which.NEGATIVE: (1, -1, -1)}
"""How a sum is put together: everything, positives, and the comparison with itself where there is one. Positives are
summed without it."""


def key_sums(keys: Keys, rotation: Rotation, wanted: list[Wanted], a_ND: Tensor, b_MD: Tensor) -> list[Tensor]:
    """One sum per request, `[N]` over all ranks' candidates or `[M]` (all ranks') over this rank's anchors.

    Args:
        keys: Who is positive to whom.
        rotation: Whose candidates are whose columns.
        wanted: Axis and entries of every sum.
        a_ND: Anchors of this rank.
        b_MD: Candidates of this rank.
    """
    return list(cast(tuple[Tensor, ...], _KeySums.apply(keys, rotation, tuple(wanted), a_ND, b_MD)))  # pyright: ignore[reportUnknownMemberType]


def partner_products(partner: int, a_ND: Tensor, b_MD: Tensor) -> dict[Wanted, Tensor]:
    """The sums over positives where anchor i has the one positive ``(i + partner) mod N``."""
    n, m = a_ND.shape[0], b_MD.shape[0]
    theirs = b_MD if m == n else b_MD[:n]
    by_row = (a_ND * (theirs.roll(-partner, 0) if partner else theirs)).sum(1)
    by_col = by_row.roll(partner) if partner else by_row
    if m > n:
        by_col = torch.cat([by_col, by_col.new_zeros(m - n)])
    return {(Axis.ROWS, Which.POSITIVE): by_row, (Axis.COLS, Which.POSITIVE): by_col}


class _KeySums(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, keys: Keys, rotation: Rotation, wanted: tuple[Wanted, ...], a: Tensor, b: Tensor
    ) -> tuple[Tensor, ...]:
        n, m = len(a), rotation.total
        found = [a.new_zeros(n if axis is Axis.ROWS else m) for axis, _ in wanted]
        for met, block in rotation.blocks(b, n):
            place = met.place
            meeting = _Block(keys, place)
            for (axis, which), total in zip(wanted, found, strict=True):
                x, y, here = (a, block, slice(0, n)) if axis is Axis.ROWS else (block, a, place)
                total[here] += (x * meeting.partners(axis, which, y)).sum(1)
        ctx.keys, ctx.rotation, ctx.wanted = keys, rotation, wanted
        ctx.save_for_backward(a, b)
        return tuple(found)

    @staticmethod
    @first_derivative_only
    def backward(ctx: Any, *grads: Tensor) -> tuple[Any, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        a, b = cast(tuple[Tensor, Tensor], ctx.saved_tensors)
        wanted: tuple[Wanted, ...] = ctx.wanted
        ga = torch.zeros_like(a)

        def work(met: Meeting, block: Tensor, gb: Tensor) -> None:
            place = met.place
            meeting = _Block(ctx.keys, place)
            for (axis, which), grad in zip(wanted, grads, strict=True):
                other = Axis.COLS if axis is Axis.ROWS else Axis.ROWS
                x, y, gx, gy, g = (
                    (a, block, ga, gb, grad[:, None]) if axis is Axis.ROWS else (block, a, gb, ga, grad[place, None])
                )
                # s_ij = <x_i, y_j>: what a row meets is what its gradient is, and the other way round.
                gx += g * meeting.partners(axis, which, y)
                gy += meeting.partners(other, which, g * x)

        return None, None, None, ga, ctx.rotation.collect(b, len(a), work)


@dataclass(frozen=True, eq=False)
class _Block:
    """This rank's anchors and one block of candidates."""

    keys: Keys
    place: slice

    def partners(self, axis: Axis, which: Which | None, y: Tensor) -> Tensor:
        """For every row of the axis, the sum of those rows of ``y`` that it is summed over."""
        everything, positives, own = _PARTS[which]
        found = y.new_zeros(self._length(axis), y.shape[1])
        if everything:
            found += y.sum(0)
        if positives:
            found += positives * self._positives(axis, y)
        if own and self.keys.first is not None:
            mine, theirs = self._own(axis)
            found[mine] += own * y[theirs]
        return found

    def _positives(self, axis: Axis, y: Tensor) -> Tensor:
        mine, theirs, count = self.keys.groups
        theirs = theirs[self.place]
        if axis is Axis.COLS:
            mine, theirs = theirs, mine
        # Half a million rows of one label, say, are summed in the dtype of the embeddings: the error grows with the
        # root of their number, as in a product.
        totals = y.new_zeros(count + 1, y.shape[1]).index_add_(0, theirs, y)
        totals[count] = 0
        found = totals[mine]
        if self.keys.first is not None:
            # A row that is also a candidate is left out before any product, which would cancel otherwise.
            own, others = self._own(axis)
            anchors = self._own(Axis.ROWS)[0]
            found[own] -= torch.where(self.keys.own_positive[anchors, None], y[others], 0.0)
        return found

    def _length(self, axis: Axis) -> int:
        return len(self.keys.anchor_keys) if axis is Axis.ROWS else self.place.stop - self.place.start

    def _own(self, axis: Axis) -> tuple[slice, slice]:
        """Rows of this axis, and of the other, that are the same rows; both count from the block's beginning."""
        first = cast(int, self.keys.first)
        start = max(first, self.place.start)
        stop = max(start, min(first + len(self.keys.anchor_keys), self.place.stop))
        anchors = slice(start - first, stop - first)
        candidates = slice(start - self.place.start, stop - self.place.start)
        return (anchors, candidates) if axis is Axis.ROWS else (candidates, anchors)
