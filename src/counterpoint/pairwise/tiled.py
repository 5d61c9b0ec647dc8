"""Any term, tile by tile: local autograd on each tile, nothing kept but vectors and embeddings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor

from counterpoint.pairwise.once import first_derivative_only
from counterpoint.pairwise.plan import Plan
from counterpoint.pairwise.products import add_product, product
from counterpoint.pairwise.relation import Relation
from counterpoint.pairwise.rotation import Meeting, Rotation
from counterpoint.pairwise.similarity import OfInnerProduct
from counterpoint.pairwise.terms import Axis, Reduction, Term, beside_tile, terms_after
from counterpoint.pairwise.totals import Total, pull

if TYPE_CHECKING:
    from counterpoint.pairwise.contract import Objective

Known = list[tuple[Axis, Tensor]]
"""Statistics of one stage: `[N, ...]` of this rank's rows, `[M, ...]` of all columns."""


@dataclass(frozen=True)
class TileWalk:
    """What forward and backward share: which tiles there are and what is asked of each.

    Attributes:
        objective: Gives the terms.
        relation: `[N, M]`, this rank's anchors and all candidates.
        plan: Tile sizes.
        rotation: Whose candidates are whose columns.
        names: The learnable numbers, in order.
        stages: The axes of the statistics of every stage that is known.
        kinds: Filled in by the first tile: what each term is.
        more: Filled in by the first tile: whether a stage follows.
    """

    objective: Objective
    relation: Relation
    plan: Plan
    rotation: Rotation
    names: tuple[str, ...]
    stages: tuple[tuple[Axis, ...], ...]
    kinds: list[tuple[Axis, Reduction]] = field(default_factory=list[tuple[Axis, Reduction]])
    more: list[bool] = field(default_factory=list[bool])

    def tiles(self, meeting: Meeting) -> Iterator[tuple[slice, slice]]:
        """Rows and columns of every tile of a block of candidates."""
        n, place = self.relation.shape[0], meeting.place
        for i in range(0, n, self.plan.rows):
            for j in range(place.start, place.stop, self.plan.cols):
                yield slice(i, min(i + self.plan.rows, n)), slice(j, min(j + self.plan.cols, place.stop))

    def terms(self, rows: slice, cols: slice, s_nm: Tensor, others: list[Tensor]) -> list[Term]:
        """The terms of this stage on one tile; ``others`` are numbers, then the tile's part of what is known."""
        objective = self.objective.having(dict(zip(self.names, others, strict=False)))
        parts = iter(others[len(self.names) :])
        known = [tuple(beside_tile(axis, next(parts)) for axis in axes) for axes in self.stages]
        terms, more = terms_after(objective.terms(s_nm, self.relation.tile(rows, cols)), known)
        if not self.more:
            self.kinds[:] = [(term.axis, term.reduction) for term in terms]
            self.more[:] = [more]
        return terms

    def here(self, rows: slice, cols: slice, others: tuple[Tensor, ...]) -> list[Tensor]:
        """Numbers as they are, and the tile's part of every statistic that is known."""
        axes = [axis for stage in self.stages for axis in stage]
        count = len(self.names)
        parts = [x[rows if axis is Axis.ROWS else cols] for axis, x in zip(axes, others[count:], strict=True)]
        return [*others[:count], *parts]


def tiled_stage(
    walk: TileWalk, a_ND: Tensor, b_MD: Tensor, learnable: dict[str, Tensor], known: list[Known]
) -> tuple[Tensor, ...]:
    """One stage's statistics, `[N, ...]` or `[M, ...]` (of all candidates, over this rank's anchors)."""
    flat = [one for stage in known for _, one in stage]
    return cast(tuple[Tensor, ...], _Streamed.apply(walk, a_ND, b_MD, *learnable.values(), *flat))  # pyright: ignore[reportUnknownMemberType]


class _Streamed(torch.autograd.Function):
    """Statistics with a backward that walks the tiles again."""

    @staticmethod
    def forward(ctx: Any, walk: TileWalk, a: Tensor, b: Tensor, *others: Tensor) -> tuple[Tensor, ...]:
        totals: list[Total] = []
        similarity, bfloat16 = walk.objective.similarity, walk.plan.bfloat16
        for meeting, block in walk.rotation.blocks(b, len(a)):
            for rows, cols in walk.tiles(meeting):
                x, y = a[rows], block[meeting.here(cols)]
                if isinstance(similarity, OfInnerProduct):
                    s_nm = similarity.of(product(x, y.T, bfloat16=bfloat16))
                else:
                    s_nm = similarity.scores(x, y)
                terms = walk.terms(rows, cols, s_nm, walk.here(rows, cols, others))
                totals = totals or [Total(term, len(a), walk.rotation.total) for term in terms]
                for total, term in zip(totals, terms, strict=True):
                    total.add(term, rows, cols)
        found = tuple(total.statistic() for total in totals)
        ctx.walk, ctx.places = walk, [total.places for total in totals]
        ctx.save_for_backward(a, b, *others, *found)
        ctx.others = len(others)
        return found

    @staticmethod
    @first_derivative_only
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        walk: TileWalk = ctx.walk
        a, b, *saved = cast(tuple[Tensor, ...], ctx.saved_tensors)
        others, totals = tuple(saved[: ctx.others]), saved[ctx.others :]
        wants = [bool(need) for need in ctx.needs_input_grad[1:]]
        backward = _Backward(walk, a, others, wants, list(zip(totals, ctx.places, grads, strict=True)))
        # backward() may be called under autocast, which must not reach the products computed again here.
        with torch.autocast(a.device.type, enabled=False):
            gb = walk.rotation.collect(b, len(a), backward.block)
        return None, backward.ga if wants[0] else None, gb if wants[1] else None, *backward.found


