"""Views of a sequence of items: crop, mask and reorder.

Xie, Sun, Liu, Wu, Gao, Zhang, Ding and Cui (2022), "Contrastive Learning for Sequential Recommendation",
arXiv:2010.14395, Section 3.2. Every view is a pure function of the sequence and of a generator.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.base.marks import HIDDEN


@dataclass(frozen=True, kw_only=True)
class SequenceView(ABC):
    """A change of a share of a sequence.

    Attributes:
        share: Of its items, above 0 and at most 1.
    """

    share: float

    def __post_init__(self) -> None:
        """Check the share.

        Raises:
            InputError: It is out of range.
        """
        if not 0 < self.share <= 1:
            raise InputError(f"share must be above 0 and at most 1, got {self.share}")

    def __call__(self, items: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Another sequence, never empty; one item is left as it is."""
        size = int(self.share * len(items))
        return items.copy() if len(items) < 2 else self.changed(items, max(1, size), rng)

    @abstractmethod
    def changed(self, items: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
        """With ``size`` items concerned, 1 to all of them."""


@dataclass(frozen=True, kw_only=True)
class CropItems(SequenceView):
    """A stretch of the sequence."""

    share: float = 0.6

    def changed(self, items: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
        """The items of a random stretch."""
        start = rng.integers(len(items) - size + 1)
        return items[start : start + size].copy()


@dataclass(frozen=True, kw_only=True)
class MaskItems(SequenceView):
    """Some items hidden, in their places."""

    share: float = 0.3

    def changed(self, items: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
        """``HIDDEN`` in random places."""
        found = items.copy()
        found[rng.permutation(len(items))[:size]] = HIDDEN
        return found


@dataclass(frozen=True, kw_only=True)
class ReorderItems(SequenceView):
    """A stretch in another order."""

    share: float = 0.6

    def changed(self, items: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
        """A random stretch, shuffled."""
        found = items.copy()
        start = rng.integers(len(items) - size + 1)
        found[start : start + size] = rng.permutation(found[start : start + size])
        return found


@dataclass(frozen=True)
class OneOf:
    """One of several views, drawn evenly for each sequence.

    Attributes:
        views: At least one.
    """

    views: tuple[SequenceView, ...] = (CropItems(), MaskItems(), ReorderItems())

    def __call__(self, items: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """As one of them changes it."""
        return self.views[rng.integers(len(self.views))](items, rng)
