"""Relations: which candidate attracts, repels or is ignored by which anchor, evaluated tile by tile."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise.ring import Ranks
from counterpoint.pairwise.slices import BLOCK, blocks
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
    def told(self) -> str:
        """What must be the same on every rank: it decides which messages ``across`` exchanges."""
        return type(self).__name__

    @property
    def uneven(self) -> bool:
        """Some pair that takes part may weigh something else than 1."""
        return self.tile(slice(0, 1), slice(0, 1)).weight is not None

    @abstractmethod
    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The block of rows and columns."""

    def busy(self, row_block: slice, col_block: slice) -> slice:
        """The rows of a block beside which no entry of it is compared; an empty slice where none is.

        The engine leaves the others out, so a relation that can tell cheaply should: without making the block, and
        from nothing that has to be waited for.
        """
        return row_block

    @abstractmethod
    def across(self, ranks: Ranks) -> Relation:
        """The same relation with the candidates of all ranks as columns; a collective call."""

    def counts(self) -> tuple[Tensor, Tensor]:
        """How many positives and how many negatives each anchor has, int64 `[N]` each; tile by tile."""
        n, m = self.shape
        found: list[Tensor] = []
        for rows in blocks(n, BLOCK):
            tiles = (self.tile(rows, cols) for cols in blocks(m, BLOCK))
            found.append(torch.stack([torch.stack([t.positive.sum(1), t.negative.sum(1)]) for t in tiles]).sum(0))
        positive, negative = torch.cat(found, dim=1)
        return positive, negative

    # What composes relations derives from this class, and so is imported when it is used.
    def __or__(self, other: Relation) -> Relation:
        """Positive where either is; see :class:`Either`."""
        from counterpoint.pairwise.composed import Either

        return Either(self, other)

    def __and__(self, other: Relation) -> Relation:
        """Positive where both are; see :class:`Both`."""
        from counterpoint.pairwise.composed import Both

        return Both(self, other)

    def __invert__(self) -> Relation:
        """Positives and negatives change places; see :class:`Opposite`."""
        from counterpoint.pairwise.composed import Opposite

        return Opposite(self)

    def __mul__(self, other: Relation | float) -> Relation:
        """This relation where the other compares too, weighing what both weigh; or so many times its weights."""
        from counterpoint.pairwise.composed import Restricted
        from counterpoint.pairwise.valued import Scaled

        return Scaled(self, other) if isinstance(other, int | float) else Restricted(self, other)

    def __rmul__(self, factor: float) -> Relation:
        """So many times its weights; see :class:`Scaled`."""
        return self * factor

    def sparing(self, suspects: Relation) -> Relation:
        """This relation without negatives that ``suspects`` calls positive; see :class:`Sparing`."""
        from counterpoint.pairwise.composed import Sparing

        return Sparing(self, suspects)


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
        check_integers("anchor_keys", self.anchor_keys)
        check_integers("candidate_keys", self.candidate_keys)

    @property
    def shape(self) -> tuple[int, int]:
        """(N, M)."""
        return len(self.anchor_keys), len(self.candidate_keys)

    @property
    def shared(self) -> bool:
        """Prototypes are."""
        return self.prototypes

    @property
    def told(self) -> str:
        """What keys stand for."""
        if self.prototypes:
            return f"SameKey of {self.shape[1]} prototypes"
        return f"SameKey of {'row numbers' if self.local else 'labels'}"

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


@dataclass(frozen=True, eq=False)
class Around(Relation):
    """A relation made of another one, between the same anchors and candidates; it compares no more than that one does.

    Attributes:
        inner: Who is positive or negative to whom, to begin with.
    """

    inner: Relation

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
        """As the inner relation."""
        return self.inner.uneven

    def busy(self, row_block: slice, col_block: slice) -> slice:
        """As the inner relation."""
        return self.inner.busy(row_block, col_block)

    @property
    def told(self) -> str:
        """What is around, and what the inner relation tells."""
        return f"{type(self).__name__} of {self.inner.told}"


@dataclass(frozen=True)
class Others(Around):
    """``inner`` without the entries that compare a row with itself: anchor i is candidate ``first + i``."""

    first: int = 0

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


def check_integers(name: str, numbers: Tensor) -> None:
    """Refuse what is no vector of integers.

    Raises:
        InputError: It is something else; the message names it.
    """
    if numbers.ndim != 1 or numbers.is_floating_point() or numbers.is_complex():
        raise InputError(f"{name} must be a vector of integers, got {numbers.dtype} {list(numbers.shape)}")
