"""Contrastive margins: positives pulled above one threshold and negatives pushed below another, pair by pair."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import relu

from counterpoint.base.citation import Citation
from counterpoint.objectives._pairs import over_pairs, pair_terms
from counterpoint.objectives._settings import check_finite, check_positive
from counterpoint.pairwise import Needs, Objective, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class Contrastive(Objective):
    """Contrastive loss: positives are pulled up to a similarity, negatives pushed down to another.

    Formula: ``mean over positive pairs of f(m_p - s_ij) + mean over negative pairs of f(s_ij - m_n)``, with ``f(x) =
    max(0, x)``, or ``max(0, x)^2 / 2`` in the squared form. The paper is the squared form on Euclidean distances:
    ``similarity=NegativeEuclidean(), positive_margin=0.0, negative_margin=-m, squared=True``; it sums over pairs.

    Shapes: `[N, D]` with labels `[N]`, or anchors `[N, D]` and candidates `[M, D]`.

    Attributes:
        positive_margin: ``m_p``, the similarity above which positives are left alone; 1, the largest cosine.
        negative_margin: ``m_n``, the similarity below which negatives are left alone; 0.5.
        squared: The squared form.

    Example:
        >>> import torch
        >>> z, y = torch.eye(2).repeat(2, 1), torch.tensor([0, 1, 0, 1])
        >>> Contrastive()(z, labels=y).item()  # positives at 1, negatives at 0
        0.0
    """

    cites: ClassVar[Citation] = Citation(
        "Hadsell, Chopra and LeCun",
        "Dimensionality Reduction by Learning an Invariant Mapping",
        2006,
        "doi:10.1109/CVPR.2006.100",
        "Eq. 4",
    )
    needs: ClassVar[Needs] = Needs.NOTHING
    positive_margin: float = 1.0
    negative_margin: float = 0.5
    squared: bool = False

    def __post_init__(self) -> None:
        """Check the settings."""
        check_finite("positive_margin", self.positive_margin)
        check_finite("negative_margin", self.negative_margin)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: what its positives lack and how many there are; what its negatives exceed and how many."""
        lacking, exceeding = relu(self.positive_margin - s_NM), relu(s_NM - self.negative_margin)
        if self.squared:
            lacking, exceeding = torch.square(lacking) / 2, torch.square(exceeding) / 2
        yield from pair_terms(s_NM, lacking, rel.positive, rel)
        yield from pair_terms(s_NM, exceeding, rel.negative, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over positive pairs plus mean over negative pairs."""
        return over_pairs(self, *statistics[:2]) + over_pairs(self, *statistics[2:])

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eq. 4 for the two kinds of pairs."""
        loss = s_NM.new_zeros(())
        for x in ((self.positive_margin - s_NM)[rel.positive], (s_NM - self.negative_margin)[rel.negative]):
            if len(x):
                hinge = x.clamp_min(0)
                loss = loss + (0.5 * hinge**2 if self.squared else hinge).mean()
        return loss


@dataclass(frozen=True, kw_only=True)
class Margin(Objective):
    """Margin loss: positives above a boundary and negatives below it, by a margin; only violations are averaged.

    Formula, with boundary b and margin m: ``sum over positive pairs of max(0, m + b - s_ij) + sum over negative pairs
    of max(0, m + s_ij - b)``, divided by the number of pairs whose hinge is open. The paper's boundary is a distance
    and learnt; its distance-weighted sampling of pairs is no part of the loss.

    Shapes: `[N, D]` with labels `[N]`, or anchors `[N, D]` and candidates `[M, D]`.

    Attributes:
        margin: ``m``, positive; 0.2 as in the paper.
        boundary: ``b``, in units of the similarity; 0.5.

    Example:
        >>> import torch
        >>> z, y = torch.eye(2).repeat(2, 1), torch.tensor([0, 1, 0, 1])
        >>> Margin()(z, labels=y).item()
        0.0
    """

    cites: ClassVar[Citation] = Citation(
        "Wu, Manmatha, Smola and Krähenbühl",
        "Sampling Matters in Deep Embedding Learning",
        2017,
        "arXiv:1706.07567",
        "the margin based loss, section 4.2",
    )
    needs: ClassVar[Needs] = Needs.NOTHING
    margin: float = 0.2
    boundary: float = 0.5

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("margin", self.margin)
        check_finite("boundary", self.boundary)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row and kind of pair: sum of the violations, and their number."""
        lacking = relu(self.margin + self.boundary - s_NM)
        exceeding = relu(s_NM + (self.margin - self.boundary))
        for violation, where in ((lacking, rel.positive), (exceeding, rel.negative)):
            yield rows.sum(rel.weighted(violation), where=where)
            yield rows.sum(rel.weighted((violation > 0).to(violation.dtype)), where=where)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the violations of both kinds."""
        lacking_N, under_N, exceeding_N, over_N = statistics
        return over_pairs(self, lacking_N + exceeding_N, under_N + over_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """The sum over pairs, divided by the number of those that count."""
        signs = rel.positive.to(s_NM.dtype) - rel.negative.to(s_NM.dtype)
        losses = (self.margin - signs * (s_NM - self.boundary)).clamp_min(0)[signs != 0]
        return losses.sum() / (losses > 0).sum().clamp_min(1)
