"""What one stage of an objective asks of a tile, as a function of tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

from counterpoint.pairwise.similarity import OfInnerProduct
from counterpoint.pairwise.terms import Axis, Reduction, Term, beside_tile, terms_after
from counterpoint.pairwise.tile import Tile
from counterpoint.pairwise.totals import pull

if TYPE_CHECKING:
    from counterpoint.pairwise.contract import Objective

Found = tuple[Tensor, Tensor | None, Tensor]
"""A statistic, where the entries of a top term are, and the loss's gradient by the statistic; of a tile's lines."""


@dataclass(frozen=True)
class TileTerms:
    """A stage's terms, and what to differentiate for them.

    Attributes:
        objective: Gives the terms.
        names: Its numbers that come as tensors, in order.
        stages: The axes of the statistics of every stage that is known.
    """

    objective: Objective
    names: tuple[str, ...]
    stages: tuple[tuple[Axis, ...], ...]

    def terms(self, scored: Sequence[Tensor], tile: Tile, others: Sequence[Tensor]) -> tuple[list[Term], bool]:
        """The terms of a tile, and whether another stage follows.

        Args:
            scored: `(p_nm,)`, inner products, or `(a_nD, b_mD)`, prepared rows; as the similarity needs.
            tile: The relation on it.
            others: Numbers, then the tile's part of every statistic that is known.
        """
        similarity = self.objective.similarity
        if isinstance(similarity, OfInnerProduct):
            s_nm = similarity.of(scored[0])
        else:
            s_nm = similarity.scores(scored[0], scored[1])
        objective = self.objective.having(dict(zip(self.names, others, strict=False)))
        parts = iter(others[len(self.names) :])
        known = [tuple(beside_tile(axis, next(parts)) for axis in axes) for axes in self.stages]
        return terms_after(objective.terms(s_nm, tile), known)


def pulled(terms: Sequence[Term], found: Sequence[Found]) -> list[tuple[Tensor, Tensor]]:
    """What to differentiate for every term but counts, and with which weights."""
    return [pull(term, *one) for term, one in zip(terms, found, strict=True) if term.reduction is not Reduction.COUNT]
