"""In-batch mining: each anchor keeps the positives or negatives that teach it most, by what a guide thinks of them.

Mined relations nest: one chooses the positives, another the negatives, and any objective takes the result. The k
hardest negatives are ``HardestOnly``; draws are in ``sampling``. The choice has no gradient, is made once, block by
block, over the candidates of all ranks, and is kept as k numbers for every anchor. ``BatchHardTriplet`` and
``SemiHardTriplet`` mine inside the loss, without a pass of its own.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairs.columns import best_columns, marked
from counterpoint.pairs.guided import Guided
from counterpoint.pairwise import Tile


@dataclass(frozen=True, kw_only=True, eq=False)
class Chosen(Guided):
    """``inner`` with k entries of one kind for every anchor: those of largest rank, any of those that rank alike.

    Attributes:
        k: How many; where there are fewer, all.
    """

    k: int = 1

    def check(self) -> None:
        """At least one."""
        if self.k < 1:
            raise InputError(f"k must be at least 1, got {self.k}")
        self.check_settings()

    def check_settings(self) -> None:
        """Refuse further settings that make no sense; there are none here."""

    @cached_property
    def columns(self) -> Tensor:
        """The chosen candidates of each anchor, int64 `[N, k]`, best first; -1 for none."""
        return best_columns(self.shape, self.k, self._ranked)

    def _ranked(self, rows: slice, cols: slice) -> Tensor:
        return self.rank(self.inner.tile(rows, cols), self.cosines(rows, cols), rows, cols)

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The inner block with what was chosen."""
        tile = self.inner.tile(row_block, col_block)
        chosen = marked(self.columns[row_block], col_block, self.shape[1])
        return Tile(*self.changed(tile, chosen), weight=tile.weight)

    @abstractmethod
    def rank(self, tile: Tile, cosines: Tensor, rows: slice, cols: slice) -> Tensor:
        """How good each entry of a block is, `[n, m]`; -infinity where it cannot be chosen."""

    @abstractmethod
    def changed(self, tile: Tile, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """Positives and negatives, given what was chosen, bool `[n, m]`."""


class ChosenPositives(Chosen):
    """Positives that were not chosen are ignored; negatives stay."""

    def changed(self, tile: Tile, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """Only chosen positives."""
        return tile.positive & chosen, tile.negative


class ChosenNegatives(Chosen):
    """Negatives that were not chosen are ignored; positives stay."""

    def changed(self, tile: Tile, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """Only chosen negatives."""
        return tile.positive, tile.negative & chosen


@dataclass(frozen=True, kw_only=True, eq=False)
class HardestPositives(ChosenPositives):
    """Each anchor keeps its k least similar positives.

    With the hardest negative it is batch-hard mining (Hermans, Beyer and Leibe 2017, arXiv:1703.07737, Eq. 5).
    """

    def rank(self, tile: Tile, cosines: Tensor, rows: slice, cols: slice) -> Tensor:
        """The smaller the cosine the better."""
        return torch.where(tile.positive, -cosines, -torch.inf)


@dataclass(frozen=True, kw_only=True, eq=False)
class EasiestPositives(ChosenPositives):
    """Each anchor keeps its k most similar positives, and need not be near all of its class.

    Xuan, Stylianou and Pless, "Improved Embeddings with Easy Positive Triplet Mining" (2020), arXiv:1904.04370,
    Section 3.
    """

    def rank(self, tile: Tile, cosines: Tensor, rows: slice, cols: slice) -> Tensor:
        """The larger the cosine the better."""
        return torch.where(tile.positive, cosines, -torch.inf)


@dataclass(frozen=True, kw_only=True, eq=False)
class SemiHardNegatives(ChosenNegatives):
    """Each anchor keeps its k most similar negatives among those less similar than its positive.

    Schroff, Kalenichenko and Philbin, "FaceNet" (2015), arXiv:1503.03832, Section 3.2. The positive is the least
    similar one that ``inner`` leaves; an anchor without a positive keeps its most similar negatives.

    Attributes:
        stand_in: Where fewer than k are less similar than the positive, the least similar of the others stand in, as
            in ``SemiHardTriplet`` and TensorFlow Addons' loss; else they are not replaced.
    """

    stand_in: bool = True

    def rank(self, tile: Tile, cosines: Tensor, rows: slice, cols: slice) -> Tensor:
        """Below the limit the larger the better; beyond it, worse than all of these, the smaller the better."""
        beyond = -2.5 - cosines if self.stand_in else torch.full_like(cosines, -torch.inf)
        best = torch.where(cosines < self.least_positive_N[rows, None], cosines, beyond)
        return torch.where(tile.negative, best, -torch.inf)


@dataclass(frozen=True, kw_only=True, eq=False)
class NearestNeighbours(Chosen):
    """Of what ``inner`` calls negative the k most similar become positive: neighbours among other examples.

    Inter-image positives beside the intra-image ones of ``inner``, chosen from a queue as by Dwibedi et al., "With a
    Little Help from My Friends" (2021), arXiv:2104.14548, Section 3. There the neighbour of one view replaces that view
    as the anchor of the other one; here it is one more positive, and the negatives are those of ``inner``.
    """

    def rank(self, tile: Tile, cosines: Tensor, rows: slice, cols: slice) -> Tensor:
        """The larger the cosine the better."""
        return torch.where(tile.negative, cosines, -torch.inf)

    def changed(self, tile: Tile, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """The chosen change sides."""
        chosen = tile.negative & chosen
        return tile.positive | chosen, tile.negative & ~chosen
