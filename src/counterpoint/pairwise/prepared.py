"""Both sides of a call as they are compared: prepared once per row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

from counterpoint.pairwise.agreement import Together
from counterpoint.pairwise.arrange import Problem
from counterpoint.pairwise.explicit import written_out
from counterpoint.pairwise.plan import Streams
from counterpoint.pairwise.relation import Relation
from counterpoint.pairwise.ring import ALONE
from counterpoint.pairwise.shared import every_row

if TYPE_CHECKING:
    from counterpoint.pairwise.contract import Objective


@dataclass(frozen=True, eq=False)
class Rows:
    """What is compared, on this rank.

    Attributes:
        a_ND: Prepared anchors.
        b_MD: Prepared candidates; the same tensor when rows are compared among themselves.
        relation: `[N, M]`.
        together: The ranks of this call.
    """

    a_ND: Tensor
    b_MD: Tensor
    relation: Relation
    together: Together


def prepared(objective: Objective, problem: Problem, together: Together) -> Rows:
    """Rows of both sides; those of all ranks where features are compared, or the whole matrix is needed."""
    a, b, similarity, relation = problem.anchors, problem.candidates, objective.similarity, problem.relation
    alike = a is b and not similarity.two_sided
    if objective.features:
        ranks = together.ranks
        a = every_row(ranks, a, together.anchors).T
        b = a if alike else every_row(ranks, b, together.candidates).T
        together = Together(ALONE, (len(a),), (len(b),))
    elif objective.streams is Streams.WHOLE and together.ranks.size > 1:
        # Every rank computes everything, from all ranks' rows.
        ranks, relation = together.ranks, written_out(relation, together.ranks)
        a = every_row(ranks, a, together.anchors)
        b = b if alike or problem.relation.shared else every_row(ranks, b, together.candidates)
        b = a if alike else b
        together = Together(ALONE, (len(a),), (len(b),))
    rows = similarity.prepare(a)
    return Rows(rows, rows if alike else similarity.prepare_candidates(b), relation, together)
