"""Negatives that are likely false repel less, instead of not at all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairs.guided import Guided
from counterpoint.pairwise import Tile


@dataclass(frozen=True, kw_only=True, eq=False)
class Doubted(Guided):
    """``inner`` with a weight for every negative: the more similar the guide finds it, the less it repels.

    Formula: negative j of anchor i weighs ``sigmoid((l_i - c_ij) / softness)``, times what it weighed. ``l_i`` is the
    threshold, or where there is none ``c_i+ - margin`` with ``c_i+`` the smallest cosine of a positive of anchor i: a
    negative at the limit weighs half. Positives, and negatives of an anchor that has no limit, weigh what they did. In
    a softmax the weights multiply the exponentials of the denominator.

    As the softness goes to 0, it is ``inner.sparing(Similar(threshold=...))``, whose weights of 0 and 1 are those of
    Zhou et al., "Debiased Contrastive Learning of Unsupervised Sentence Representations" (2022), arXiv:2205.00656; or
    without a threshold :class:`BelowPositive`. The sigmoid between the two weights is ours.

    Attributes:
        softness: In units of cosine, positive.
        threshold: Cosine at which a negative weighs half, the same for all anchors.
        margin: How far below the positive a negative weighs half; only without a threshold.

    Raises:
        InputError: Settings out of range, both limits, or a guide that does not fit.
    """

    softness: float = 0.05
    threshold: float | None = None
    margin: float = 0.0

    def check(self) -> None:
        """Refuse settings that make no sense."""
        if not 0 < self.softness < math.inf:
            raise InputError(f"softness must be positive and finite, got {self.softness}")
        if self.threshold is not None and not -1 <= self.threshold <= 1:
            raise InputError(f"threshold must be a cosine, from -1 to 1, got {self.threshold}")
        if not math.isfinite(self.margin):
            raise InputError(f"margin must be finite, got {self.margin}")
        if self.threshold is not None and self.margin != 0:
            raise InputError(f"margin is below the positive and says nothing beside a threshold, got {self.margin}")

    @property
    def uneven(self) -> bool:
        """Negatives weigh anything from 0 to 1."""
        return True

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The inner block with negatives that weigh less."""
        tile = self.inner.tile(row_block, col_block)
        belief = torch.sigmoid((self._limit_N[row_block, None] - self.cosines(row_block, col_block)) / self.softness)
        return tile.weighing(tile.weighted(torch.where(tile.negative, belief, 1.0)))

    @cached_property
    def _limit_N(self) -> Tensor:
        if self.threshold is not None:
            return self.anchors.new_full((self.shape[0],), self.threshold)
        return self.least_positive_N - self.margin
