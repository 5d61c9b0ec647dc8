"""Objectives made for the tests: stages over rows and columns, extremes along both, numbers in any stage.

Importable by processes that are started afresh.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.pairwise import STAGE, Needs, Objective, Staged, Streams, Terms, Tile, cols, rows


@dataclass(frozen=True, kw_only=True)
class Weighed(Objective):
    """The head reads every statistic, and its place in it: an entry in the wrong row or column changes the loss."""

    needs: ClassVar[Needs] = Needs.NOTHING

    def head(self, *statistics: Tensor) -> Tensor:
        loss = statistics[0].new_zeros(())
        for k, one in enumerate(statistics):
            finite = torch.where(one.isfinite(), one, 0.0).flatten()
            places = torch.linspace(0.5, 1.5 + k, len(finite), dtype=one.dtype)
            loss = loss + (places * torch.sin(finite / (1 + k))).sum()
        return loss

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class OneStage(Weighed):
    """Every reduction along both axes, of something that is not affine."""

    scale: float = 1.3

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        bent = torch.tanh(self.scale * s_NM)
        for ask in (rows, cols):
            yield ask.sum(bent, where=rel.positive)
            yield ask.lse(bent / 0.1, where=rel.negative)
            yield ask.count(rel.positive & (s_NM > 0), like=s_NM)
            yield ask.max(bent, where=rel.positive)
            yield ask.top(-bent, 2, where=rel.compared)


@dataclass(frozen=True, kw_only=True)
class Extremes(Weighed):
    """Maxima and top k in closed form."""

    scale: float = 2.0

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        for ask in (rows, cols):
            yield ask.max(self.scale * s_NM, where=rel.negative)
            yield ask.max(-s_NM, where=rel.positive)
            yield ask.top(s_NM, 3, where=rel.compared)
            yield ask.top(0.5 - s_NM, 2)


@dataclass(frozen=True, kw_only=True)
class TopOfAll(Weighed):
    """More of the largest than there are entries: in closed form, or not."""

    bent: bool = False

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        values = torch.sinh(s_NM) if self.bent else s_NM
        yield rows.top(values, 25, where=rel.compared)
        yield cols.top(values, 25)


@dataclass(frozen=True, kw_only=True)
class TwoStages(Weighed):
    """Row terms read column statistics, and column terms those of rows; a count is conditioned on one of them."""

    scale: float = 1.2
    margin: float = 0.1

    def terms(self, s_NM: Tensor, rel: Tile) -> Staged:
        yield cols.lse(self.scale * s_NM)
        yield cols.top(s_NM, 2, where=rel.negative)
        yield rows.max(s_NM, where=rel.negative)
        yield rows.top(-s_NM, 2)
        lse_1M, hard_1M2, hardest_N1, easy_N12 = yield STAGE
        hard_1M2, hardest_N1 = hard_1M2.clamp_min(-2), hardest_N1.clamp_min(-2)
        yield rows.sum(torch.sigmoid(3 * (s_NM - hard_1M2[..., 1]) + self.margin), where=rel.negative)
        yield rows.lse(s_NM * lse_1M / 2, where=rel.compared)
        yield cols.sum((s_NM - hardest_N1 - self.margin) ** 2 * easy_N12[..., 0], where=rel.positive)
        yield rows.count(rel.negative & (s_NM > hard_1M2[..., 0] - 0.4567), like=s_NM)
        yield cols.max(s_NM + hardest_N1)


@dataclass(frozen=True, kw_only=True)
class ThreeStages(Weighed):
    """The third stage reads both before it, and each stage has a number of its own."""

    first: float = 1.5
    second: float = 0.7
    third: float = 0.3

    def terms(self, s_NM: Tensor, rel: Tile) -> Staged:
        yield rows.lse(self.first * s_NM, where=rel.compared)
        yield cols.sum(self.first * s_NM**2)
        lse_N1, squares_1M = yield STAGE
        yield cols.lse(self.second * s_NM * lse_N1)
        yield rows.top(s_NM - squares_1M / 9, 2)
        yield rows.count(rel.compared & (self.first * s_NM < lse_N1 - 2.0123), like=s_NM)
        again_1M, top_N12, count_N1 = yield STAGE
        yield rows.sum(torch.cos(s_NM + self.third * again_1M + lse_N1) * count_N1, where=rel.compared)
        yield cols.max(s_NM * top_N12[..., 1] - self.third * squares_1M)


@dataclass(frozen=True, kw_only=True)
class AdaptiveTemperature(Weighed):
    """Every row has the temperature that its own spread gives."""

    floor: float = 0.05

    def terms(self, s_NM: Tensor, rel: Tile) -> Staged:
        yield rows.sum(s_NM, where=rel.compared)
        yield rows.sum(s_NM**2, where=rel.compared)
        yield rows.count(rel.compared, like=s_NM)
        sum_N1, squares_N1, count_N1 = yield STAGE
        variance_N1 = squares_N1 / count_N1 - (sum_N1 / count_N1) ** 2
        yield rows.lse(s_NM / (self.floor + variance_N1), where=rel.compared)
        yield cols.lse(s_NM / (self.floor + variance_N1), where=rel.compared)


@dataclass(frozen=True, kw_only=True)
class Detached(Weighed):
    """Weights that are not differentiated, of a tile and of statistics."""

    def terms(self, s_NM: Tensor, rel: Tile) -> Staged:
        yield rows.lse(2 * s_NM)
        yield cols.lse(2 * s_NM)
        by_row_N1, by_col_1M = yield STAGE
        yield rows.sum(torch.exp(2 * s_NM.detach() - by_row_N1.detach()) * s_NM, where=rel.negative)
        yield rows.sum(torch.exp(2 * s_NM - by_col_1M.detach()), where=rel.negative)
        yield cols.sum(torch.exp(2 * s_NM.detach() - by_row_N1), where=rel.negative)


@dataclass(frozen=True, kw_only=True)
class StageFirst(Weighed):
    """Nothing is known yet at the first stage."""

    def terms(self, s_NM: Tensor, rel: Tile) -> Staged:
        nothing = yield STAGE
        assert nothing == ()
        yield rows.lse(s_NM, where=rel.compared)
        yield cols.sum(s_NM**2)


@dataclass(frozen=True, kw_only=True)
class StageLast(Weighed):
    """Nothing is asked for after the last stage."""

    def terms(self, s_NM: Tensor, rel: Tile) -> Staged:
        yield rows.lse(s_NM, where=rel.compared)
        yield cols.sum(s_NM**2)
        yield STAGE


@dataclass(frozen=True, kw_only=True)
class ByRows(Weighed):
    """A sort of whole rows, then a stage that reads a column's statistic and the sorted row."""

    streams: ClassVar[Streams] = Streams.ROWS
    scale: float = 1.5

    def terms(self, s_NM: Tensor, rel: Tile) -> Staged:
        yield rows.whole(torch.sort(self.scale * s_NM, 1).values[:, 1:4])
        yield cols.lse(s_NM)
        sorted_N13, lse_1M = yield STAGE
        yield rows.sum(torch.sigmoid(s_NM * sorted_N13[..., 1] - lse_1M), where=rel.negative)


@dataclass(frozen=True, kw_only=True)
class Whole(Weighed):
    """All similarities, as they are."""

    streams: ClassVar[Streams] = Streams.WHOLE
    scale: float = 1.5

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        yield rows.whole(self.scale * s_NM)
        yield rows.count(rel.positive, like=s_NM)

    def head(self, *statistics: Tensor) -> Tensor:
        s_NM, count_N = statistics
        return torch.linalg.matrix_norm(s_NM @ s_NM.T) + (count_N * s_NM.sum(1)).sin().sum()


STAGED = (
    OneStage(), Extremes(), TopOfAll(), TopOfAll(bent=True), TwoStages(), ThreeStages(), AdaptiveTemperature(),
    Detached(), StageFirst(), StageLast(), ByRows(),
)  # fmt: skip
