"""A weight for every candidate, whoever it is compared with."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise import Around, Ranks, Tile


@dataclass(frozen=True, eq=False)
class WeightedCandidates(Around):
    """``inner`` with a weight per candidate: a pair weighs what it did, times that; at 0 it is ignored.

    Unlike ``Weighted`` it holds no matrix, and each rank gives the weights of its own candidates.

    Attributes:
        inner: Who is positive or negative to whom.
        weights: `[M]` non-negative.

    Raises:
        InputError: There is not one weight per candidate, or one is negative.
    """

    weights: Tensor

    def __post_init__(self) -> None:
        """Check the weights."""
        if self.weights.shape != self.inner.shape[1:] or not self.weights.is_floating_point():
            raise InputError(
                f"weights must be floating point [{self.inner.shape[1]}], one per candidate, "
                f"got {self.weights.dtype} {list(self.weights.shape)}"
            )
        if not bool((self.weights >= 0).all()):
            raise InputError("weights of candidates must be at least 0")
        object.__setattr__(self, "weights", self.weights.detach())

    @property
    def uneven(self) -> bool:
        """Weights may be anything."""
        return True

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The inner tile, each column times its weight."""
        tile = self.inner.tile(row_block, col_block)
        return tile.weighing(tile.weighted(self.weights[None, col_block].expand_as(tile.positive)))

    def across(self, ranks: Ranks) -> WeightedCandidates:
        """Weights of every rank's candidates."""
        if ranks.size == 1:
            return self
        weights = self.weights if self.shared else ranks.gather(self.weights)
        return replace(self, inner=self.inner.across(ranks), weights=weights)
