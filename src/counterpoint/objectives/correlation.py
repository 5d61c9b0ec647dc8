"""Linear correlation of similarities with scores."""

from dataclasses import dataclass, field
from typing import ClassVar, cast

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._scored import scored_pairs
from counterpoint.pairwise import Difference, Given, Needs, Objective, Problem, Similarity, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class Pearson(Objective):
    """One minus the Pearson correlation of similarities and scores over the batch.

    Formula: ``1 - cov(c, y) / sqrt(var(c) var(y))``, ``c_i = cos(a_i, b_i)``; from differences of pairs, which cancel
    nothing: ``N^2 cov(c, y) = sum_{y_i > y_j} (y_i - y_j) (c_i - c_j)``, and variances alike. It is 0 when all scores
    are equal, and 1 when all similarities are.

    Shapes: anchors `[N, D]`, candidates `[N, D]`, ``scores`` `[N]`.

    Example:
        >>> import torch
        >>> a, b = torch.eye(2), torch.tensor([[1.0, 0.0], [1.0, 0.0]])
        >>> good, bad = torch.tensor([5.0, 1.0]), torch.tensor([1.0, 5.0])
        >>> round(Pearson()(a, b, scores=good).item(), 4), round(Pearson()(a, b, scores=bad).item(), 4)
        (0.0, 2.0)
    """

    cites: ClassVar[Citation] = Citation(
        "Zhang and Li",
        "Pcc-tuning: Breaking the Contrastive Learning Ceiling in Semantic Textual Similarity",
        2024,
        "arXiv:2406.09790",
        "the Pearson loss of its second stage",
    )
    needs: ClassVar[Needs] = Needs.SCORES
    similarity: Similarity = field(default=Difference(), init=False, repr=False)

    def arrange(self, anchors: Tensor, candidates: Tensor | None, given: Given) -> Problem:
        """Pairs of pairs, weighted by how far their scores are apart."""
        return scored_pairs("Pearson", anchors, candidates, given, graded=True)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per pair: its parts of the covariance and of both variances."""
        gaps = cast(Tensor, rel.weight).to(s_NM.dtype)
        yield rows.sum(-gaps * s_NM, where=rel.positive)
        yield rows.sum(s_NM.square() / 2)
        yield rows.sum(gaps.square(), where=rel.positive)

    def head(self, *statistics: Tensor) -> Tensor:
        """One minus the correlation."""
        covariance, of_similarities, of_scores = (one.sum() for one in statistics)
        product = of_similarities * of_scores
        varied = product > 0
        correlation = torch.where(varied, covariance / torch.where(varied, product, 1.0).sqrt(), 0.0)
        return torch.where(of_scores > 0, 1 - correlation, 0.0)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Deviations from the mean; similarities and scores are known up to a constant, from the first pair's."""
        gaps = cast(Tensor, rel.weight)
        c, y = s_NM[0], (gaps.T - gaps)[0]
        c, y = c - c.mean(), y - y.mean()
        return 1 - (c * y).sum() / (c.square().sum() * y.square().sum()).sqrt()
