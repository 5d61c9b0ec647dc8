"""The dense path: the whole matrix at once, by plain autograd. It defines what every other path must equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from counterpoint.pairwise.relation import Relation
from counterpoint.pairwise.terms import Term

if TYPE_CHECKING:
    from counterpoint.pairwise.contract import Objective

EVERYTHING = slice(None)


def dense_terms(objective: Objective, a_ND: Tensor, b_MD: Tensor, relation: Relation) -> list[Term]:
    """The objective's terms over all rows and columns."""
    tile = relation.tile(EVERYTHING, EVERYTHING)
    return list(objective.terms(objective.similarity.scores(a_ND, b_MD), tile))


def dense_reference(objective: Objective, a_ND: Tensor, b_MD: Tensor, relation: Relation) -> Tensor:
    """The objective's own ``reference`` on the whole matrix of prepared rows."""
    tile = relation.tile(EVERYTHING, EVERYTHING)
    return objective.reference(objective.similarity.scores(a_ND, b_MD), tile)
