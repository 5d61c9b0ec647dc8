"""Ranks: what several processes tell each other. One of the two files that import torch.distributed.

Every method is a collective call: all ranks make the same calls in the same order.
"""

# torch.distributed is untyped.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
import torch.distributed as dist
from torch import Tensor

from counterpoint.pairwise.terms import Reduction


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
        return ALONE

    def sizes(self, length: int) -> list[int]:
        """Every rank's number of rows; batches may be uneven."""
        return [length] if self.size == 1 else [row[0] for row in self.meet([length])]

    def meet(self, numbers: list[int]) -> list[list[int]]:
        """Every rank's numbers, in rank order; as many from each."""
        mine = torch.tensor(numbers, dtype=torch.int64, device=_wire())
        every = [torch.empty_like(mine) for _ in range(self.size)]
        dist.all_gather(every, mine)
        return [cast(list[int], one.tolist()) for one in every]

    def start(self, length: int) -> int:
        """How many rows the ranks before this one hold."""
        return sum(self.sizes(length)[: self.index])

    def gather(self, rows: Tensor, lengths: Sequence[int] | None = None) -> Tensor:
        """Rows of all ranks in rank order, `[n, ...]` to `[sum n, ...]`; outside autograd.

        Args:
            rows: This rank's.
            lengths: How many each rank has; where they are not known, ranks ask each other first.
        """
        if self.size == 1:
            return rows
        lengths = lengths or self.sizes(len(rows))
        padded = _pad(rows, max(lengths))
        every = [torch.empty_like(padded) for _ in range(self.size)]
        dist.all_gather(every, padded)
        return torch.cat([block[:length] for block, length in zip(every, lengths, strict=True)])

    def scatter_sum(self, rows: Tensor, lengths: Sequence[int]) -> Tensor:
        """Sum over ranks, in place, then this rank's slice: `[sum n, ...]` to `[n, ...]`, of these lengths."""
        if self.size > 1:
            dist.all_reduce(rows)
        return self.own(rows, lengths)

    def own(self, rows: Tensor, lengths: Sequence[int]) -> Tensor:
        """This rank's slice of all ranks' rows; a view."""
        start = sum(lengths[: self.index])
        return rows[start : start + lengths[self.index]]

    def sum(self, statistic: Tensor) -> Tensor:
        """Sum over ranks, entry by entry."""
        total = statistic.clone(memory_format=torch.contiguous_format)
        if self.size > 1:
            dist.all_reduce(total)
        return total

    def max(self, statistic: Tensor) -> Tensor:
        """Largest over ranks, entry by entry."""
        largest = statistic.clone(memory_format=torch.contiguous_format)
        if self.size > 1:
            dist.all_reduce(largest, op=dist.ReduceOp.MAX)
        return largest

    def merge(self, reduction: Reduction, statistic: Tensor) -> Tensor:
        """Combine a sum, count or log-sum-exp whose entries are spread over the ranks."""
        if self.size == 1:
            return statistic
        if reduction is not Reduction.LSE:
            return self.sum(statistic)
        largest = self.max(statistic)
        shift = torch.where(largest == -torch.inf, 0.0, largest)
        return torch.log(self.sum(torch.exp(statistic - shift))) + shift

    def pass_on(self, rows: Tensor, length: int, *, tag: int, hops: int = 1) -> Arriving:
        """Send rows that many ranks on, point to point, while ``length`` rows come from as many before."""
        wire = _wire() if rows.device.type == "cpu" or dist.get_backend() != dist.Backend.NCCL else rows.device
        sent = rows.contiguous().to(wire)
        received = sent.new_empty((length, *rows.shape[1:]))
        after, before = (self.index + hops) % self.size, (self.index - hops) % self.size
        # Grouped, so that a ring of NCCL ranks that all send first does not wait for itself.
        works = dist.batch_isend_irecv(
            [dist.P2POp(dist.isend, sent, after, tag=tag), dist.P2POp(dist.irecv, received, before, tag=tag)]
        )
        return Arriving(tuple(works), sent, received, rows.device)


ALONE = Ranks(0, 1)


@dataclass(frozen=True, eq=False)
class Arriving:
    """A message under way; what was sent is held until it has left."""

    works: tuple[Any, ...]
    sent: Tensor
    received: Tensor
    device: torch.device

    def wait(self) -> Tensor:
        """The rows that came in."""
        for work in self.works:
            work.wait()
        return self.received.to(self.device)


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
