"""Relations: which candidate attracts, repels or is ignored by which anchor, evaluated tile by tile."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise.ring import Ranks


@dataclass(frozen=True)
class Tile:
    """The relation on a block of the matrix: ``positive`` and ``negative`` are bool `[n, m]` and never both true."""

    positive: Tensor
    negative: Tensor

    @property
    def compared(self) -> Tensor:
        """Entries that are either; what a softmax runs over."""
        return self.positive | self.negative


class Relation(ABC):
    """A lazy `[N, M]` matrix: rows are this rank's anchors; columns its candidates, or all ranks' after ``across``."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """(N, M)."""

    @abstractmethod
    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The block of rows and columns."""

    @abstractmethod
    def across(self, ranks: Ranks) -> Relation:
        """The same relation with the candidates of all ranks as columns; a collective call."""


@dataclass(frozen=True)
class SameKey(Relation):
    """Anchor i and candidate j are positive when their keys are equal, negative otherwise.

    Paired rows, labels, and ragged lists of positives (candidate j belongs to anchor ``candidate_keys[j]``) are all
    this. A negative key is nobody's positive, which makes a candidate a pure negative.

    Attributes:
        anchor_keys: int64 `[N]`.
        candidate_keys: int64 `[M]`.
        local: Keys are row numbers of this rank, and mean something else on another one.
    """

    anchor_keys: Tensor
    candidate_keys: Tensor
    local: bool = False

    def __post_init__(self) -> None:
        """Refuse keys that are not integer vectors."""
        for name in ("anchor_keys", "candidate_keys"):
            keys = getattr(self, name)
            if keys.ndim != 1 or keys.is_floating_point() or keys.is_complex():
                raise InputError(f"{name} must be a vector of integers, got {keys.dtype} {list(keys.shape)}")

    @property
    def shape(self) -> tuple[int, int]:
        """(N, M)."""
        return len(self.anchor_keys), len(self.candidate_keys)

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """Equality of keys on the block."""
        keys = self.anchor_keys[row_block, None]
        positive = (keys == self.candidate_keys[None, col_block]) & (keys >= 0)
        return Tile(positive=positive, negative=~positive)

    def across(self, ranks: Ranks) -> SameKey:
        """Keys of every rank's candidates; local keys are moved apart so that they differ between ranks."""
        if ranks.size == 1:
            return self
        anchor_keys, candidate_keys = self.anchor_keys, self.candidate_keys
        if self.local:
            largest = torch.cat([anchor_keys, candidate_keys]).max().reshape(1) + 1
            start = int(ranks.gather(largest)[: ranks.index].sum())
            anchor_keys = torch.where(anchor_keys >= 0, anchor_keys + start, anchor_keys)
            candidate_keys = torch.where(candidate_keys >= 0, candidate_keys + start, candidate_keys)
        return SameKey(anchor_keys, ranks.gather(candidate_keys))


@dataclass(frozen=True)
class Greater(Relation):
    """Anchor i is positive with candidate j when its value is larger; all other entries are ignored.

    Attributes:
        anchor_values: `[N]`, such as graded relevance.
        candidate_values: `[M]`.
    """

    anchor_values: Tensor
    candidate_values: Tensor

    @property
    def shape(self) -> tuple[int, int]:
        """(N, M)."""
        return len(self.anchor_values), len(self.candidate_values)

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """Order of the values on the block."""
        positive = self.anchor_values[row_block, None] > self.candidate_values[None, col_block]
        return Tile(positive=positive, negative=torch.zeros_like(positive))

    def across(self, ranks: Ranks) -> Greater:
        """Values of every rank's candidates."""
        return replace(self, candidate_values=ranks.gather(self.candidate_values))


@dataclass(frozen=True)
class Others(Relation):
    """``inner`` without the entries that compare a row with itself: anchor i is candidate ``first + i``."""

    inner: Relation
    first: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        """(N, M)."""
        return self.inner.shape

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The inner tile with the diagonal ignored."""
        tile = self.inner.tile(row_block, col_block)
        n, m = self.shape
        own = torch.arange(*row_block.indices(n), device=tile.positive.device) + self.first
        other = own[:, None] != torch.arange(*col_block.indices(m), device=tile.positive.device)[None, :]
        return Tile(positive=tile.positive & other, negative=tile.negative & other)

    def across(self, ranks: Ranks) -> Others:
        """Rows of this rank start after the candidates of the ranks before it."""
        return Others(inner=self.inner.across(ranks), first=self.first + ranks.start(self.shape[1]))
