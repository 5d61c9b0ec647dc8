"""Row and column statistics of the similarity matrix, by the path that fits: dense, closed form, or tile by tile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise.closed import Closed, kinds
from counterpoint.pairwise.decide import Case, decide
from counterpoint.pairwise.dense import dense_stage
from counterpoint.pairwise.keys import Keys
from counterpoint.pairwise.plan import Budget, Plan, Streams
from counterpoint.pairwise.prepared import Rows
from counterpoint.pairwise.relation import Relation
from counterpoint.pairwise.rotation import Rotation
from counterpoint.pairwise.shared import candidates, every_entry, every_row
from counterpoint.pairwise.similarity import InnerProduct
from counterpoint.pairwise.terms import Axis, Reduction, beside_tile
from counterpoint.pairwise.tile_walk import TileWalk
from counterpoint.pairwise.tiled import Known, tiled_stage

if TYPE_CHECKING:
    from counterpoint.pairwise.contract import Objective

Found = tuple[list[tuple[Axis, Reduction]], tuple[Tensor, ...], bool]
"""What each statistic of a stage is, the statistics over this rank's rows and all columns, and whether more follow."""


def statistics(
    objective: Objective, rows: Rows, *, plan: Plan | Budget | None, learnable: dict[str, Tensor]
) -> tuple[Tensor, ...]:
    """One tensor per term: `[N, ...]` over all ranks' rows, or `[M, ...]` over all ranks' columns.

    Args:
        objective: Gives the terms.
        rows: What is compared.
        plan: Tile sizes, or a budget or None to choose them.
        learnable: Numbers of the objective that are tensors.
    """
    relation = rows.relation.across(rows.together.ranks)
    whole = objective.having(learnable)
    keys = Keys.of(relation)
    case = Case.of(objective, rows, keyed=keys is not None)
    decision, similarity = decide(objective, case, plan, learnable), objective.similarity
    if decision.requests is not None and keys is not None and isinstance(similarity, InnerProduct):
        b, rotation = _columns(rows, whole=decision.plan.dense)
        local = Closed(keys, rotation, decision.plan, similarity.bound, rows.a_ND, b).statistics(decision.requests)
        return tuple(_for_head(rows, kind, one) for kind, one in zip(kinds(decision.requests), local, strict=True))
    stages = _Stages(objective, whole, rows, relation, decision.plan, learnable)
    return stages.run()


@dataclass(frozen=True, eq=False)
class _Stages:
    """Stage after stage, on the whole matrix or tile by tile."""

    objective: Objective
    whole: Objective
    rows: Rows
    relation: Relation
    plan: Plan
    learnable: dict[str, Tensor]

    def run(self) -> tuple[Tensor, ...]:
        # A whole row at once needs all candidates at once.
        b, rotation = _columns(self.rows, whole=self.plan.dense or self.objective.streams is Streams.ROWS)
        known: list[Known] = []
        found: list[Tensor] = []
        more = True
        while more:
            stage, local, more = self._dense(b, known) if self.plan.dense else self._tiled(b, rotation, known)
            found += [_for_head(self.rows, kind, one) for kind, one in zip(stage, local, strict=True)]
            if more:
                known.append([self._for_tiles(kind, one) for kind, one in zip(stage, local, strict=True)])
        return tuple(found)

    def _dense(self, b: Tensor, known: list[Known]) -> Found:
        beside = [tuple(beside_tile(axis, one) for axis, one in stage) for stage in known]
        terms, more = dense_stage(self.whole, self.rows.a_ND, b, self.relation, beside)
        return [(term.axis, term.reduction) for term in terms], tuple(term.reduce() for term in terms), more

    def _tiled(self, b: Tensor, rotation: Rotation, known: list[Known]) -> Found:
        axes = tuple(tuple(axis for axis, _ in stage) for stage in known)
        walk = TileWalk(self.objective, self.relation, self.plan, rotation, tuple(self.learnable), axes)
        local = tiled_stage(walk, self.rows.a_ND, b, self.learnable, known)
        return walk.kinds, local, walk.more[0]

    def _for_tiles(self, kind: tuple[Axis, Reduction], one: Tensor) -> tuple[Axis, Tensor]:
        """A statistic as the next stage sees it: this rank's rows, or columns over all ranks' anchors."""
        axis, reduction = kind
        if axis is Axis.ROWS:
            return axis, one
        return axis, every_entry(self.rows.together.ranks, reduction, one, for_head=False)


def _columns(rows: Rows, *, whole: bool) -> tuple[Tensor, Rotation]:
    """Candidates and how they pass by: all at once, or every rank's in turn; what every rank has stays where it is."""
    ranks, shared = rows.together.ranks, rows.relation.shared
    if not (whole or shared):
        return rows.b_MD, Rotation(ranks, rows.together.candidates)
    b = rows.b_MD if shared else candidates(ranks, rows.b_MD, rows.together.candidates)
    return b, Rotation.alone(len(b))


def _for_head(rows: Rows, kind: tuple[Axis, Reduction], one: Tensor) -> Tensor:
    axis, reduction = kind
    ranks = rows.together.ranks
    if axis is Axis.ROWS:
        return every_row(ranks, one, rows.together.anchors)
    if reduction is Reduction.ROW:
        raise InputError("a statistic of whole rows belongs to rows: use rows.whole")
    return every_entry(ranks, reduction, one, for_head=True)
