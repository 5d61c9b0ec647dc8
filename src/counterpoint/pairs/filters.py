"""Negatives that are too good to be true, or too easy to matter, are left out: by what a guide thinks of them.

A filter never touches a positive. What it needs to know of a whole row (the similarity of the positive, the k-th
hardest negative) is found once, block by block, before the first tile. What lies above a fixed threshold is left out by
``relation.sparing(Similar(...))``.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.pairwise import Others, Ranks, Relation, Tile
from counterpoint.pairwise.relation import BLOCK, blocks


@dataclass(frozen=True, kw_only=True, eq=False)
class Guided(Relation):
    """``inner`` with fewer negatives, by the cosines of a guide's embeddings.

    The guide may be another model, or the one that learns. It has no gradient. Over several ranks every rank holds the
    guide's embeddings of all candidates.

    Attributes:
        inner: Who is positive and negative to whom.
        anchors: `[N, K]`, the guide's embeddings of the anchors.
        candidates: `[M, K]`, those of the candidates. None where anchors are compared with each other: then no row is
            ever compared with itself.

    Raises:
        InputError: There is not one embedding per anchor and candidate, or some are not finite.
    """

    inner: Relation
    anchors: Tensor
    candidates: Tensor | None = None

    def __post_init__(self) -> None:
        """Check the guide; leave out the diagonal."""
        alone = self.candidates is None
        sides = (self.anchors, self.anchors if self.candidates is None else self.candidates)
        for name, side, length in zip(("anchors", "candidates"), sides, self.inner.shape, strict=True):
            if side.ndim != 2 or len(side) != length:
                raise InputError(f"{name} must be a guide's embeddings [{length}, K], got shape {list(side.shape)}")
            if not bool(torch.isfinite(side).all()):
                raise InputError(f"{name} hold NaN or infinity")
        if sides[0].shape[1] != sides[1].shape[1]:
            raise InputError(f"a guide's anchors have K = {sides[0].shape[1]}, its candidates {sides[1].shape[1]}")
        if alone:
            object.__setattr__(self, "inner", Others(self.inner))
        object.__setattr__(self, "anchors", sides[0].detach())
        object.__setattr__(self, "candidates", sides[1].detach())
        self.check()

    def check(self) -> None:
        """Refuse settings that make no sense; there are none here."""

    @property
    def shape(self) -> tuple[int, int]:
        """(N, M)."""
        return self.inner.shape

    @property
    def shared(self) -> bool:
        """As the inner relation."""
        return self.inner.shared

    @property
    def told(self) -> str:
        """The filter, and what the inner relation tells."""
        return f"{type(self).__name__} K = {self.anchors.shape[1]} of {self.inner.told}"

    @property
    def others(self) -> Tensor:
        """The guide's embeddings of the candidates."""
        return self.anchors if self.candidates is None else self.candidates

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The inner block without some negatives."""
        tile = self.inner.tile(row_block, col_block)
        kept = self.kept(self.cosines(row_block, col_block), row_block)
        return Tile(tile.positive, tile.negative & kept, weight=tile.weight)

    def across(self, ranks: Ranks) -> Self:
        """The inner relation across ranks, and the guide's embeddings of every rank's candidates."""
        if ranks.size == 1:
            return self
        candidates = self.others if self.shared else ranks.gather(self.others)
        return replace(self, inner=self.inner.across(ranks), candidates=candidates)

    def cosines(self, row_block: slice, col_block: slice) -> Tensor:
        """The guide's view of a block, `[n, m]`."""
        return unit_rows(self.anchors[row_block]) @ unit_rows(self.others[col_block]).T

    def walk(self, rows: slice) -> Iterator[tuple[Tile, Tensor]]:
        """Every block of these rows, and its cosines."""
        for cols in blocks(self.shape[1], BLOCK):
            yield self.inner.tile(rows, cols), self.cosines(rows, cols)

    @abstractmethod
    def kept(self, cosines: Tensor, row_block: slice) -> Tensor:
        """Bool `[n, m]`: which entries stay if they are negatives."""


@dataclass(frozen=True, kw_only=True, eq=False)
class BelowPositive(Guided):
    """Negatives that the guide finds as similar to the anchor as its positive, or nearly, are left out.

    Formula: negative j stays when ``c_ij <= c_i+ - margin``, or ``c_ij <= (1 - margin) c_i+`` with ``relative``;
    ``c_i+`` is the smallest cosine of a positive of anchor i. Anchors without a positive keep all negatives.

    The guide is that of Solatorio, "GISTEmbed" (2024), arXiv:2402.16829, with a margin of 0; margins relative to the
    positive are those of Moreira et al., "NV-Retriever" (2024), arXiv:2407.15831 (TopK-MarginPos and TopK-PercPos).

    Attributes:
        margin: How much less similar a negative must be; 0 asks for no more than the positive's similarity.
        relative: The margin is a share of the positive's similarity.
    """

    margin: float = 0.0
    relative: bool = False

    def kept(self, cosines: Tensor, row_block: slice) -> Tensor:
        """Below each anchor's limit."""
        return cosines <= self._limit_N[row_block, None] + slack(cosines)

    @cached_property
    def _limit_N(self) -> Tensor:
        n = self.shape[0]
        least = torch.cat([self._least(rows) for rows in blocks(n, BLOCK)])
        limit = least * (1 - self.margin) if self.relative else least - self.margin
        return torch.where(torch.isinf(least), least, limit)

    def _least(self, rows: slice) -> Tensor:
        """The smallest cosine of a positive; infinity where there is none."""
        found = [torch.where(tile.positive, cosines, torch.inf).amin(1) for tile, cosines in self.walk(rows)]
        return torch.stack(found).amin(0)


@dataclass(frozen=True, kw_only=True, eq=False)
class HardestOnly(Guided):
    """Of each anchor's negatives only the k that the guide finds most similar stay, ties with the last one too.

    Attributes:
        k: How many.
    """

    k: int

    def check(self) -> None:
        """At least one."""
        if self.k < 1:
            raise InputError(f"k must be at least 1, got {self.k}")

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
