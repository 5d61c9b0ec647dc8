"""The ring: blocks of candidates pass from rank to rank while each is worked on, and so do their gradients.

Every rank holds its own rows, the block at hand and the one under way, in the backward pass with their gradients, and
never all candidates.
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
class Meeting:
    """This rank's anchors and one rank's candidates.

    Attributes:
        place: The columns that the block of candidates is.
        rows: Anchors to compare, of this rank.
        cols: Columns to compare them with, of the block.
        own: The candidates are this rank's.
    """

    place: slice
    rows: slice
    cols: slice
    own: bool

    def here(self, cols: slice) -> slice:
        """Columns as rows of the block."""
        return slice(cols.start - self.place.start, cols.stop - self.place.start)


@dataclass(frozen=True)
class Rotation:
    """Who holds which candidates, and who works on what.

    Attributes:
        ranks: The processes.
        lengths: Number of candidates of each.
        halved: Candidates are the anchors themselves, and what holds for a pair holds for its mirror image: every pair
            of ranks meets once instead of twice.
    """

    ranks: Ranks
    lengths: tuple[int, ...]
    halved: bool = False

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

    def blocks(self, b: Tensor, n: int) -> Iterator[tuple[Meeting, Tensor]]:
        """What this rank's ``n`` anchors meet, its own candidates first."""
        block = b
        for distance in range(self._blocks):
            coming = self._next(block, distance)
            yield self._meeting(distance, n), block
            if coming is not None:
                block = coming.wait()

    def collect(self, b: Tensor, n: int, work: Callable[[Meeting, Tensor, Tensor], None]) -> Tensor:
        """Gradient of this rank's candidates.

        Args:
            b: This rank's candidates.
            n: Number of this rank's anchors.
            work: Called with a meeting, the block of candidates, and zeros of its shape to which it adds the block's
                gradient by this rank's anchors.
        """
        block, carried = b, None
        own = gradient = torch.zeros_like(b)
        for distance in range(self._blocks):
            coming = self._next(block, distance)
            gradient = own if distance == 0 else torch.zeros_like(block)
            work(self._meeting(distance, n), block, gradient)
            if carried is not None:
                # What the ranks before found about this block; it came in while this rank worked.
                gradient += carried.wait()
            # Nobody met these candidates before their owner, so its own finding stays at home.
            carried = None if distance == 0 else self._send(gradient, distance)
            if coming is not None:
                block = coming.wait()
        return own if carried is None else own.add_(carried.wait())

    @property
    def _blocks(self) -> int:
        """How many ranks' candidates this rank meets: all, or those of half the others and its own."""
        return self.ranks.size // 2 + 1 if self.halved else self.ranks.size

    def _owner(self, distance: int) -> int:
        return (self.ranks.index - distance) % self.ranks.size

    def _next(self, block: Tensor, distance: int) -> Arriving | None:
        """The block after this one; None after the last."""
        if distance + 1 == self._blocks:
            return None
        return self.ranks.pass_on(block, self.lengths[self._owner(distance + 1)], tag=_CANDIDATES)

    def _send(self, gradient: Tensor, distance: int) -> Arriving:
        """To the rank that works on the block next, or from the last one home."""
        if distance + 1 < self._blocks:
            return self.ranks.pass_on(gradient, self.lengths[self._owner(distance + 1)], tag=_GRADIENTS)
        return self.ranks.pass_on(gradient, self.lengths[self.ranks.index], tag=_GRADIENTS, hops=-distance)

    def _meeting(self, distance: int, n: int) -> Meeting:
        owner = self._owner(distance)
        place = self.place(owner)
        rows, cols = slice(0, n), place
        if self.halved and distance and 2 * distance == self.ranks.size:
            # Both ranks of such a pair hold the other's rows: the first takes the first half of its own, the second
            # what is left of the first's.
            first, index = min(owner, self.ranks.index), self.ranks.index
            half = self.lengths[first] // 2
            if index == first:
                rows = slice(0, half)
            else:
                cols = slice(place.start + half, place.stop)
        return Meeting(place, rows, cols, own=distance == 0)
