"""The dense path: the whole matrix at once, by plain autograd. It defines what every other path must equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from counterpoint.pairwise.relation import Relation

if TYPE_CHECKING:
    from counterpoint.pairwise.contract import Objective

EVERYTHING = slice(None)


def dense_statistics(objective: Objective, a_ND: Tensor, b_MD: Tensor, relation: Relation) -> tuple[Tensor, ...]:
    """One tensor per term, over all rows or columns."""
    tile = relation.tile(EVERYTHING, EVERYTHING)
    scores = objective.similarity.scores(a_ND, b_MD)
    return tuple(term.reduce() for term in objective.terms(scores, tile))


def dense_reference(objective: Objective, a_ND: Tensor, b_MD: Tensor, relation: Relation) -> Tensor:
    """The objective's own ``reference`` on the whole matrix of prepared rows."""
    tile = relation.tile(EVERYTHING, EVERYTHING)
    return objective.reference(objective.similarity.scores(a_ND, b_MD), tile)
