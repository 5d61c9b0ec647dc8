"""Relations of equal keys without a matrix: how many, and the sum of whom, per anchor and per candidate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import cast

import torch
from torch import Tensor

from counterpoint.pairwise.relation import Others, Relation, SameKey
from counterpoint.pairwise.terms import Axis
from counterpoint.pairwise.trace import Which


@dataclass(frozen=True)
class Side:
    """One axis of the matrix.

    Attributes:
        keys: int64 `[N]`.
        groups: int64 `[N]`, keys numbered from 0 on, alike on both sides.
        own: The slice of rows that are also rows of the other side, in order; none of them is compared with itself.
    """

    keys: Tensor
    groups: Tensor
    own: slice


@dataclass(frozen=True, eq=False)
class Keys:
    """:class:`SameKey`, perhaps within :class:`Others`.

    Attributes:
        anchor_keys: int64 `[N]`.
        candidate_keys: int64 `[M]`.
        first: Anchor i is candidate ``first + i``; None when no row is compared with itself.
    """

    anchor_keys: Tensor
    candidate_keys: Tensor
    first: int | None

    @staticmethod
    def of(relation: Relation) -> Keys | None:
        """The keys of a relation that is nothing but keys, else None."""
        if isinstance(relation, SameKey):
            return Keys(relation.anchor_keys, relation.candidate_keys, None)
        if isinstance(relation, Others) and isinstance(relation.inner, SameKey):
            return Keys(relation.inner.anchor_keys, relation.inner.candidate_keys, relation.first)
        return None

    @property
    def symmetric(self) -> bool:
        """Both axes are the same rows with the same keys."""
        return self.anchor_keys is self.candidate_keys and self.first in (0, None)

    @cached_property
    def sides(self) -> tuple[Side, Side]:
        """Anchors and candidates."""
        n, first = len(self.anchor_keys), self.first
        every = torch.cat([self.anchor_keys, self.candidate_keys])
        groups = cast(tuple[Tensor, Tensor], torch.unique(every, return_inverse=True))[1]  # pyright: ignore[reportUnknownMemberType]
        anchors, candidates = (slice(0, 0),) * 2 if first is None else (slice(0, n), slice(first, first + n))
        return (
            Side(self.anchor_keys, groups[:n], anchors),
            Side(self.candidate_keys, groups[n:], candidates),
        )

    def counts(self, axis: Axis, which: Which | None, like: Tensor) -> Tensor:
        """Number of entries per row or column, in the dtype of ``like``."""
        mine, theirs = self.sides if axis is Axis.ROWS else self.sides[::-1]
        everyone = torch.full_like(mine.keys, len(theirs.keys))
        if which is None:
            return everyone.to(like.dtype)
        positive = torch.where(mine.keys >= 0, torch.bincount(theirs.groups, minlength=self.groups)[mine.groups], 0)
        # The rows that would be compared with themselves.
        everyone[mine.own] -= 1
        positive[mine.own] -= self._own_positive(mine, theirs).long()
        found = {Which.COMPARED: everyone, Which.POSITIVE: positive, Which.NEGATIVE: everyone - positive}
        return found[which].to(like.dtype)

    def sums(self, axis: Axis, which: Which | None, a_ND: Tensor, b_MD: Tensor) -> Tensor:
        """Per row (or column), the sum of inner products with its entries; differentiable, in O((N + M) D)."""
        if which is None:
            x, others = (a_ND, b_MD) if axis is Axis.ROWS else (b_MD, a_ND)
            return x @ others.sum(0)
        positive = self._positive_sums(axis, a_ND, b_MD)
        if which is Which.POSITIVE:
            return positive
        compared = self.sums(axis, None, a_ND, b_MD)
        anchors, candidates = self.sides
        own = (a_ND[anchors.own] * b_MD[candidates.own]).sum(1)
        compared = compared - _placed(own, (anchors if axis is Axis.ROWS else candidates).own, len(compared))
        return compared if which is Which.COMPARED else compared - positive

    def _positive_sums(self, axis: Axis, a_ND: Tensor, b_MD: Tensor) -> Tensor:
        (x, mine), (others, theirs) = (a_ND, self.sides[0]), (b_MD, self.sides[1])
        if axis is Axis.COLS:
            (x, mine), (others, theirs) = (others, theirs), (x, mine)
        # Half a million rows of one label, say, are summed in the dtype of the embeddings: the error grows with the
        # root of their number, as in a product.
        totals = others.new_zeros(self.groups, others.shape[1]).index_add(0, theirs.groups, others)
        # A row that is also a candidate is left out before the product, which would cancel otherwise.
        of_mine = totals[mine.groups]
        if self.first is not None:
            own = torch.where(self._own_positive(mine, theirs)[:, None], others[theirs.own], 0.0)
            of_mine = of_mine - _placed(own, mine.own, len(x))
        return torch.where(mine.keys >= 0, (x * of_mine).sum(1), 0.0)

    @staticmethod
    def _own_positive(mine: Side, theirs: Side) -> Tensor:
        """Whether a row that is compared with itself would be its own positive."""
        keys = mine.keys[mine.own]
        return (keys == theirs.keys[theirs.own]) & (keys >= 0)

    @cached_property
    def groups(self) -> int:
        """Number of different keys."""
        return int(torch.stack([side.groups.max() for side in self.sides]).max()) + 1

    def excluded(self, rows: slice, cols: slice, which: Which | None, into: Tensor) -> Tensor | None:
        """Entries of a tile, beside the diagonal, that do not take part; None when all do."""
        if which in (None, Which.COMPARED):
            return None
        keys = self.anchor_keys[rows, None]
        same = torch.eq(keys, self.candidate_keys[None, cols], out=into).logical_and_(keys >= 0)
        return same if which is Which.NEGATIVE else same.logical_not_()

    def diagonal(self, rows: slice, cols: slice, which: Which | None, tile: Tensor) -> Tensor | None:
        """The entries of ``tile`` that compare a row with itself, as a view; None when there is none."""
        if self.first is None or which is None:
            return None
        offset = rows.start + self.first - cols.start
        if not -len(tile) < offset < tile.shape[1]:
            return None
        return tile.diagonal(offset)


def _placed(values: Tensor, where: slice, length: int) -> Tensor:
    """``values`` at ``where``, zeros elsewhere."""
    after = length - where.stop
    return torch.cat(
        [values.new_zeros(where.start, *values.shape[1:]), values, values.new_zeros(after, *values.shape[1:])]
    )
