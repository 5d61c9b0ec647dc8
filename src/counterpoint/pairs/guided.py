"""What a guide's embeddings tell about a relation: cosines of a block, and the least similar positive of every row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairs.precise import cosines, precise
from counterpoint.pairwise import Around, Others, Ranks, Tile
from counterpoint.pairwise.slices import BLOCK, blocks


@dataclass(frozen=True, kw_only=True, eq=False)
class Guided(Around):
    """``inner`` seen by a guide: what takes part is decided by the cosines of its embeddings.

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
        object.__setattr__(self, "anchors", precise(sides[0]))
        object.__setattr__(self, "candidates", precise(sides[1]))
        self.check()

    def check(self) -> None:
        """Refuse settings that make no sense; there are none here."""

    @property
    def told(self) -> str:
        """The filter, and what the inner relation tells."""
        return f"{type(self).__name__} K = {self.anchors.shape[1]} of {self.inner.told}"

    @property
    def others(self) -> Tensor:
        """The guide's embeddings of the candidates."""
        return self.anchors if self.candidates is None else self.candidates

    def across(self, ranks: Ranks) -> Self:
        """The inner relation across ranks, and the guide's embeddings of every rank's candidates."""
        if ranks.size == 1:
            return self
        candidates = self.others if self.shared else ranks.gather(self.others)
        return replace(self, inner=self.inner.across(ranks), candidates=candidates, **self.placed(ranks))

    def placed(self, ranks: Ranks) -> dict[str, Any]:
        """What else is different across ranks; nothing here. A collective call."""
        return {}

    def cosines(self, row_block: slice, col_block: slice) -> Tensor:
        """The guide's view of a block, `[n, m]`."""
        return cosines(self.anchors[row_block], self.others[col_block])

    def walk(self, rows: slice) -> Iterator[tuple[Tile, Tensor]]:
        """Every block of these rows, and its cosines."""
        for cols in blocks(self.shape[1], BLOCK):
            yield self.inner.tile(rows, cols), self.cosines(rows, cols)

    @cached_property
    def least_positive_N(self) -> Tensor:
        """The smallest cosine of each anchor's positives, `[N]`; infinity where there is none."""
        return torch.cat([self._least(rows) for rows in blocks(self.shape[0], BLOCK)])

    def _least(self, rows: slice) -> Tensor:
        found = [torch.where(tile.positive, cosines, torch.inf).amin(1) for tile, cosines in self.walk(rows)]
        return torch.stack(found).amin(0)
