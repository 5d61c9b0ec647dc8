"""Any term, tile by tile: local autograd on each tile, nothing kept but vectors and embeddings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import torch
from torch import Tensor

from counterpoint.pairwise.compiled import Compiled
from counterpoint.pairwise.once import first_derivative_only
from counterpoint.pairwise.products import add_product
from counterpoint.pairwise.rotation import Meeting
from counterpoint.pairwise.similarity import OfInnerProduct
from counterpoint.pairwise.terms import Axis
from counterpoint.pairwise.tile_terms import Found, pulled
from counterpoint.pairwise.tile_walk import TileWalk
from counterpoint.pairwise.totals import Total

Known = list[tuple[Axis, Tensor]]
"""Statistics of one stage: `[N, ...]` of this rank's rows, `[M, ...]` of all columns."""


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
        compiled = Compiled.of(walk.on_tile, a, walk.backend) if walk.plan.compiled else None
        for meeting, block in walk.rotation.blocks(b, len(a)):
            for rows, cols in walk.tiles(meeting):
                scored = walk.scored(a[rows], block[meeting.here(cols)])
                parts, terms = walk.parts(rows, cols, scored, walk.here(rows, cols, others), compiled)
                totals = totals or [Total(term, len(a), walk.rotation.total) for term in terms]
                for total, part in zip(totals, parts, strict=True):
                    total.add(part, rows, cols)
        found = tuple(total.statistic() for total in totals)
        ctx.walk, ctx.places, ctx.compiled = walk, [total.places for total in totals], compiled
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
        found = list(zip(totals, ctx.places, grads, strict=True))
        backward = _Backward(walk, a, others, wants, found, ctx.compiled)
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
        totals: list[Found],
        compiled: Compiled | None,
    ) -> None:
        self._walk, self._a, self._others, self._wants, self._totals = walk, a, others, wants, totals
        self._compiled = compiled
        self.ga = torch.zeros_like(a)
        self.found = [torch.zeros_like(x) if want else None for x, want in zip(others, wants[2:], strict=True)]

    def block(self, meeting: Meeting, b: Tensor, gb: Tensor) -> None:
        """Every tile of one block."""
        for rows, cols in self._walk.tiles(meeting):
            self._tile(rows, cols, b, gb, meeting.here(cols))

    def _tile(self, rows: slice, cols: slice, b: Tensor, gb: Tensor, here: slice) -> None:
        walk = self._walk
        scored = walk.scored(self._a[rows], b[here])
        gradients = self._gradients(rows, cols, scored, walk.here(rows, cols, self._others))
        if isinstance(walk.objective.similarity, OfInnerProduct):
            self._push(rows, here, gradients.pop(0), b, gb)
        else:
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

    def _gradients(
        self, rows: slice, cols: slice, scored: tuple[Tensor, ...], others: list[Tensor]
    ) -> list[Tensor | None]:
        """Of the loss by what the tile is a function of, through this tile alone; None where there is none."""
        walk = self._walk
        wants = [any(self._wants[:2])] if len(scored) == 1 else self._wants[:2]
        wants = [*wants, *self._wants[2:]]
        found = list(self._of_tile(rows, cols))
        if self._compiled is not None:
            return self._compiled.gradients(scored, walk.relation.tile(rows, cols).tensors, others, found, wants)
        leaves = [one.detach().requires_grad_(want) for one, want in zip((*scored, *others), wants, strict=True)]
        with torch.enable_grad():
            # Masks are let go once the terms are known.
            tile = walk.relation.tile(rows, cols)
            terms, _ = walk.on_tile.terms(leaves[: len(scored)], tile, leaves[len(scored) :])
            del tile
            pulls = [one for one in pulled(terms, found) if one[0].requires_grad]
        if not pulls:
            return [None] * len(leaves)
        wanted = [leaf for leaf in leaves if leaf.requires_grad]
        outputs, weights = zip(*pulls, strict=True)
        gradients = iter(torch.autograd.grad(outputs, wanted, weights, allow_unused=True))
        return [next(gradients) if leaf.requires_grad else None for leaf in leaves]

    def _of_tile(self, rows: slice, cols: slice) -> Iterator[Found]:
        """What is known of the tile's rows or columns."""
        for (axis, _), (total, places, grad) in zip(self._walk.kinds, self._totals, strict=True):
            mine, theirs = (rows, cols) if axis is Axis.ROWS else (cols, rows)
            yield total[mine], None if places is None else places[mine] - theirs.start, grad[mine]


def _add(into: Tensor, one: Tensor | None) -> None:
    if one is not None:
        into += one
