"""The dense path: the whole matrix at once, by plain autograd. It defines what every other path must equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from counterpoint.pairwise.relation import Relation
from counterpoint.pairwise.terms import Term, beside_tile, terms_after

if TYPE_CHECKING:
    from counterpoint.pairwise.contract import Objective

EVERYTHING = slice(None)


def dense_stage(
    objective: Objective, a_ND: Tensor, b_MD: Tensor, relation: Relation, known: list[tuple[Tensor, ...]]
) -> tuple[list[Term], bool]:
    """The terms of one stage over all rows and columns, and whether another stage follows."""
    s_NM = objective.similarity.scores(a_ND, b_MD)
    return terms_after(objective.terms(s_NM, relation.tile(EVERYTHING, EVERYTHING)), known)


def dense_loss(objective: Objective, a_ND: Tensor, b_MD: Tensor, relation: Relation) -> Tensor:
    """The loss of one process, stage after stage: the definition of correct.

    Args:
        objective: Its terms and its head.
        a_ND: Prepared anchors.
        b_MD: Prepared candidates.
        relation: `[N, M]`.
    """
    known: list[tuple[Tensor, ...]] = []
    found: list[Tensor] = []
    more = True
    while more:
        terms, more = dense_stage(objective, a_ND, b_MD, relation, known)
        statistics = [term.reduce() for term in terms]
        known.append(tuple(beside_tile(term.axis, one) for term, one in zip(terms, statistics, strict=True)))
        found += statistics
    return objective.head(*found)
