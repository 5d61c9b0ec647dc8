"""Average precision of every anchor's ranking, made smooth: it needs whole rows, as a rank is a count over a row."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._rows import positives_side_by_side
from counterpoint.objectives._settings import check_positive
from counterpoint.pairwise import Needs, Objective, Streams, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class SmoothAP(Objective):
    """One minus a smooth average precision, with a sigmoid in the place of "is ranked above".

    Formula, for anchor i with positives P and compared C:
    ``AP_i = 1/|P| sum_{p in P} (1 + sum_{q in P, q != p} sig(s_iq - s_ip)) / (1 + sum_{j in C, j != p} sig(s_ij -
    s_ip))`` with ``sig(x) = 1 / (1 + exp(-x / t))``; the loss is the mean of ``1 - AP_i`` over the anchors with a
    positive.

    Shapes: `[N, D]` with labels `[N]`, two views `[N, D]`, or anchors `[N, D]` and candidates `[M, D]`. Memory: a block
    of rows by M times the most positives that an anchor of the block has.

    Attributes:
        temperature: ``t``, positive; 0.01 as in the paper.

    Example:
        >>> import torch
        >>> z, y = torch.eye(2).repeat(2, 1), torch.tensor([0, 1, 0, 1])
        >>> round(SmoothAP()(z, labels=y).item(), 6)
        0.0
    """

    cites: ClassVar[Citation] = Citation(
        "Brown, Xie, Kalogeiton and Zisserman",
        "Smooth-AP: Smoothing the Path Towards Large-Scale Image Retrieval",
        2020,
        "arXiv:2007.12163",
        "Eq. 6",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    weighs_pairs: ClassVar[bool] = False
    streams: ClassVar[Streams] = Streams.ROWS
    temperature: float = 0.01

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: its average precision and its number of positives."""
        s_nP, there = positives_side_by_side(s_NM, rel)
        above = torch.sigmoid((s_NM[:, None, :] - s_nP[:, :, None]) / self.temperature)
        # Each positive meets itself once, at a half, in both sums.
        among_all = 0.5 + torch.where(rel.compared[:, None, :], above, 0.0).sum(2)
        among_positive = 0.5 + torch.where(rel.positive[:, None, :], above, 0.0).sum(2)
        precision = torch.where(there, among_positive / among_all, 0.0).sum(1)
        yield rows.whole(precision / there.sum(1).clamp_min(1))
        yield rows.count(rel.positive, like=s_NM)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors with a positive."""
        precision_N, count_N = statistics
        return self.mean(1 - precision_N, count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eq. 6, positive by positive."""
        losses: list[Tensor] = []
        for s, positive, compared in zip(s_NM, rel.positive, rel.compared, strict=True):
            precisions: list[Tensor] = []
            for p in range(len(s)):
                if positive[p]:
                    above = torch.sigmoid((s - s[p]) / self.temperature)
                    others = torch.arange(len(s)) != p
                    precisions.append((1 + above[positive & others].sum()) / (1 + above[compared & others].sum()))
            if precisions:
                losses.append(1 - torch.stack(precisions).mean())
        return torch.stack(losses).mean()
