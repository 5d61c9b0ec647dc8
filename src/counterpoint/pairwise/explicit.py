"""A relation that is written out, and any other one written out over all ranks' anchors."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise.relation import Relation
from counterpoint.pairwise.ring import Ranks
from counterpoint.pairwise.tile import Tile


@dataclass(frozen=True, eq=False)
class Explicit(Relation):
    """Who attracts and who repels, as matrices; over several ranks, this rank's anchors by all ranks' candidates.

    Attributes:
        positive: bool `[N, M]`.
        negative: bool `[N, M]`, disjoint from it; what is neither is ignored.
        weights: `[N, M]` non-negative, as in ``Weighted``; None when all pairs weigh the same.

    Raises:
        InputError: Matrices of other dtypes or different shapes, or a pair that is both.
    """

    positive: Tensor
    negative: Tensor
    weights: Tensor | None = None

    @classmethod
    def graded(cls, weights: Tensor) -> Explicit:
        """A pair is positive to the degree of its weight, and where that is 0 a negative like any other.

        Args:
            weights: `[N, M]` non-negative: soft targets, which need not sum to 1.
        """
        positive = weights > 0
        return cls(positive, ~positive, torch.where(positive, weights, 1.0))

    def __post_init__(self) -> None:
        """Check the matrices."""
        for name, matrix in (("positive", self.positive), ("negative", self.negative)):
            if matrix.ndim != 2 or matrix.dtype != torch.bool:
                raise InputError(f"{name} must be a bool matrix [N, M], got {matrix.dtype} {list(matrix.shape)}")
        others = [self.negative.shape, self.positive.shape if self.weights is None else self.weights.shape]
        if any(shape != self.positive.shape for shape in others):
            raise InputError(f"positive, negative and weights must have one shape, got {[list(s) for s in others]}")
        if bool((self.positive & self.negative).any()):
            raise InputError("positive and negative must be disjoint, and some pair is both")

    @property
    def shape(self) -> tuple[int, int]:
        """(N, M)."""
        return self.positive.shape[0], self.positive.shape[1]

    @property
    def uneven(self) -> bool:
        """By its weights."""
        return self.weights is not None and bool(((self.weights != 0) & (self.weights != 1)).any())

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The block of every matrix."""
        tile = Tile(self.positive[row_block, col_block], self.negative[row_block, col_block])
        return tile if self.weights is None else tile.weighing(self.weights[row_block, col_block])

    def across(self, ranks: Ranks) -> Explicit:
        """All ranks' candidates are columns already."""
        return self


def written_out(relation: Relation, ranks: Ranks) -> Relation:
    """The relation between all ranks' anchors and all ranks' candidates, on every rank, N M bytes; collective."""
    if ranks.size == 1:
        return relation
    everything = slice(None)
    tile = relation.across(ranks).tile(everything, everything)
    weights = None if tile.weight is None else ranks.gather(tile.weight)
    positive, compared = (ranks.gather(one.to(torch.uint8)).bool() for one in (tile.positive, tile.compared))
    return Explicit(positive, compared & ~positive, weights)
