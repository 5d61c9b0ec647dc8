"""What ranks share, with gradients: rows of all ranks, and statistics whose entries are spread over them.

Every rank computes the whole loss, and gradients are averaged over ranks afterwards. So what a rank finds about its
own entries is multiplied by the number of ranks where the loss's gradient is known whole on every rank (at the head),
and summed over ranks where each knows a part of it (candidates; statistics that later stages read).
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor

from counterpoint.pairwise.once import first_derivative_only
from counterpoint.pairwise.ring import Ranks
from counterpoint.pairwise.terms import Reduction

Lengths = tuple[int, ...]
"""How many rows each rank has."""


def candidates(ranks: Ranks, rows: Tensor, lengths: Lengths) -> Tensor:
    """Rows of all ranks, whose gradient is what all ranks' anchors say about this rank's rows."""
    return rows if ranks.size == 1 else cast(Tensor, _Gathered.apply(ranks, rows, lengths, True))  # pyright: ignore[reportUnknownMemberType]


def every_row(ranks: Ranks, statistic: Tensor, lengths: Lengths | None = None) -> Tensor:
    """A statistic of this rank's rows made one of all ranks' rows, `[n, ...]` to `[sum n, ...]`, for the head.

    Where lengths are not known, ranks ask each other.
    """
    if ranks.size == 1:
        return statistic
    lengths = lengths or tuple(ranks.sizes(len(statistic)))
    return cast(Tensor, _Gathered.apply(ranks, statistic, lengths, False))  # pyright: ignore[reportUnknownMemberType]


def every_entry(ranks: Ranks, reduction: Reduction, statistic: Tensor, *, for_head: bool) -> Tensor:
    """A statistic over this rank's entries made one over all ranks' entries, for the head or for a later stage."""
    if ranks.size == 1:
        return statistic
    kind = _Largest if reduction is Reduction.TOP else _Merged
    return cast(Tensor, kind.apply(ranks, reduction, statistic, for_head))  # pyright: ignore[reportUnknownMemberType]


class _Gathered(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, ranks: Ranks, rows: Tensor, lengths: Lengths, collect: bool) -> Tensor:
        ctx.ranks, ctx.lengths, ctx.collect = ranks, lengths, collect
        return ranks.gather(rows, lengths)

    @staticmethod
    @first_derivative_only
    def backward(ctx: Any, grad: Tensor) -> tuple[None, Tensor, None, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        ranks: Ranks = ctx.ranks
        if ctx.collect:
            whole = grad.clone(memory_format=torch.contiguous_format)
            return None, ranks.scatter_sum(whole, ctx.lengths), None, None
        return None, ranks.size * ranks.own(grad, ctx.lengths), None, None


def _of_all(ranks: Ranks, grad: Tensor, for_head: bool) -> Tensor:
    return ranks.size * grad if for_head else ranks.sum(grad)


class _Merged(torch.autograd.Function):
    """Sums, counts and log-sum-exps."""

    @staticmethod
    def forward(ctx: Any, ranks: Ranks, reduction: Reduction, part: Tensor, for_head: bool) -> Tensor:
        total = ranks.merge(reduction, part)
        ctx.ranks, ctx.for_head, ctx.reduction = ranks, for_head, reduction
        ctx.save_for_backward(total, part)
        return total

    @staticmethod
    @first_derivative_only
    def backward(ctx: Any, grad: Tensor) -> tuple[None, None, Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        total, part = cast(tuple[Tensor, Tensor], ctx.saved_tensors)
        grad = _of_all(ctx.ranks, grad, ctx.for_head)
        if ctx.reduction is Reduction.LSE:
            # Nothing takes part: (-inf) - (-inf) would be NaN.
            grad = grad * torch.where(part == -torch.inf, 0.0, torch.exp(part - total))
        return None, None, grad, None


class _Largest(torch.autograd.Function):
    """The largest, or the top k; of equals, the first rank's."""

    @staticmethod
    def forward(ctx: Any, ranks: Ranks, reduction: Reduction, part: Tensor, for_head: bool) -> Tensor:
        lines = part[:, None] if part.ndim == 1 else part
        m, k = lines.shape
        every = ranks.gather(lines, (m,) * ranks.size).view(ranks.size, m, k).transpose(0, 1).reshape(m, ranks.size * k)
        # A stable sort, as topk may choose any of equals, and ranks would not agree.
        found = torch.sort(every, dim=1, descending=True, stable=True)
        ctx.ranks, ctx.for_head, ctx.shape = ranks, for_head, every.shape
        ctx.save_for_backward(found.indices[:, :k])
        return found.values[:, :k].reshape(part.shape)

    @staticmethod
    @first_derivative_only
    def backward(ctx: Any, grad: Tensor) -> tuple[None, None, Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        (places,) = cast(tuple[Tensor], ctx.saved_tensors)
        ranks: Ranks = ctx.ranks
        k = places.shape[1]
        every = grad.new_zeros(ctx.shape)
        every.scatter_(1, places, _of_all(ranks, grad, ctx.for_head).reshape(places.shape))
        return None, None, every[:, ranks.index * k : (ranks.index + 1) * k].reshape(grad.shape), None
