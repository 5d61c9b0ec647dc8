"""Relations of equal keys without a matrix: how many entries take part per row and column, and which of a tile."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import cast

import torch
from torch import Tensor

from counterpoint.pairwise.relation import Others, Relation, SameKey
from counterpoint.pairwise.terms import Axis
from counterpoint.pairwise.trace import Which


@dataclass(frozen=True, eq=False)
class Keys:
    """:class:`SameKey`, perhaps within :class:`Others`.

    Attributes:
        anchor_keys: int64 `[N]`.
        candidate_keys: int64 `[M]`, those of all ranks.
        first: Anchor i is candidate ``first + i``; None when no row is compared with itself.
        numbered: When anchor keys are known to be numbers from ``start`` on, or negative: how many; else None.
        start: The smallest of them.
        partner: See :class:`SameKey`.
        alike: Candidates are all ranks' anchors.
    """

    anchor_keys: Tensor
    candidate_keys: Tensor
    first: int | None
    numbered: int | None = None
    start: int = 0
    partner: int | None = None
    alike: bool = False

    @staticmethod
    def of(relation: Relation) -> Keys | None:
        """The keys of a relation that is nothing but keys, else None."""
        if isinstance(relation, SameKey):
            same, first = relation, None
        elif isinstance(relation, Others) and isinstance(relation.inner, SameKey):
            same, first = relation.inner, relation.first
        else:
            return None
        return Keys(same.anchor_keys, same.candidate_keys, first, same.numbered, same.start, same.partner, same.alike)

    @property
    def symmetric(self) -> bool:
        """Both axes are the same rows with the same keys."""
        return self.anchor_keys is self.candidate_keys and self.first in (0, None)

    @cached_property
    def groups(self) -> tuple[Tensor, Tensor, int]:
        """Keys of anchors `[N]` and candidates `[M]` numbered from 0 on, and how many.

        The number after the last is that of rows which are nobody's positive, or no positive of this rank's anchors.
        """
        if self.numbered is not None:
            mine, theirs, count = self.anchor_keys - self.start, self.candidate_keys - self.start, self.numbered
            if self.symmetric:
                return mine, mine, count
            return mine, torch.where((theirs < 0) | (theirs >= count), count, theirs), count
        kinds, mine = cast(tuple[Tensor, Tensor], torch.unique(self.anchor_keys, return_inverse=True))  # pyright: ignore[reportUnknownMemberType]
        count = len(kinds)
        mine = torch.where(self.anchor_keys < 0, count, mine)
        if self.symmetric:
            return mine, mine, count
        theirs = torch.searchsorted(kinds, self.candidate_keys.contiguous()).clamp_max(count - 1)
        known = (kinds[theirs] == self.candidate_keys) & (self.candidate_keys >= 0)
        return mine, torch.where(known, theirs, count), count

    def side(self, axis: Axis) -> tuple[Tensor, Tensor]:
        """Groups of the rows of this axis, and of what they are compared with."""
        mine, theirs, _ = self.groups
        return (mine, theirs) if axis is Axis.ROWS else (theirs, mine)

    def own(self, axis: Axis) -> slice:
        """The rows of this axis that would be compared with themselves."""
        if self.first is None:
            return slice(0, 0)
        n = self.anchor_keys.shape[0]
        return slice(0, n) if axis is Axis.ROWS else slice(self.first, self.first + n)

    @cached_property
    def own_positive(self) -> Tensor:
        """Bool `[N]`: whether an anchor, compared with itself, would be its own positive."""
        mine, theirs, count = self.groups
        return (mine == theirs[self.own(Axis.COLS)]) & (mine < count)

    def counts(self, axis: Axis, which: Which | None, like: Tensor) -> Tensor:
        """Number of entries per row `[N]` or column `[M]`, in the dtype of ``like``.

        Of a column's entries only those with this rank's anchors are counted.
        """
        lengths = self.anchor_keys.shape[0], self.candidate_keys.shape[0]
        length, others = lengths if axis is Axis.ROWS else lengths[::-1]
        if which is Which.POSITIVE and self.partner is not None:
            ones = like.new_ones(length)
            ones[lengths[0] :] = 0
            return ones
        everyone = like.new_full((length,), others)
        if which is None:
            return everyone
        own = self.own(axis)
        everyone[own] -= 1
        if which is Which.COMPARED:
            return everyone
        mine, theirs = self.side(axis)
        sizes = torch.bincount(theirs, minlength=self.groups[2] + 1).to(like.dtype)
        sizes[-1] = 0
        positive = sizes[mine]
        if self.first is not None:
            positive[own] -= self.own_positive.to(like.dtype)
        return positive if which is Which.POSITIVE else everyone - positive

    def excluded(self, rows: slice, cols: slice, which: Which | None, into: Tensor) -> Tensor | None:
        """Entries of a tile, beside the diagonal, that do not take part; None when all do.

        Args:
            rows: Of the tile.
            cols: Of the tile.
            which: The entries that take part.
            into: Bool memory of the tile's shape; any other dtype makes new memory.
        """
        if which in (None, Which.COMPARED):
            return None
        if into.dtype is not torch.bool:
            into = torch.empty_like(into, dtype=torch.bool)
        keys = self.anchor_keys[rows, None]
        same = torch.eq(keys, self.candidate_keys[None, cols], out=into).logical_and_(keys >= 0)
        return same if which is Which.NEGATIVE else same.logical_not_()

    def taken(self, which: Which | None, like: Tensor) -> Tensor | None:
        """Bool `[N, M]`: the entries that take part; None when all do."""
        if which is None or (which is Which.COMPARED and self.first is None):
            return None
        whole = slice(0, self.anchor_keys.shape[0]), slice(0, self.candidate_keys.shape[0])
        excluded = self.excluded(*whole, which, like)
        taken = torch.ones_like(like, dtype=torch.bool) if excluded is None else ~excluded
        own = self.diagonal(*whole, which, taken)
        if own is not None:
            own.fill_(False)
        return taken

    def diagonal(self, rows: slice, cols: slice, which: Which | None, tile: Tensor) -> Tensor | None:
        """The entries of ``tile`` that compare a row with itself, as a view; None when there is none."""
        if self.first is None or which is None:
            return None
        offset = rows.start + self.first - cols.start
        if not -len(tile) < offset < tile.shape[1]:
            return None
        return tile.diagonal(offset)
