"""Multi-similarity: pairs weighed by their own similarity and by those of the anchor's other pairs."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._pairs import softplus
from counterpoint.objectives._settings import check_finite, check_positive
from counterpoint.pairwise import STAGE, Needs, Objective, Staged, Tile, rows


@dataclass(frozen=True, kw_only=True)
class MultiSimilarity(Objective):
    """Multi-similarity loss, with or without its mining of informative pairs.

    Formula, for anchor i: ``1/alpha log(1 + sum_p exp(-alpha (s_ip - lambda))) + 1/beta log(1 + sum_n exp(beta (s_in -
    lambda)))``; mean over anchors. Mining keeps the positives with ``s_ip < max_n s_in + epsilon`` and the negatives
    with ``s_in > min_p s_ip - epsilon``, all extremes of the same anchor; it is no part of the gradient.

    Shapes: `[N, D]` with labels `[N]`, or anchors `[N, D]` and candidates `[M, D]`.

    Attributes:
        alpha: Sharpness on positives, positive; 2 as in the paper.
        beta: Sharpness on negatives, positive; 50 as in the paper.
        base: ``lambda``, the similarity that pairs are measured from; 0.5, where the paper has 1 in its text.
        mining: Keep informative pairs only.
        epsilon: Slack of the mining; 0.1 as in the paper.

    Example:
        >>> import torch
        >>> z, y = torch.eye(2).repeat(2, 1), torch.tensor([0, 1, 0, 1])
        >>> bool(MultiSimilarity()(z, labels=y) < MultiSimilarity()(z, labels=torch.tensor([0, 0, 1, 1])))
        True
        >>> MultiSimilarity(mining=True)(z, labels=y).item()  # nothing is left to do
        0.0
    """

    cites: ClassVar[Citation] = Citation(
        "Wang, Han, Huang, Dong and Scott",
        "Multi-Similarity Loss with General Pair Weighting for Deep Metric Learning",
        2019,
        "arXiv:1904.06627",
        "Eq. 15; mining by Eq. 11 and 12",
    )
    needs: ClassVar[Needs] = Needs.NOTHING
    alpha: float = 2.0
    beta: float = 50.0
    base: float = 0.5
    mining: bool = False
    epsilon: float = field(default=0.1, metadata={"learnable": False})

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("alpha", self.alpha)
        check_positive("beta", self.beta)
        check_finite("base", self.base)
        check_finite("epsilon", self.epsilon)

    def terms(self, s_NM: Tensor, rel: Tile) -> Staged:
        """Where pairs are mined, first the extremes of every row; then log-sum-exps over positives and negatives."""
        positive, negative = rel.positive, rel.negative
        if self.mining:
            yield rows.max(-s_NM, where=rel.positive)
            yield rows.max(s_NM, where=rel.negative)
            far_N1, near_N1 = yield STAGE
            positive = positive & (s_NM < near_N1 + self.epsilon)
            negative = negative & (s_NM > -far_N1 - self.epsilon)
        yield rows.lse(rel.log_weighted(-self.alpha * (s_NM - self.base)), where=positive)
        yield rows.lse(rel.log_weighted(self.beta * (s_NM - self.base)), where=negative)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over anchors."""
        attracted_N, repelled_N = statistics[-2:]
        return self.mean(softplus(attracted_N) / self.alpha + softplus(repelled_N) / self.beta)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eq. 15, anchor by anchor, on the pairs that Eq. 11 and 12 keep."""
        losses: list[Tensor] = []
        for s, positive, negative in zip(s_NM, rel.positive, rel.negative, strict=True):
            p, n = s[positive], s[negative]
            if self.mining and len(p) and len(n):
                p, n = p[p < n.max() + self.epsilon], n[n > p.min() - self.epsilon]
            elif self.mining:
                p, n = p[:0], n[:0]
            attracted = torch.log(1 + torch.exp(-self.alpha * (p - self.base)).sum()) / self.alpha
            repelled = torch.log(1 + torch.exp(self.beta * (n - self.base)).sum()) / self.beta
            losses.append(attracted + repelled)
        return torch.stack(losses).mean()