class _Backward:
    """Gradients while blocks of candidates come by."""

    def __init__(
        self,
        walk: TileWalk,
        a: Tensor,
        others: tuple[Tensor, ...],
        wants: list[bool],
        totals: list[tuple[Tensor, Tensor | None, Tensor]],
    ) -> None:
        self._walk, self._a, self._others, self._wants, self._totals = walk, a, others, wants, totals
        self.ga = torch.zeros_like(a)
        self.found = [torch.zeros_like(x) if want else None for x, want in zip(others, wants[2:], strict=True)]

    def block(self, meeting: Meeting, b: Tensor, gb: Tensor) -> None:
        """Every tile of one block."""
        for rows, cols in self._walk.tiles(meeting):
            self._tile(rows, cols, b, gb, meeting.here(cols))

    def _tile(self, rows: slice, cols: slice, b: Tensor, gb: Tensor, here: slice) -> None:
        walk, similarity = self._walk, self._walk.objective.similarity
        others = [
            one.detach().requires_grad_(want)
            for one, want in zip(walk.here(rows, cols, self._others), self._wants[2:], strict=True)
        ]
        x, y = self._a[rows].detach(), b[here].detach()
        if isinstance(similarity, OfInnerProduct):
            p_nm = product(x, y.T, bfloat16=walk.plan.bfloat16).requires_grad_(any(self._wants[:2]))
            with torch.enable_grad():
                gradients = self._gradients(rows, cols, similarity.of(p_nm), [p_nm, *others])
            self._push(rows, here, gradients.pop(0), b, gb)
        else:
            x, y = x.requires_grad_(self._wants[0]), y.requires_grad_(self._wants[1])
            with torch.enable_grad():
                gradients = self._gradients(rows, cols, similarity.scores(x, y), [x, y, *others])
            for into in (self.ga[rows], gb[here]):
                _add(into, gradients.pop(0))
        for total, one in zip(walk.here(rows, cols, tuple(self._found())), gradients, strict=True):
            _add(total, one)

    def _found(self) -> Iterator[Tensor]:
        """Where gradients of numbers and statistics go; a place that nobody looks at for those that want none."""
        for one, total in zip(self._others, self.found, strict=True):
            yield torch.empty_like(one) if total is None else total

    def _push(self, rows: slice, here: slice, w_nm: Tensor | None, b: Tensor, gb: Tensor) -> None:
        bfloat16 = self._walk.plan.bfloat16
        if w_nm is None:
            return
        if self._wants[0]:
            add_product(self.ga[rows], w_nm, b[here], bfloat16=bfloat16)
        if self._wants[1]:
            add_product(gb[here], w_nm.T, self._a[rows], bfloat16=bfloat16)

    def _gradients(self, rows: slice, cols: slice, s_nm: Tensor, leaves: list[Tensor]) -> list[Tensor | None]:
        """Of the loss by every leaf, through this tile alone; None where there is none."""
        others = leaves[-len(self._others) :] if self._others else []
        terms = self._walk.terms(rows, cols, s_nm, others)
        outputs: list[Tensor] = []
        weights: list[Tensor] = []
        for term, (total, places, grad) in zip(terms, self._totals, strict=True):
            if term.values.requires_grad and term.reduction is not Reduction.COUNT:
                output, weight = pull(term, rows, cols, total, places, grad)
                outputs.append(output)
                weights.append(weight)
        wanted = [k for k, leaf in enumerate(leaves) if leaf.requires_grad]
        found: list[Tensor | None] = [None] * len(leaves)
        if outputs:
            gradients = torch.autograd.grad(outputs, [leaves[k] for k in wanted], weights, allow_unused=True)
            for k, gradient in zip(wanted, gradients, strict=True):
                found[k] = gradient
        return found


def _add(into: Tensor, one: Tensor | None) -> None:
    if one is not None:
        into += one
