"""Candidates that belong to one anchor alone, among others that everybody is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from counterpoint.pairwise import Ranks, Relation, SameKey, Tile
from counterpoint.pairwise.slices import overlap


@dataclass(frozen=True, eq=False)
class Owned(Relation):
    """Anchor i is positive with its own candidates, negative with those that nobody owns, and sees no other.

    MoCo's key and queue are this: a key is its query's positive and nobody's negative. ``relation * owned`` keeps from
    everybody what one anchor owns, whatever it is to it: negatives made for one anchor, such as MoCHi's.

    Attributes:
        keys: Equality of an anchor's number with the owner of a candidate; a negative owner is everybody. Anchors are
            numbered in their order, from ``keys.start`` on.
    """

    keys: SameKey

    @staticmethod
    def of(anchors: Tensor, owners: Tensor) -> Owned:
        """Anchors are numbered from 0 on, on every rank.

        Args:
            anchors: `[N, ...]`, only their number counts.
            owners: int64 `[M]`, the row of each candidate's owner; -1 for everybody.
        """
        numbers = torch.arange(len(anchors), device=owners.device)
        return Owned(SameKey(numbers, owners, local=True, numbered=len(numbers)))

    @property
    def shape(self) -> tuple[int, int]:
        """(N, M)."""
        return self.keys.shape

    @property
    def told(self) -> str:
        """What owners are."""
        return f"Owned by {self.keys.told}"

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The block: its own, and what is everybody's."""
        own = self.keys.tile(row_block, col_block).positive
        everybody = (self.keys.candidate_keys[col_block] < 0)[None, :]
        return Tile(own, everybody.expand_as(own) & ~own)

    def busy(self, row_block: slice, col_block: slice) -> slice:
        """From the first owner of the block's candidates to the last; all rows where one is everybody's."""
        first, last = (int(x) for x in torch.aminmax(self._owners[col_block]))
        if first < -self.keys.start:
            return row_block
        return overlap(row_block, slice(first, last + 1))

    @cached_property
    def _owners(self) -> Tensor:
        """Owners as rows of this rank, where a walk over blocks does not wait for a device."""
        return (self.keys.candidate_keys - self.keys.start).cpu()

    def across(self, ranks: Ranks) -> Owned:
        """Owners on every rank."""
        return Owned(self.keys.across(ranks))
