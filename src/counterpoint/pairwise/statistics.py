"""Row and column statistics of the similarity matrix, by the path that fits: dense, closed form, or tile by tile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from counterpoint.pairwise.closed import closed_statistics
from counterpoint.pairwise.dense import dense_terms
from counterpoint.pairwise.keys import Keys
from counterpoint.pairwise.plan import Plan, choose
from counterpoint.pairwise.relation import Relation
from counterpoint.pairwise.ring import Ranks
from counterpoint.pairwise.similarity import InnerProduct
from counterpoint.pairwise.terms import Axis, Reduction
from counterpoint.pairwise.tiled import tiled_statistics
from counterpoint.pairwise.trace import trace

if TYPE_CHECKING:
    from counterpoint.pairwise.contract import Objective


def statistics(
    objective: Objective,
    a_ND: Tensor,
    b_MD: Tensor,
    relation: Relation,
    *,
    plan: Plan | None,
    learnable: dict[str, Tensor],
) -> tuple[Tensor, ...]:
    """One tensor per term: `[N]` over all ranks' rows, or `[M]` over all ranks' columns.

    Args:
        objective: Gives the terms.
        a_ND: Prepared anchors of this rank.
        b_MD: Prepared candidates of this rank; the same tensor when rows are compared among themselves.
        relation: `[N, M]` on this rank.
        plan: Tile sizes, or None to choose.
        learnable: Numbers of the objective that are tensors.
    """
    ranks = Ranks.current()
    everywhere = relation.across(ranks)
    b_all = ranks.candidates(b_MD)
    kinds, found = _local(objective, a_ND, b_all, everywhere, plan, learnable)
    return tuple(
        ranks.every_row(one) if axis is Axis.ROWS else ranks.every_entry(reduction, one)
        for (axis, reduction), one in zip(kinds, found, strict=True)
    )


def _local(
    objective: Objective, a: Tensor, b: Tensor, relation: Relation, plan: Plan | None, learnable: dict[str, Tensor]
) -> tuple[list[tuple[Axis, Reduction]], tuple[Tensor, ...]]:
    """Statistics of this rank's rows against all candidates, and what kind each is."""
    whole = objective.having(learnable)
    similarity, keys = objective.similarity, Keys.of(relation)
    requests = trace(whole) if isinstance(similarity, InnerProduct) and keys is not None else None
    plan = plan or choose(*relation.shape, closed=requests is not None)
    if plan.dense:
        terms = dense_terms(whole, a, b, relation)
        return [(term.axis, term.reduction) for term in terms], tuple(term.reduce() for term in terms)
    if not isinstance(similarity, InnerProduct) or keys is None or requests is None:
        return tiled_statistics(objective, a, b, relation, plan=plan, learnable=learnable)
    kinds = [(one.axis, one.reduction) for one in requests]
    return kinds, closed_statistics(requests, similarity, keys, a, b, plan=plan)
