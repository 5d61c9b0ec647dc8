"""Relations of numbers: who is greater than whom, and how much each pair weighs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise.relation import Around, Relation
from counterpoint.pairwise.ring import Ranks
from counterpoint.pairwise.tile import Tile


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
class Weighted(Around):
    """``inner`` with a weight for every pair: how strongly it attracts or repels.

    Positives enter means by their weight; in a softmax, every exponential is multiplied by its pair's weight, so that
    a pair of weight 0 takes no part.

    Attributes:
        inner: Who is positive or negative to whom.
        weights: `[N, M]` non-negative; over several ranks this rank's anchors by all ranks' candidates.
    """

    weights: Tensor

    @property
    def told(self) -> str:
        """How many candidates the weights are for."""
        return f"Weighted {list(self.weights.shape[1:])} of {self.inner.told}"

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


@dataclass(frozen=True, eq=False)
class Scaled(Around):
    """``factor * inner``: every pair weighs so many times what it did; it tells beside other relations only.

    Attributes:
        inner: Who is positive or negative to whom.
        factor: Positive and finite.

    Raises:
        InputError: The factor is something else.
    """

    factor: float

    def __post_init__(self) -> None:
        """Check the factor."""
        if not 0 < self.factor < float("inf"):
            raise InputError(f"a relation can be multiplied by a positive, finite number, got {self.factor}")

    @property
    def uneven(self) -> bool:
        """Unless all weigh 1 again."""
        return self.inner.uneven or self.factor != 1

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The inner tile, weighing more or less."""
        tile = self.inner.tile(row_block, col_block)
        factor = torch.full(tile.positive.shape, float(self.factor), device=tile.positive.device)
        return tile.weighing(tile.weighted(factor))

    def across(self, ranks: Ranks) -> Scaled:
        """The inner relation across ranks."""
        return replace(self, inner=self.inner.across(ranks))
