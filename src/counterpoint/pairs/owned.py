"""Candidates that belong to one anchor alone, among others that everybody is compared with."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from counterpoint.pairwise import Ranks, Relation, SameKey, Tile


@dataclass(frozen=True, eq=False)
class Owned(Relation):
    """Anchor i is positive with its own candidates, negative with those that nobody owns, and sees no other.

    MoCo's key and queue are this: a key is its query's positive and nobody's negative. ``relation * owned`` keeps from
    everybody what one anchor owns, whatever it is to it: negatives made for one anchor, such as MoCHi's.

    Attributes:
        keys: Equality of an anchor's number with the owner of a candidate; a negative owner is everybody.
    """

    keys: SameKey

    @staticmethod
    def of(anchors: Tensor, owners: Tensor) -> Owned:
        """Anchors are numbered from 0 on, on every rank.

        Args:
            anchors: `[N, ...]`, only their number counts.
            owners: int64 `[M]`, the row of each candidate's owner; -1 for everybody.
        """
        return Owned(SameKey(torch.arange(len(anchors), device=owners.device), owners, local=True))

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

    def across(self, ranks: Ranks) -> Owned:
        """Owners on every rank."""
        return Owned(self.keys.across(ranks))
