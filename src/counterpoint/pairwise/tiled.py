"""Any term, tile by tile: local autograd on each tile, nothing kept but vectors and embeddings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor

from counterpoint.pairwise.once import first_derivative_only
from counterpoint.pairwise.plan import Plan
from counterpoint.pairwise.relation import Relation
from counterpoint.pairwise.terms import Axis, Reduction, Term, merge, share

if TYPE_CHECKING:
    from counterpoint.pairwise.contract import Objective

Block = tuple[slice, slice]
"""Rows and columns of a tile."""
Kind = tuple[Axis, Reduction]


def tiled_statistics(
    objective: Objective,
    a_ND: Tensor,
    b_MD: Tensor,
    relation: Relation,
    *,
    plan: Plan,
    learnable: dict[str, Tensor],
) -> tuple[list[Kind], tuple[Tensor, ...]]:
    """What each term is, and its statistic `[N]` or `[M]`; arguments as in :func:`statistics`."""
    kinds: list[Kind] = []
    walk = _Walk(objective, relation, plan, tuple(learnable), kinds)
    found = cast(tuple[Tensor, ...], _Streamed.apply(walk, a_ND, b_MD, *learnable.values()))  # pyright: ignore[reportUnknownMemberType]
    return kinds, found


@dataclass(frozen=True)
class _Walk:
    """What forward and backward share: which tiles there are and what is asked of each.

    Attributes:
        kinds: Filled in by the first tile.
    """

    objective: Objective
    relation: Relation
    plan: Plan
    names: tuple[str, ...]
    kinds: list[Kind]

    def blocks(self) -> Iterator[Block]:
        n, m = self.relation.shape
        for i in range(0, n, self.plan.rows):
            for j in range(0, m, self.plan.cols):
                yield slice(i, min(i + self.plan.rows, n)), slice(j, min(j + self.plan.cols, m))

    def terms(self, block: Block, a: Tensor, b: Tensor, *numbers: Tensor) -> list[Term]:
        objective = self.objective.having(dict(zip(self.names, numbers, strict=True)))
        return list(objective.terms(objective.similarity.scores(a, b), self.relation.tile(*block)))


class _Streamed(torch.autograd.Function):
    """Statistics with a backward that walks the tiles again."""

    @staticmethod
    def forward(ctx: Any, walk: _Walk, a: Tensor, b: Tensor, *numbers: Tensor) -> tuple[Tensor, ...]:
        totals: list[Tensor] = []
        for block in walk.blocks():
            terms = walk.terms(block, a[block[0]], b[block[1]], *numbers)
            if not totals:
                walk.kinds[:] = [(term.axis, term.reduction) for term in terms]
                totals = [_nothing(term, len(a), len(b)) for term in terms]
            for total, term in zip(totals, terms, strict=True):
                where = _place(term.axis, block)
                total[where] = merge(term.reduction, total[where], term.reduce())
        ctx.walk = walk
        ctx.save_for_backward(a, b, *numbers, *totals)
        return tuple(totals)

    @staticmethod
    @first_derivative_only
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        walk: _Walk = ctx.walk
        needed: tuple[bool, ...] = ctx.needs_input_grad[1:]
        saved: tuple[Tensor, ...] = ctx.saved_tensors
        inputs, totals = saved[: len(needed)], saved[len(needed) :]
        sums = [torch.zeros_like(x) if need else None for x, need in zip(inputs, needed, strict=True)]
        # backward() may be called under autocast, which must not reach the products computed again here.
        with torch.autocast(inputs[0].device.type, enabled=False):
            for block in walk.blocks():
                places = (*block, *[...] * len(walk.names))
                leaves = [x[p].detach().requires_grad_(n) for x, p, n in zip(inputs, places, needed, strict=True)]
                found = _tile_gradients(walk, block, leaves, totals, grads)
                for total, place, one in zip(sums, places, found, strict=True):
                    if total is not None and one is not None:
                        total[place] += one
        return None, *sums


def _place(axis: Axis, block: Block) -> slice:
    return block[0] if axis is Axis.ROWS else block[1]


def _nothing(term: Term, n: int, m: int) -> Tensor:
    """The statistic of no entries, for all rows or columns."""
    return term.values.new_full((n if term.axis is Axis.ROWS else m,), term.reduction.identity)


def _tile_gradients(
    walk: _Walk, block: Block, leaves: list[Tensor], totals: tuple[Tensor, ...], grads: tuple[Tensor, ...]
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
