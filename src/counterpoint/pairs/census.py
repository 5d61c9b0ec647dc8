"""What a relation comes to, in numbers: positives and negatives of every anchor, and anchors without any."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from counterpoint.pairwise import Relation


@dataclass(frozen=True)
class Spread:
    """A number of every anchor: the smallest, the mean and the largest."""

    least: int
    mean: float
    most: int

    @staticmethod
    def of(count_N: Tensor) -> Spread:
        """Of int64 `[N]`."""
        return Spread(int(count_N.min()), float(count_N.double().mean()), int(count_N.max()))

    def __str__(self) -> str:
        """The mean, and the range where there is one."""
        return f"{self.mean:.4g}" if self.least == self.most else f"{self.mean:.4g} ({self.least:,} to {self.most:,})"


@dataclass(frozen=True)
class Census:
    """Counts of a relation.

    Attributes:
        anchors: N.
        candidates: M.
        positives: Of an anchor.
        negatives: Of an anchor.
        without_positive: Anchors that attract nothing.
        without_negative: Anchors that repel nothing.
    """

    anchors: int
    candidates: int
    positives: Spread
    negatives: Spread
    without_positive: int
    without_negative: int

    @staticmethod
    def of(relation: Relation) -> Census:
        """Counted block by block; of a relation of no anchor there is none.

        Args:
            relation: Of this rank, or one across ranks.
        """
        positive, negative = relation.counts()
        return Census(
            *relation.shape,
            Spread.of(positive),
            Spread.of(negative),
            int((positive == 0).sum()),
            int((negative == 0).sum()),
        )

    def __str__(self) -> str:
        """One sentence."""
        return (
            f"{self.anchors:,} anchors, {self.candidates:,} candidates; an anchor has {self.positives} positives and "
            f"{self.negatives} negatives"
        )
