"""Row and column statistics of the similarity matrix: dense by autograd, or streamed without keeping a tile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from counterpoint.pairwise.dense import dense_statistics
from counterpoint.pairwise.plan import Plan, choose
from counterpoint.pairwise.relation import Relation
from counterpoint.pairwise.ring import Ranks
from counterpoint.pairwise.terms import Axis, Term, merge, share

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
        b_MD: Prepared candidates of this rank.
        relation: `[N, M]` on this rank.
        plan: Tile sizes, or None to choose.
        learnable: Numbers of the objective that are tensors.
    """
    ranks = Ranks.current()
    everywhere = relation.across(ranks)
    plan = plan or choose(*everywhere.shape)
    if plan.dense and ranks.size == 1:
        return dense_statistics(objective.having(learnable), a_ND, b_MD, relation)
    if plan.dense:
        plan = Plan(rows=everywhere.shape[0], cols=everywhere.shape[1])
    stream = _Stream(objective, everywhere, plan, ranks, tuple(learnable))
    return _Streamed.apply(stream, a_ND, b_MD, *learnable.values())  # pyright: ignore[reportReturnType]


class _Stream:
    """What forward and backward share: the walk over tiles."""

    def __init__(
        self, objective: Objective, relation: Relation, plan: Plan, ranks: Ranks, names: tuple[str, ...]
    ) -> None:
        self.objective, self.relation, self.plan, self.ranks, self.names = objective, relation, plan, ranks, names

    def blocks(self) -> Iterator[tuple[slice, slice]]:
        n, m = self.relation.shape
        for i in range(0, n, self.plan.rows):
            for j in range(0, m, self.plan.cols):
                yield slice(i, min(i + self.plan.rows, n)), slice(j, min(j + self.plan.cols, m))

    def terms(self, a: Tensor, b: Tensor, scalars: tuple[Tensor, ...], where: tuple[slice, slice]) -> list[Term]:
        objective = self.objective.having(dict(zip(self.names, scalars, strict=True)))
        return list(objective.terms(objective.similarity.scores(a, b), self.relation.tile(*where)))


class _Streamed(torch.autograd.Function):
    """Statistics with a backward that walks the tiles again; between the two only vectors and embeddings are kept."""

    @staticmethod
    def forward(ctx: Any, stream: _Stream, a: Tensor, b: Tensor, *scalars: Tensor) -> tuple[Tensor, ...]:
        b_all = stream.ranks.gather(b)
        totals: list[Tensor] = []
        kinds: list[tuple[Axis, Any]] = []
        for row_block, col_block in stream.blocks():
            terms = stream.terms(a[row_block], b_all[col_block], scalars, (row_block, col_block))
            if not totals:
                kinds = [(term.axis, term.reduction) for term in terms]
                lengths = [len(a) if axis is Axis.ROWS else len(b_all) for axis, _ in kinds]
                totals = [a.new_full((k,), kind[1].identity) for k, kind in zip(lengths, kinds, strict=True)]
            for total, term in zip(totals, terms, strict=True):
                where = row_block if term.axis is Axis.ROWS else col_block
                total[where] = merge(term.reduction, total[where], term.reduce())
        local = [
            t if axis is Axis.ROWS else stream.ranks.merge(kind, t)
            for t, (axis, kind) in zip(totals, kinds, strict=True)
        ]
        ctx.stream, ctx.kinds, ctx.candidates = stream, kinds, len(b)
        ctx.save_for_backward(a, b_all, *scalars, *local)
        return tuple(
            stream.ranks.gather(t) if axis is Axis.ROWS else t.clone()
            for t, (axis, _) in zip(local, kinds, strict=True)
        )

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        stream: _Stream = ctx.stream
        a, b_all, *rest = ctx.saved_tensors
        scalars, totals = rest[: len(stream.names)], rest[len(stream.names) :]
        # Every rank computes the whole loss, and gradients are averaged over ranks afterwards: hence the factor.
        scale = stream.ranks.size
        first = stream.ranks.start(len(a))
        local = [
            scale * (g[first : first + len(a)] if axis is Axis.ROWS else g)
            for g, (axis, _) in zip(grads, ctx.kinds, strict=True)
        ]
        sums = [torch.zeros_like(x) for x in (a, b_all, *scalars)]
        for row_block, col_block in stream.blocks():
            leaves = [x.detach().requires_grad_() for x in (a[row_block], b_all[col_block], *scalars)]
            with torch.enable_grad():
                parts = _Parts(
                    stream.terms(leaves[0], leaves[1], tuple(leaves[2:]), (row_block, col_block)), row_block, col_block
                )
            found = parts.gradients(totals, local, leaves)
            sums[0][row_block] += found[0]
            sums[1][col_block] += found[1]
            for total, one in zip(sums[2:], found[2:], strict=True):
                total += one
        return None, sums[0], stream.ranks.scatter_sum(sums[1], ctx.candidates), *sums[2:]


class _Parts:
    """The reduced terms of one tile, with autograd's record of how they came about."""

    def __init__(self, terms: list[Term], row_block: slice, col_block: slice) -> None:
        self.terms = terms
        self.where = [row_block if term.axis is Axis.ROWS else col_block for term in terms]
        self.reduced = [term.reduce() for term in terms]

    def gradients(self, totals: list[Tensor], grads: list[Tensor], leaves: list[Tensor]) -> list[Tensor]:
        """Gradients of the loss with respect to ``leaves``, through this tile alone."""
        outputs, weights = [], []
        for term, where, part, total, grad in zip(self.terms, self.where, self.reduced, totals, grads, strict=True):
            if part.requires_grad:
                outputs.append(part)
                weights.append(grad[where] * share(term.reduction, total[where], part.detach()))
        found = torch.autograd.grad(outputs, leaves, weights, allow_unused=True)
        return [torch.zeros_like(leaf) if one is None else one for leaf, one in zip(leaves, found, strict=True)]
