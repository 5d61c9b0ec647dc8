"""Ranks: how the blocks of several processes meet. First form: candidates are gathered, their gradients scattered back.

One of the two files that import torch.distributed, whose functions are untyped.
"""

# pyright: reportUnknownMemberType=false

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import torch
import torch.distributed as dist
from torch import Tensor

from counterpoint.pairwise.once import first_derivative_only
from counterpoint.pairwise.terms import Reduction, share


@dataclass(frozen=True)
class Ranks:
    """The processes that share one global batch; a single process is the case ``size == 1``."""

    index: int
    size: int

    @staticmethod
    def current() -> Ranks:
        """The initialised default process group, or this process alone."""
        if dist.is_available() and dist.is_initialized():
            return Ranks(dist.get_rank(), dist.get_world_size())
        return Ranks(0, 1)

    def sizes(self, length: int) -> list[int]:
        """Every rank's number of rows; batches may be uneven."""
        if self.size == 1:
            return [length]
        mine = torch.tensor([length], dtype=torch.int64, device=_wire())
        every = [torch.empty_like(mine) for _ in range(self.size)]
        dist.all_gather(every, mine)
        return [int(one) for one in every]

    def start(self, length: int) -> int:
        """How many rows the ranks before this one hold."""
        return sum(self.sizes(length)[: self.index])

    def gather(self, rows: Tensor) -> Tensor:
        """Rows of all ranks in rank order, `[n, ...]` to `[sum n, ...]`; outside autograd."""
        if self.size == 1:
            return rows
        lengths = self.sizes(len(rows))
        padded = _pad(rows, max(lengths))
        every = [torch.empty_like(padded) for _ in range(self.size)]
        dist.all_gather(every, padded)
        return torch.cat([block[:length] for block, length in zip(every, lengths, strict=True)])

    def scatter_sum(self, rows: Tensor, length: int) -> Tensor:
        """Sum over ranks, in place, then this rank's slice: `[sum n, ...]` to `[length, ...]`."""
        if self.size == 1:
            return rows
        start = self.start(length)
        dist.all_reduce(rows)
        return rows[start : start + length]

    def merge(self, reduction: Reduction, statistic: Tensor) -> Tensor:
        """Combine a statistic whose entries are spread over the ranks."""
        if self.size == 1:
            return statistic
        if reduction is not Reduction.LSE:
            total = statistic.clone()
            dist.all_reduce(total)
            return total
        largest = statistic.clone()
        dist.all_reduce(largest, op=dist.ReduceOp.MAX)
        shift = torch.where(largest == -torch.inf, 0.0, largest)
        total = torch.exp(statistic - shift)
        dist.all_reduce(total)
        return torch.log(total) + shift

    def candidates(self, rows: Tensor) -> Tensor:
        """:meth:`gather` whose gradient comes back: what all ranks' losses say about this rank's rows."""
        return rows if self.size == 1 else cast(Tensor, _Gathered.apply(self, rows, True))

    def every_row(self, statistic: Tensor) -> Tensor:
        """A statistic of this rank's rows made one of all ranks' rows, `[n]` to `[sum n]`."""
        return statistic if self.size == 1 else cast(Tensor, _Gathered.apply(self, statistic, False))

    def every_entry(self, reduction: Reduction, statistic: Tensor) -> Tensor:
        """:meth:`merge` with a gradient."""
        return statistic if self.size == 1 else cast(Tensor, _Merged.apply(self, reduction, statistic))


class _Gathered(torch.autograd.Function):
    """Rows of all ranks. Every rank computes the whole loss and gradients are averaged over ranks afterwards.

    So a statistic's gradient, which every rank knows whole, is multiplied by their number; candidates collect what
    each rank's anchors say about them.
    """

    @staticmethod
    def forward(ctx: Any, ranks: Ranks, rows: Tensor, collect: bool) -> Tensor:
        ctx.ranks, ctx.length, ctx.collect = ranks, len(rows), collect
        return ranks.gather(rows)

    @staticmethod
    @first_derivative_only
    def backward(ctx: Any, grad: Tensor) -> tuple[None, Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        ranks: Ranks = ctx.ranks
        if ctx.collect:
            return None, ranks.scatter_sum(grad.clone(), ctx.length), None
        start = ranks.start(ctx.length)
        return None, ranks.size * grad[start : start + ctx.length], None


class _Merged(torch.autograd.Function):
    """A statistic whose entries are spread over the ranks; the gradient is multiplied as in :class:`_Gathered`."""

    @staticmethod
    def forward(ctx: Any, ranks: Ranks, reduction: Reduction, part: Tensor) -> Tensor:
        total = ranks.merge(reduction, part)
        ctx.ranks, ctx.reduction = ranks, reduction
        ctx.save_for_backward(total, part)
        return total

    @staticmethod
    @first_derivative_only
    def backward(ctx: Any, grad: Tensor) -> tuple[None, None, Tensor]:  # pyright: ignore[reportIncompatibleMethodOverride]
        total, part = cast(tuple[Tensor, Tensor], ctx.saved_tensors)
        return None, None, ctx.ranks.size * grad * share(ctx.reduction, total, part)


def _wire() -> torch.device:
    """Where a message must lie for the process group's backend: NCCL takes none from the CPU."""
    if dist.get_backend() == dist.Backend.NCCL:
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("cpu")


def _pad(rows: Tensor, length: int) -> Tensor:
    if len(rows) == length:
        return rows.contiguous()
    padded = rows.new_zeros((length, *rows.shape[1:]))
    padded[: len(rows)] = rows
    return padded
