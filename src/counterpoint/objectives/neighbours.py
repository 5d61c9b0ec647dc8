"""Neighbour distributions: what supervision says about neighbours, against what the embeddings say."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_fraction, check_positive
from counterpoint.objectives._softmax import positive_terms
from counterpoint.pairwise import STAGE, Needs, Objective, Staged, Tile, rows


@dataclass(frozen=True, kw_only=True)
class ICon(Objective):
    """Information contrast: KL divergence from a given distribution over neighbours to the learned one.

    Formula, for anchor i with candidates C(i): ``loss_i = sum_j p_j log(p_j / q_j)``, ``q = softmax over C(i) of
    s_ij / t``, and ``p_j = (1 - alpha) w_j / sum_{k in P(i)} w_k + alpha / |C(i)|``, the first part for positives;
    mean over the anchors that have a positive. The weights w are 1, or those of a ``Weighted`` relation; here they are
    the supervision, and leave q alone (a pair of weight 0 takes no part at all). ``alpha`` mixes p with the uniform
    distribution, against positives that are wrong and negatives that are not.

    Up to the entropy of p, which has no gradient, it is with alpha = 0 InfoNCE (one positive or uniform ones), SNE
    (distances for similarities and Gaussian weights), and cross-entropy (prototypes for candidates), whose label
    smoothing is alpha.

    Shapes: anchors `[N, D]`, candidates `[M, D]`; pair weights `[N, M]`.

    Attributes:
        temperature: ``t``, positive; 0.1.
        alpha: Share of the uniform distribution, from 0 to 1; positive where it is learnt.

    Example:
        >>> import torch
        >>> z = torch.eye(4)
        >>> same = ICon(alpha=0.0)(z, z)
        >>> bool(0 <= same < ICon(alpha=0.0)(z, z.flip(0)))
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Alshammari, Hershey, Feldmann, Freeman and Hamilton",
        "I-Con: A Unifying Framework for Representation Learning",
        2025,
        "arXiv:2504.16929",
        "Eq. 1, with the uniform mixture of its debiasing",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    temperature: float = 0.1
    alpha: float = 0.2

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)
        check_fraction("alpha", self.alpha)

    def terms(self, s_NM: Tensor, rel: Tile) -> Staged:
        """Per row: log-sum-exp; weighted sum and weight of positives; sum and number of all; p log p if uneven."""
        logits = s_NM / self.temperature
        yield rows.lse(logits, where=rel.compared)
        yield from positive_terms(rows, logits, rel)
        yield rows.sum(logits, where=rel.compared)
        yield rows.count(rel.compared, like=s_NM)
        if rel.weight is not None:
            _, _, total_N1, _, count_N1 = yield STAGE
            given = torch.where(rel.positive, rel.weight, 0.0) / _divisor(total_N1)
            p = torch.where(rel.positive, (1 - self.alpha) * given + self.alpha / count_N1, 1.0)
            yield rows.sum(torch.xlogy(p, p), where=rel.positive)
            yield rows.count(rel.positive, like=s_NM)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over anchors of cross-entropy less entropy."""
        lse_N, positive_N, total_N, all_N, count_N, *uneven = statistics
        divisor_N = _divisor(total_N)
        uniform_N = self.alpha / count_N
        if uneven:
            information_N, number_N = uneven
        else:
            p_N, number_N = (1 - self.alpha) / divisor_N + uniform_N, total_N
            information_N = number_N * torch.xlogy(p_N, p_N)
        information_N = information_N + (count_N - number_N) * torch.xlogy(uniform_N, uniform_N)
        expected_N = (1 - self.alpha) * positive_N / divisor_N + uniform_N * all_N
        return self.mean(lse_N - expected_N + information_N, total_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Both distributions written out, anchor by anchor."""
        losses: list[Tensor] = []
        for i, (s, positive, compared) in enumerate(zip(s_NM, rel.positive, rel.compared, strict=True)):
            if positive.any():
                weight = positive.to(s.dtype) if rel.weight is None else positive * rel.weight[i]
                p = ((1 - self.alpha) * weight / weight.sum() + self.alpha / compared.sum())[compared]
                q = torch.softmax(s[compared] / self.temperature, 0)
                losses.append((torch.xlogy(p, p) - p * torch.log(q)).sum())
        return torch.stack(losses).mean()


def _divisor(total: Tensor) -> Tensor:
    """Of what is 0 where it is 0."""
    return torch.where(total > 0, total, 1.0)
