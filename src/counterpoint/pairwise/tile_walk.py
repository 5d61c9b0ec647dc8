"""Which tiles there are of a matrix, and what one stage asks of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from torch import Tensor

from counterpoint.pairwise.compiled import Compiled
from counterpoint.pairwise.plan import Plan
from counterpoint.pairwise.products import product
from counterpoint.pairwise.relation import Relation
from counterpoint.pairwise.rotation import Meeting, Rotation
from counterpoint.pairwise.similarity import OfInnerProduct
from counterpoint.pairwise.terms import Axis, Reduction, Term
from counterpoint.pairwise.tile_terms import TileTerms

if TYPE_CHECKING:
    from counterpoint.pairwise.contract import Objective


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
        backend: Of ``torch.compile``, where tiles are compiled; None for the usual one.
        kinds: Filled in by the first tile: what each term is.
        more: Filled in by the first tile: whether a stage follows.
        idle: Filled in by the first tile with rows in which nothing is compared: whether the terms leave them out too.
    """

    objective: Objective
    relation: Relation
    plan: Plan
    rotation: Rotation
    names: tuple[str, ...]
    stages: tuple[tuple[Axis, ...], ...]
    backend: str | None = None
    kinds: list[tuple[Axis, Reduction]] = field(default_factory=list[tuple[Axis, Reduction]])
    more: list[bool] = field(default_factory=list[bool])
    idle: list[bool] = field(default_factory=list[bool])

    def tiles(self, meeting: Meeting) -> Iterator[tuple[slice, slice]]:
        """Rows and columns of every tile of a block of candidates, without rows in which nothing is compared."""
        n, place = self.relation.shape[0], meeting.place
        for i in range(0, n, self.plan.rows):
            for j in range(place.start, place.stop, self.plan.cols):
                rows, cols = slice(i, min(i + self.plan.rows, n)), slice(j, min(j + self.plan.cols, place.stop))
                if self.idle == [True]:
                    rows = self.relation.busy(rows, cols)
                if rows.start < rows.stop:
                    yield rows, cols

    @property
    def on_tile(self) -> TileTerms:
        """What is asked, as a function of a tile."""
        return TileTerms(self.objective, self.names, self.stages)

    def scored(self, rows: Tensor, cols: Tensor) -> tuple[Tensor, ...]:
        """What scores of a tile are a function of: its inner products, or the rows of both sides."""
        if isinstance(self.objective.similarity, OfInnerProduct):
            return (product(rows, cols.T, bfloat16=self.plan.bfloat16),)
        return rows, cols

    def parts(
        self, rows: slice, cols: slice, scored: tuple[Tensor, ...], others: list[Tensor], compiled: Compiled | None
    ) -> tuple[Iterator[Tensor], list[Term]]:
        """What a tile hands on for every term; the terms themselves where they had to be looked at."""
        tile = self.relation.tile(rows, cols)
        if compiled is not None and not self._to_be_seen(rows, cols):
            return iter(compiled.parts(scored, tile.tensors, others)), []
        terms, more = self.on_tile.terms(scored, tile, others)
        if not self.more:
            self.kinds[:] = [(term.axis, term.reduction) for term in terms]
            self.more[:] = [more]
        if not self.idle:
            self._see_idle(rows, cols, terms)
        # One after the other, as they are taken in: each may be as large as the tile.
        return (term.part() for term in terms), terms

    def _to_be_seen(self, rows: slice, cols: slice) -> bool:
        return not self.more or (not self.idle and self.relation.busy(rows, cols) != rows)

    def _see_idle(self, rows: slice, cols: slice, terms: list[Term]) -> None:
        """A relation may ignore an entry that a term takes nevertheless: then every tile is made whole."""
        busy = self.relation.busy(rows, cols)
        if busy == rows:
            return
        before, after = slice(0, busy.start - rows.start), slice(busy.stop - rows.start, rows.stop - rows.start)
        self.idle[:] = [
            all(
                term.where is not None and not any(bool(term.where[idle].any()) for idle in (before, after))
                for term in terms
            )
        ]

    def here(self, rows: slice, cols: slice, others: tuple[Tensor, ...]) -> list[Tensor]:
        """Numbers as they are, and the tile's part of every statistic that is known."""
        axes = [axis for stage in self.stages for axis in stage]
        count = len(self.names)
        parts = [x[rows if axis is Axis.ROWS else cols] for axis, x in zip(axes, others[count:], strict=True)]
        return [*others[:count], *parts]
