"""Ranks: how the blocks of several processes meet. First form: candidates are gathered, their gradients scattered back.

One of the two files that import torch.distributed, whose functions are untyped.
"""

# pyright: reportUnknownMemberType=false

from __future__ import annotations

from dataclasses import dataclass

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
        if reduction is Reduction.SUM:
            total = statistic.clone()
            dist.all_reduce(total)
            return total
        largest = statistic.clone()
        dist.all_reduce(largest, op=dist.ReduceOp.MAX)
        shift = torch.where(largest == -torch.inf, 0.0, largest)
        total = torch.exp(statistic - shift)
        dist.all_reduce(total)
        return torch.log(total) + shift


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
