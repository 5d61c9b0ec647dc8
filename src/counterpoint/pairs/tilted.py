"""A weight for every row on either side: a pair weighs the product of both."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise import Around, Ranks, Tile


@dataclass(frozen=True, eq=False, kw_only=True)
class Tilted(Around):
    """``inner``, whose pairs weigh ``exp(scale (a_i + b_j))`` times what they did, by a number of each row.

    In a softmax over similarities at temperature t, with ``scale = g / t``, candidate j enters as if its similarity
    were larger by ``g (a_i + b_j)``: strong communities push harder (CSGCL: Chen, Zhao, Li and others, 2023,
    arXiv:2305.04658, the Team-up objective). With ``b_j = -log Q_j`` and a scale of 1 it corrects for candidates that
    were drawn with probability Q_j. Like ``WeightedCandidates`` it holds no matrix, and each rank gives the numbers of
    its own rows.

    Attributes:
        inner: Who is positive or negative to whom.
        anchors: ``a``, `[N]`, finite; a softmax over candidates sees it in its value alone, one over anchors weighs
            by it.
        candidates: ``b``, `[M]`, finite.
        scale: Finite; 1.

    Raises:
        InputError: There is not one finite number per row, or a weight would overflow.
    """

    anchors: Tensor
    candidates: Tensor
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name, length in zip(("anchors", "candidates"), self.inner.shape, strict=True):
            side = getattr(self, name)
            if side.shape != (length,) or not side.is_floating_point() or not bool(torch.isfinite(side).all()):
                raise InputError(
                    f"{name} must be {length} finite numbers, one per row, got {side.dtype} {list(side.shape)}"
                )
            object.__setattr__(self, name, side.detach())
        most = abs(self.scale) * float(self.anchors.abs().max() + self.candidates.abs().max())
        if not most < _MOST:
            raise InputError(f"scale (a + b) must stay below {_MOST:.0f}, or weights overflow; it may reach {most:.3g}")

    @property
    def uneven(self) -> bool:
        """Weights may be anything above 0."""
        return True

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The inner tile, every pair times its weight."""
        tile = self.inner.tile(row_block, col_block)
        weight = (self.scale * (self.anchors[row_block, None] + self.candidates[None, col_block])).exp()
        return tile.weighing(tile.weighted(weight))

    def across(self, ranks: Ranks) -> Tilted:
        """Numbers of every rank's candidates."""
        if ranks.size == 1:
            return self
        candidates = self.candidates if self.shared else ranks.gather(self.candidates)
        return replace(self, inner=self.inner.across(ranks), candidates=candidates)


_MOST = 80.0
"""exp of it, and of minus it, is a normal number of float32."""
