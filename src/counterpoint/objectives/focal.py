"""Focal contrast: positives that are already well told apart count for less."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_finite, check_positive
from counterpoint.objectives._softmax import nonzero, positive_terms
from counterpoint.pairwise import STAGE, Needs, Objective, Staged, Tile, rows


@dataclass(frozen=True, kw_only=True)
class FocalContrastive(Objective):
    """Focal supervised contrast: every positive's log-probability weighted by a power of what it lacks of 1.

    Formula, for anchor i with positives P(i), compared with C(i):
    ``loss_i = -1/|P(i)| sum_{p in P(i)} (1 - q_ip)^gamma log q_ip``, ``q_ip = exp(s_ip / t) / sum_{j in C(i)}
    exp(s_ij / t)``; mean over the anchors that have a positive. Weights are differentiated, as in the public code; that
    code divides by the batch instead of by ``|P(i)|``, and the paper does not.

    Shapes: `[N, D]` with labels `[N]`, or anchors `[N, D]` and candidates `[M, D]`. Two passes over the matrix.

    Attributes:
        temperature: ``t``, positive; 0.07 as in the public code.
        gamma: ``gamma``; 1 as in the paper, 0 is InfoNCE, and SupCon among labelled rows.

    Example:
        >>> import torch
        >>> z = torch.eye(4)
        >>> bool(FocalContrastive()(z, z) < FocalContrastive(gamma=0.0)(z, z))
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Zhang, Hooi, Hu and others",
        "Unleashing the Power of Contrastive Self-Supervised Visual Models via Contrast-Regularized Fine-Tuning",
        2021,
        "arXiv:2102.06605",
        "the focal contrastive loss, as in the public implementation",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    temperature: float = 0.07
    gamma: float = 1.0

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)
        check_finite("gamma", self.gamma)

    def terms(self, s_NM: Tensor, rel: Tile) -> Staged:
        """First the log-sum-exp of every row; then its positives' weighted losses and their number."""
        logits = s_NM / self.temperature
        weighted = rel.log_weighted(logits)
        yield rows.lse(weighted, where=rel.compared)
        (all_N1,) = yield STAGE
        # Elsewhere any number whose logarithm and power have finite derivatives.
        loss = torch.where(rel.positive, all_N1 - logits, 1.0)
        lacking = -torch.expm1(torch.where(rel.positive, weighted - all_N1, -1.0))
        # The only candidate has all of the probability: a power of 0 would have an infinite derivative.
        weight = lacking.clamp_min(torch.finfo(lacking.dtype).tiny) ** self.gamma
        yield from positive_terms(rows, weight * loss, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors that have a positive."""
        _, loss_N, count_N = statistics
        return self.mean(loss_N / nonzero(count_N), count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Positive by positive."""
        losses: list[Tensor] = []
        for e, positive, compared in zip(torch.exp(s_NM / self.temperature), rel.positive, rel.compared, strict=True):
            if positive.any():
                q = e[positive] / e[compared].sum()
                losses.append(-((1 - q) ** self.gamma * torch.log(q)).mean())
        return torch.stack(losses).mean()
