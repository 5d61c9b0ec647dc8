"""Row and column statistics of the similarity matrix: dense by autograd, or streamed without keeping a tile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from counterpoint.pairwise.dense import dense_statistics
from counterpoint.pairwise.plan import Plan, choose
from counterpoint.pairwise.relation import Relation
from counterpoint.pairwise.ring import Ranks
from counterpoint.pairwise.terms import Axis, Reduction, Term, merge, share

if TYPE_CHECKING:
    from counterpoint.pairwise.contract import Objective

Block = tuple[slice, slice]
"""Rows and columns of a tile."""


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
    walk = _Walk(objective, everywhere, plan, ranks, tuple(learnable))
    return cast(tuple[Tensor, ...], _Streamed.apply(walk, a_ND, b_MD, *learnable.values()))  # pyright: ignore[reportUnknownMemberType]


@dataclass(frozen=True)
class _Walk:
    """What forward and backward share: which tiles there are and what is asked of each."""

    objective: Objective
    relation: Relation
    plan: Plan
    ranks: Ranks
    names: tuple[str, ...]

    def blocks(self) -> Iterator[Block]:
        n, m = self.relation.shape
        for i in range(0, n, self.plan.rows):
            for j in range(0, m, self.plan.cols):
                yield slice(i, min(i + self.plan.rows, n)), slice(j, min(j + self.plan.cols, m))

    def terms(self, block: Block, a: Tensor, b: Tensor, *numbers: Tensor) -> list[Term]:
        objective = self.objective.having(dict(zip(self.names, numbers, strict=True)))
        return list(objective.terms(objective.similarity.scores(a, b), self.relation.tile(*block)))


class _Streamed(torch.autograd.Function):
    """Statistics with a backward that walks the tiles again; between the two only vectors and embeddings are kept."""

    @staticmethod
    def forward(ctx: Any, walk: _Walk, a: Tensor, b: Tensor, *numbers: Tensor) -> tuple[Tensor, ...]:
        b_all = walk.ranks.gather(b)
        totals: list[Tensor] = []
        kinds: list[tuple[Axis, Reduction]] = []
        for block in walk.blocks():
            terms = walk.terms(block, a[block[0]], b_all[block[1]], *numbers)
            if not totals:
                kinds = [(term.axis, term.reduction) for term in terms]
                totals = [_nothing(term, len(a), len(b_all)) for term in terms]
            for total, term in zip(totals, terms, strict=True):
                where = _place(term.axis, block)
                total[where] = merge(term.reduction, total[where], term.reduce())
        totals = [
            total if axis is Axis.ROWS else walk.ranks.merge(reduction, total)
            for total, (axis, reduction) in zip(totals, kinds, strict=True)
        ]
        ctx.walk, ctx.axes, ctx.candidates = walk, [axis for axis, _ in kinds], len(b)
        ctx.save_for_backward(a, b_all, *numbers, *totals)
        return tuple(
            walk.ranks.gather(total) if axis is Axis.ROWS else total
            for total, axis in zip(totals, ctx.axes, strict=True)
        )

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        walk: _Walk = ctx.walk
        needed: tuple[bool, ...] = ctx.needs_input_grad[1:]
        saved: tuple[Tensor, ...] = ctx.saved_tensors
        inputs, totals = saved[: len(needed)], saved[len(needed) :]
        local = _local_gradients(walk.ranks, ctx.axes, grads, len(inputs[0]))
        sums = [torch.zeros_like(x) if need else None for x, need in zip(inputs, needed, strict=True)]
        # backward() may be called under autocast, which must not reach the products computed again here.
        with torch.autocast(inputs[0].device.type, enabled=False):
            for block in walk.blocks():
                places = (*block, *[...] * len(walk.names))
                leaves = [x[p].detach().requires_grad_(n) for x, p, n in zip(inputs, places, needed, strict=True)]
                found = _tile_gradients(walk, block, leaves, totals, local)
                for total, place, one in zip(sums, places, found, strict=True):
                    if total is not None and one is not None:
                        total[place] += one
        a, b, *numbers = sums
        return None, a, None if b is None else walk.ranks.scatter_sum(b, ctx.candidates), *numbers


def _place(axis: Axis, block: Block) -> slice:
    return block[0] if axis is Axis.ROWS else block[1]


def _nothing(term: Term, n: int, m: int) -> Tensor:
    """The statistic of no entries, for all rows or columns."""
    return term.values.new_full((n if term.axis is Axis.ROWS else m,), term.reduction.identity)


def _local_gradients(ranks: Ranks, axes: list[Axis], grads: tuple[Tensor, ...], n: int) -> list[Tensor]:
    """Of gradients for all ranks' rows, this rank's `[N]`; those for columns concern every rank.

    Every rank computes the whole loss, and gradients are averaged over ranks afterwards: hence the factor.
    """
    first = ranks.start(n)
    return [
        ranks.size * (grad[first : first + n] if axis is Axis.ROWS else grad)
        for grad, axis in zip(grads, axes, strict=True)
    ]


def _tile_gradients(
    walk: _Walk, block: Block, leaves: list[Tensor], totals: tuple[Tensor, ...], grads: list[Tensor]
) -> list[Tensor | None]:
    """Gradients of the loss with respect to ``leaves``, through this tile alone; None where there is none."""
    with torch.enable_grad():
        terms = walk.terms(block, *leaves)
        parts = [term.reduce() for term in terms]
    outputs: list[Tensor] = []
    weights: list[Tensor] = []
    for term, part, total, grad in zip(terms, parts, totals, grads, strict=True):
        if part.requires_grad:
            place = _place(term.axis, block)
            outputs.append(part)
            weights.append(grad[place] * share(term.reduction, total[place], part.detach()))
    wanted = [k for k, leaf in enumerate(leaves) if leaf.requires_grad]
    found: list[Tensor | None] = [None] * len(leaves)
    if outputs:
        gradients = torch.autograd.grad(outputs, [leaves[k] for k in wanted], weights, allow_unused=True)
        for k, gradient in zip(wanted, gradients, strict=True):
            found[k] = gradient
    return found
