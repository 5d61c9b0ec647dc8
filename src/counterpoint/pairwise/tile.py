"""A block of a relation: which entries of a tile attract, repel or are ignored, and how strongly."""

from __future__ import annotations

import torch
from torch import Tensor

from counterpoint.pairwise.terms import everything


class Tile:
    """The relation on a block of the matrix, as bool `[n, m]`; what nobody asks for is not computed.

    Args:
        positive: Entries that attract.
        negative: Entries that repel, disjoint from ``positive``; by default all others that are not ignored.
        ignored: Entries that are neither; None when there are none.
        weight: `[n, m]` non-negative weights of the entries; None when all weigh the same.
    """

    def __init__(
        self,
        positive: Tensor,
        negative: Tensor | None = None,
        ignored: Tensor | None = None,
        weight: Tensor | None = None,
    ) -> None:
        self.positive = positive
        self.weight = weight
        self._negative, self._ignored = negative, ignored
        self._repelling: Tensor | None = None
        self._compared: Tensor | None = None

    @property
    def tensors(self) -> tuple[Tensor, Tensor | None, Tensor | None, Tensor | None]:
        """What it was made of, in the order of the arguments."""
        return self.positive, self._negative, self._ignored, self.weight

    # Kept by hand: functools' cached property takes a lock, which torch.compile cannot follow.
    @property
    def negative(self) -> Tensor:
        """Entries that repel."""
        if self._repelling is None:
            self._repelling = self._find_negative()
        return self._repelling

    @property
    def compared(self) -> Tensor:
        """Entries that are either; what a softmax runs over."""
        if self._compared is None:
            self._compared = self._find_compared()
        return self._compared

    def _find_negative(self) -> Tensor:
        if self._negative is not None:
            return self._negative
        return ~self.positive if self._ignored is None else ~(self.positive | self._ignored)

    def _find_compared(self) -> Tensor:
        if self._negative is not None:
            return self.positive | self._negative
        if self._ignored is not None:
            return ~self._ignored
        n, m = self.positive.shape
        return everything(n, m, self.positive.device)

    def weighted(self, values: Tensor) -> Tensor:
        """Every value times its weight: for sums."""
        return values if self.weight is None else values * self.weight

    def log_weighted(self, values: Tensor) -> Tensor:
        """Every value plus the logarithm of its weight: for log-sum-exps; a weight of 0 takes the entry out."""
        if self.weight is None:
            return values
        # The floor keeps the derivative finite and weighs 1e-37: nothing beside any other entry.
        return values + self.weight.clamp_min(torch.finfo(values.dtype).tiny).log()

    def weighing(self, weight: Tensor) -> Tile:
        """The same tile with weights; what weighs nothing is ignored."""
        return Tile(self.positive, self._negative, ignored=self._ignored, weight=weight).without(weight == 0)

    def without(self, ignored: Tensor) -> Tile:
        """The same tile with more entries ignored."""
        kept = ~ignored
        negative = None if self._negative is None else self._negative & kept
        both = ignored if self._ignored is None else self._ignored | ignored
        return Tile(self.positive & kept, negative, ignored=both, weight=self.weight)
