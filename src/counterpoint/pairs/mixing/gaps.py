"""Rows of one label attract; others repel the more, the farther their labels are apart."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise import Ranks, Relation, Tile


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelGaps(Relation):
    """Equal labels are positive, all others negative with weight ``1 + gap`` or ``1 + gap^2``.

    It is the distance magnifying of Wu et al., "Mixup Your Own Pairs" (SupReMix, 2023), arXiv:2309.16633, as in the
    public code.

    Attributes:
        anchors: `[N]`, real-valued labels.
        candidates: `[M]`, of the same kind.
        squared: Gaps are squared.

    Raises:
        InputError: Labels are no vectors of finite numbers.
    """

    anchors: Tensor
    candidates: Tensor
    squared: bool = False

    def __post_init__(self) -> None:
        """Check the labels."""
        for name in ("anchors", "candidates"):
            labels = getattr(self, name)
            if labels.ndim != 1 or labels.is_complex() or not bool(torch.isfinite(labels).all()):
                raise InputError(f"{name} must be a vector of finite labels, got {labels.dtype} {list(labels.shape)}")

    @property
    def shape(self) -> tuple[int, int]:
        """(N, M)."""
        return len(self.anchors), len(self.candidates)

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """Gaps on the block."""
        gap = (self.anchors[row_block, None] - self.candidates[None, col_block]).abs()
        weight = 1 + (gap * gap if self.squared else gap)
        return Tile(gap == 0, weight=weight if weight.is_floating_point() else weight.float())

    def across(self, ranks: Ranks) -> LabelGaps:
        """Labels of every rank's candidates."""
        return replace(self, candidates=ranks.gather(self.candidates))
