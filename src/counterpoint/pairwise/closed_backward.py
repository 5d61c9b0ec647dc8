"""Gradients of anchors, candidates and scales from how strongly a loss pulls at the entries of each tile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from counterpoint.pairwise.lse_pulls import Pull
from counterpoint.pairwise.lse_tiles import Tiles
from counterpoint.pairwise.products import add_product
from counterpoint.pairwise.rotation import Meeting


@dataclass(frozen=True)
class Wants:
    """Whose gradients are asked for; products that serve nobody are left out."""

    a: bool
    b: bool
    scales: list[bool]


class Backward:
    """Gradients while blocks of candidates come by.

    Args:
        tiles: Makes the tiles.
        pull: How strongly the loss pulls at them, per ask.
        wants: Whose gradients are asked for.
        kept: The first tiles, where they were kept.
        a: Anchors.
    """

    def __init__(self, tiles: Tiles, pull: Sequence[Pull], wants: Wants, kept: Sequence[Tensor], a: Tensor) -> None:
        self._tiles, self._pulls, self._wants, self._a = tiles, pull, wants, a
        self._kept = iter(kept)
        self.ga = torch.zeros_like(a)
        self.gb: Tensor | None = None
        self._scales = [a.new_zeros(()) for _ in pull]

    def take(self, gradient: Tensor) -> None:
        """What came home of the candidates' gradient: the anchors' own, where they are the same rows."""
        if not self._tiles.walk.halved:
            self.gb = gradient
        elif self._tiles.walk.rotation.ranks.size > 1:
            self.ga += gradient

    def block(self, meeting: Meeting, b: Tensor, gb: Tensor) -> None:
        """Every tile of one block."""
        walk = self._tiles.walk
        gb = self.ga if walk.halved and meeting.own else gb
        for rows, cols in walk.tiles(meeting):
            here, itself = meeting.here(cols), walk.on_itself(rows, cols)
            kept = next(self._kept, None)
            if kept is not None:
                self._push(rows, here, self._pulls[0].on_powers(rows, cols, kept), b, None if itself else gb)
                continue
            s_nm = self._tiles.scores(rows, b[here])
            for ask, pull in enumerate(self._pulls):
                w_nm = pull.weights(rows, cols, self._tiles.exponents(ask, s_nm))
                if not self._tiles.folded:
                    self._add_scale(ask, w_nm, s_nm, mirrored_on_itself=itself)
                    w_nm = w_nm.mul_(self._tiles.scales[ask])
                self._push(rows, here, w_nm, b, None if itself else gb)

    def _add_scale(self, ask: int, w_nm: Tensor, s_nm: Tensor, *, mirrored_on_itself: bool) -> None:
        if self._wants.scales[ask]:
            # A mirrored tile's weights are those of both pairs; on the diagonal each pair is there twice.
            share = 0.5 if mirrored_on_itself else 1.0
            self._scales[ask] += share * torch.dot(w_nm.reshape(-1), s_nm.reshape(-1))

    def _push(self, rows: slice, here: slice, w_nm: Tensor, b: Tensor, gb: Tensor | None) -> None:
        """Add a tile's share of the gradients; a tile that is its own mirror image has but one side."""
        walk = self._tiles.walk
        bfloat16 = walk.plan.bfloat16
        if self._wants.a:
            add_product(self.ga[rows], w_nm, b[here], bfloat16=bfloat16)
        if gb is not None and (self._wants.a if walk.halved else self._wants.b):
            add_product(gb[here], w_nm.T, self._a[rows], bfloat16=bfloat16)

    def scale_gradients(self) -> list[Tensor | None]:
        """Of every scale that wants one."""
        if self._tiles.folded and self._wants.scales[0]:
            # sum_ij w_ij s_ij, read off the gradients instead of the tiles; mirrored tiles count every pair twice.
            twice = 2 if self._tiles.walk.halved else 1
            return [_inner(self._a, self.ga) / (twice * self._tiles.scales[0])]
        return [one if want else None for one, want in zip(self._scales, self._wants.scales, strict=True)]


def _inner(x: Tensor, y: Tensor) -> Tensor:
    """Inner product of two matrices, block by block: their entrywise product would be one more matrix."""
    blocks = [slice(i, i + 1024) for i in range(0, len(x), 1024)]
    return torch.stack([(x[block] * y[block]).sum() for block in blocks]).sum()
