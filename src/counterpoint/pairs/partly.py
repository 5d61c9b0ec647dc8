"""Relations that a row has only part in: of some rows nothing is known, and some positives count more than others."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise import Around, Ranks, Tile


@dataclass(frozen=True, eq=False)
class WhereKnown(Around):
    """``inner`` between rows that it knows; a row of which nothing is known is everybody's negative.

    Attributes:
        anchors: bool `[N]`, whether the inner relation describes the anchor.
        candidates: bool `[M]`, likewise.

    Raises:
        InputError: There is not one bool for every row.
    """

    anchors: Tensor
    candidates: Tensor

    def __post_init__(self) -> None:
        """Check the flags."""
        for name, length in zip(("anchors", "candidates"), self.inner.shape, strict=True):
            flags = getattr(self, name)
            if flags.dtype != torch.bool or flags.shape != (length,):
                raise InputError(f"{name} must be {length} bools, got {flags.dtype} {list(flags.shape)}")

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The inner tile, negative where a row is not known."""
        tile = self.inner.tile(row_block, col_block)
        known = self.anchors[row_block, None] & self.candidates[None, col_block]
        weight = None if tile.weight is None else torch.where(known, tile.weight, 1.0)
        return Tile(tile.positive & known, tile.negative | ~known, weight=weight)

    def across(self, ranks: Ranks) -> WhereKnown:
        """The inner relation across ranks, and what is known of every rank's candidates."""
        candidates = self.candidates if self.shared else ranks.gather(self.candidates)
        return replace(self, inner=self.inner.across(ranks), candidates=candidates)


@dataclass(frozen=True, eq=False)
class Graded(Around):
    """``inner``, whose positives weigh what their anchor's are said to weigh; a weight of 0 takes them out.

    Attributes:
        grades: `[N]`, finite and not negative.

    Raises:
        InputError: They are something else.
    """

    grades: Tensor

    def __post_init__(self) -> None:
        """Check the grades."""
        if self.grades.shape != self.inner.shape[:1] or not self.grades.is_floating_point():
            raise InputError(
                f"grades must be {self.inner.shape[0]} numbers, one per anchor, got {self.grades.dtype} "
                f"{list(self.grades.shape)}"
            )
        if not bool(((self.grades >= 0) & torch.isfinite(self.grades)).all()):
            raise InputError(f"grades must be finite and at least 0, got {float(self.grades.min())}")

    @property
    def uneven(self) -> bool:
        """Grades weigh."""
        return True

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The inner tile, its positives weighing more or less."""
        tile = self.inner.tile(row_block, col_block)
        return tile.weighing(tile.weighted(torch.where(tile.positive, self.grades[row_block, None], 1.0)))

    def across(self, ranks: Ranks) -> Graded:
        """The inner relation across ranks; grades are those of this rank's anchors."""
        return replace(self, inner=self.inner.across(ranks))
