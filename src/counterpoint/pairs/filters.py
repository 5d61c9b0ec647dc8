"""Negatives that are too good to be true, or too easy to matter, are left out: by what a guide thinks of them.

A filter never touches a positive. What it needs to know of a whole row (the similarity of the positive, the k-th
hardest negative) is found once, block by block, before the first tile. What lies above a fixed threshold is left out by
``relation.sparing(Similar(...))``.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairs.guided import Guided
from counterpoint.pairwise import Tile
from counterpoint.pairwise.slices import BLOCK, blocks


@dataclass(frozen=True, kw_only=True, eq=False)
class Filter(Guided):
    """``inner`` with fewer negatives."""

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The inner block without some negatives."""
        tile = self.inner.tile(row_block, col_block)
        kept = self.kept(self.cosines(row_block, col_block), row_block)
        return Tile(tile.positive, tile.negative & kept, weight=tile.weight)

    @abstractmethod
    def kept(self, cosines: Tensor, row_block: slice) -> Tensor:
        """Bool `[n, m]`: which entries stay if they are negatives."""


@dataclass(frozen=True, kw_only=True, eq=False)
class BelowPositive(Filter):
    """Negatives that the guide finds as similar to the anchor as its positive, or nearly, are left out.

    Formula: negative j stays when ``c_ij <= c_i+ - margin``, or ``c_ij <= c_i+ - margin |c_i+|`` with ``relative``;
    ``c_i+`` is the smallest cosine of a positive of anchor i. Anchors without a positive keep all negatives.

    The guide is that of Solatorio, "GISTEmbed" (2024), arXiv:2402.16829, with a margin of 0; margins relative to the
    positive are those of Moreira et al., "NV-Retriever" (2024), arXiv:2407.15831 (TopK-MarginPos and TopK-PercPos).

    Attributes:
        margin: How much less similar a negative must be; 0 asks for no more than the positive's similarity.
        relative: The margin is a share of the positive's similarity.
    """

    margin: float = 0.0
    relative: bool = False

    def check(self) -> None:
        """A margin is a number; a negative one also keeps what is a little more similar than the positive."""
        if not math.isfinite(self.margin):
            raise InputError(f"margin must be finite, got {self.margin}")

    def kept(self, cosines: Tensor, row_block: slice) -> Tensor:
        """Below each anchor's limit."""
        return cosines <= self._limit_N[row_block, None] + slack(cosines)

    @cached_property
    def _limit_N(self) -> Tensor:
        least = self.least_positive_N
        limit = least - self.margin * least.abs() if self.relative else least - self.margin
        return torch.where(torch.isinf(least), least, limit)


@dataclass(frozen=True, kw_only=True, eq=False)
class HardestOnly(Filter):
    """Of each anchor's negatives only the k that the guide finds most similar stay, ties with the last one too.

    Attributes:
        k: How many.
    """

    k: int

    def check(self) -> None:
        """At least one."""
        if not isinstance(self.k, int) or self.k < 1:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InputError(f"k must be a whole number, at least 1, got {self.k}")

    def kept(self, cosines: Tensor, row_block: slice) -> Tensor:
        """From the k-th largest on."""
        return cosines >= self._least_N[row_block, None] - slack(cosines)

    @cached_property
    def _least_N(self) -> Tensor:
        return torch.cat([self._kth(rows) for rows in blocks(self.shape[0], BLOCK)])

    def _kth(self, rows: slice) -> Tensor:
        """The k-th largest cosine of a negative; -infinity where there are fewer."""
        best: Tensor | None = None
        for tile, cosines in self.walk(rows):
            negative = torch.where(tile.negative, cosines, -torch.inf)
            every = negative if best is None else torch.cat([best, negative], 1)
            best = every.topk(min(self.k, every.shape[1]), dim=1).values
        assert best is not None
        return best[:, -1] if best.shape[1] == self.k else best.new_full((len(best),), -torch.inf)


def slack(cosines: Tensor) -> float:
    """What one cosine may differ by when it is computed in blocks of another shape."""
    return 16 * torch.finfo(cosines.dtype).eps
