"""The ring: blocks of candidates pass from rank to rank while each is worked on, and so do their gradients.

Every rank holds its own rows, the block at hand and the one under way, and never all candidates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor

from counterpoint.pairwise.ring import ALONE, Arriving, Ranks

_CANDIDATES, _GRADIENTS = 1, 2


@dataclass(frozen=True)
class Rotation:
    """Who holds which candidates.

    Attributes:
        ranks: The processes.
        lengths: Number of candidates of each.
    """

    ranks: Ranks
    lengths: tuple[int, ...]

    @staticmethod
    def alone(length: int) -> Rotation:
        """One process: one block."""
        return Rotation(ALONE, (length,))

    @property
    def total(self) -> int:
        """Candidates of all ranks."""
        return sum(self.lengths)

    def place(self, owner: int) -> slice:
        """The columns that a rank's candidates are."""
        starts = list(accumulate(self.lengths, initial=0))
        return slice(starts[owner], starts[owner + 1])

    def blocks(self, b: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """Every rank's candidates and their columns, this rank's first."""
        block = b
        for owner in self._owners():
            coming = self._next(block, owner)
            yield self.place(owner), block
            if coming is not None:
                block = coming.wait()

    def collect(self, b: Tensor, work: Callable[[slice, Tensor, Tensor], None]) -> Tensor:
        """Gradient of this rank's candidates.

        Args:
            b: This rank's candidates.
            work: Called with the columns of a block, the block, and zeros of its shape to which it adds the block's
                gradient by this rank's anchors.
        """
        block, gradient = b, torch.empty(0)
        carried: Arriving | None = None
        for owner in self._owners():
            coming = self._next(block, owner)
            gradient = torch.zeros_like(block)
            work(self.place(owner), block, gradient)
            if self.ranks.size == 1:
                return gradient
            if carried is not None:
                # What the ranks before found about this block; it came in while this rank worked.
                gradient += carried.wait()
            carried = self.ranks.pass_on(gradient, self.lengths[owner - 1], tag=_GRADIENTS)
            if coming is not None:
                block = coming.wait()
        return gradient if carried is None else carried.wait()

    def _owners(self) -> Iterator[int]:
        return ((self.ranks.index - step) % self.ranks.size for step in range(self.ranks.size))

    def _next(self, block: Tensor, owner: int) -> Arriving | None:
        """The block after this one; None when this is the last, which the next rank owns."""
        if owner == (self.ranks.index + 1) % self.ranks.size:
            return None
        return self.ranks.pass_on(block, self.lengths[owner - 1], tag=_CANDIDATES)
