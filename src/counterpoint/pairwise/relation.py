"""Relations: which candidate attracts, repels or is ignored by which anchor, evaluated tile by tile."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise.ring import Ranks
from counterpoint.pairwise.tile import Tile


class Relation(ABC):
    """A lazy `[N, M]` matrix: rows are this rank's anchors; columns its candidates, or all ranks' after ``across``."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """(N, M)."""

    @property
    def shared(self) -> bool:
        """Candidates are the same on every rank, such as prototypes: none are exchanged."""
        return False

    @property
    def uneven(self) -> bool:
        """Some pair that takes part weighs something else than 1."""
        return False

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
        numbered: The anchors' keys are known to be numbers from ``start`` on, and this many, which saves a sort.
        start: The smallest of them.
        partner: Anchor i is known to have one positive beside itself, candidate ``(i + partner) mod N``, and candidates
            after the first N to be nobody's: nothing has to be looked up.
        others: Of a relation across ranks: candidates are all ranks' anchors; on one process this is seen.
        prototypes: Candidates are one row per class, the same on every rank; keys are classes.
    """

    anchor_keys: Tensor
    candidate_keys: Tensor
    local: bool = False
    numbered: int | None = None
    start: int = 0
    partner: int | None = None
    others: bool = False
    prototypes: bool = False

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

    @property
    def shared(self) -> bool:
        """Prototypes are."""
        return self.prototypes

    @property
    def alike(self) -> bool:
        """Candidates are the anchors, of all ranks."""
        return self.others or self.anchor_keys is self.candidate_keys

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """Equality of keys on the block."""
        # A negative key equals nothing: two different negative numbers on the two sides save a pass over the tile.
        rows, cols = self.anchor_keys[row_block], self.candidate_keys[col_block].clamp_min(-1)
        return Tile(torch.where(rows < 0, -2, rows)[:, None] == cols[None, :])

    def across(self, ranks: Ranks) -> SameKey:
        """Keys of every rank's candidates; local keys are moved apart so that they differ between ranks."""
        if ranks.size == 1 or self.prototypes:
            return self
        if not self.local:
            return SameKey(self.anchor_keys, ranks.gather(self.candidate_keys), others=self.alike)
        largest = int(torch.cat([self.anchor_keys, self.candidate_keys]).max()) + 1
        start = sum(row[0] for row in ranks.meet([largest])[: ranks.index])
        anchor_keys, candidate_keys = (
            torch.where(keys >= 0, keys + start, keys) for keys in (self.anchor_keys, self.candidate_keys)
        )
        return SameKey(
            anchor_keys,
            ranks.gather(candidate_keys),
            numbered=self.numbered,
            start=self.start + start,
            others=self.alike,
        )


@dataclass(frozen=True)
class Greater(Relation):
    """Anchor i is positive with candidate j when its value is larger; all other entries are ignored.

    Attributes:
        anchor_values: `[N]`, such as graded relevance.
        candidate_values: `[M]`.
        graded: A positive pair weighs what its values differ by.
    """

    anchor_values: Tensor
    candidate_values: Tensor
    graded: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """(N, M)."""
        return len(self.anchor_values), len(self.candidate_values)

    @property
    def uneven(self) -> bool:
        """Where it is graded."""
        return self.graded

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """Order of the values on the block."""
        higher, lower = self.anchor_values[row_block, None], self.candidate_values[None, col_block]
        positive = higher > lower
        weight = (higher - lower).clamp_min(0) if self.graded else None
        return Tile(positive=positive, negative=torch.zeros_like(positive), weight=weight)

    def across(self, ranks: Ranks) -> Greater:
        """Values of every rank's candidates."""
        return replace(self, candidate_values=ranks.gather(self.candidate_values))


@dataclass(frozen=True)
class Weighted(Relation):
    """``inner`` with a weight for every pair: how strongly it attracts or repels.

    Positives enter means by their weight; in a softmax, every exponential is multiplied by its pair's weight, so that
    a pair of weight 0 takes no part.

    Attributes:
        inner: Who is positive or negative to whom.
        weights: `[N, M]` non-negative; over several ranks this rank's anchors by all ranks' candidates.
    """

    inner: Relation
    weights: Tensor

    @property
    def shape(self) -> tuple[int, int]:
        """(N, M)."""
        return self.inner.shape

    @property
    def shared(self) -> bool:
        """As the inner relation."""
        return self.inner.shared

    @property
    def uneven(self) -> bool:
        """By its own weights, or those of the inner relation."""
        return self.inner.uneven or bool(((self.weights != 0) & (self.weights != 1)).any())

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The inner tile with the block's weights.

        Raises:
            InputError: There is not one weight per pair.
        """
        if tuple(self.weights.shape) != self.shape:
            raise InputError(
                f"weights have shape {list(self.weights.shape)}, expected {list(self.shape)}: one per pair"
            )
        weight = self.weights[row_block, col_block]
        tile = self.inner.tile(row_block, col_block)
        return tile.weighing(weight if weight.is_floating_point() else weight.float())

    def across(self, ranks: Ranks) -> Weighted:
        """The inner relation across ranks; weights are for all candidates already."""
        return replace(self, inner=self.inner.across(ranks))


@dataclass(frozen=True)
class Others(Relation):
    """``inner`` without the entries that compare a row with itself: anchor i is candidate ``first + i``."""

    inner: Relation
    first: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        """(N, M)."""
        return self.inner.shape

    @property
    def uneven(self) -> bool:
        """As the inner relation."""
        return self.inner.uneven

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The inner tile with the diagonal ignored."""
        tile = self.inner.tile(row_block, col_block)
        n, m = self.shape
        offset = row_block.indices(n)[0] + self.first - col_block.indices(m)[0]
        height, width = tile.positive.shape
        if not -height < offset < width:
            return tile
        own = torch.zeros_like(tile.positive)
        own.diagonal(offset).fill_(True)
        return tile.without(own)

    def across(self, ranks: Ranks) -> Others:
        """Rows of this rank start after the candidates of the ranks before it."""
        return Others(inner=self.inner.across(ranks), first=self.first + ranks.start(self.shape[1]))
