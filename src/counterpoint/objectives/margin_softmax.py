"""Margins in a softmax: the positive must win by some distance."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_finite, check_positive
from counterpoint.objectives._softmax import nonzero, positive_terms
from counterpoint.pairwise import Needs, Objective, Term, Tile, rows


@dataclass(frozen=True, kw_only=True)
class AdditiveMargin(Objective):
    """Additive-margin softmax: InfoNCE whose positives are first made less similar by a margin.

    Formula, for anchor i with positives P(i) and negatives N(i): ``loss_i = log( sum_{p in P(i)} exp((s_ip - m) / t) +
    sum_{n in N(i)} exp(s_in / t) ) - mean_{p in P(i)} (s_ip - m) / t``; mean over the anchors that have a positive. A
    negative margin is less strict than none. The paper adds both directions: two calls.

    Shapes: anchors `[N, D]`, candidates `[M, D]`, extra negatives `[K, D]` or `[N, H, D]`.

    Attributes:
        temperature: ``t``, positive; 0.07 as for InfoNCE.
        margin: ``m``, in units of the similarity; 0.3 as in the paper, 0 is InfoNCE.

    Example:
        >>> import torch
        >>> z = torch.eye(4)
        >>> bool(AdditiveMargin()(z, z) > AdditiveMargin(margin=0.0)(z, z))
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Yang, Hernandez Abrego, Yuan and others",
        "Improving Multilingual Sentence Embedding using Bi-directional Dual Encoder with Additive Margin Softmax",
        2019,
        "arXiv:1902.08564",
        "the additive margin softmax",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    temperature: float = 0.07
    margin: float = 0.3

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)
        check_finite("margin", self.margin)

    def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
        """Per row: log-sum-exp of negatives and of positives; sum and number of positives."""
        logits = s_NM / self.temperature
        yield rows.lse(rel.log_weighted(logits), where=rel.negative)
        yield rows.lse(rel.log_weighted(logits), where=rel.positive)
        yield from positive_terms(rows, logits, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors that have a positive."""
        negative_N, same_N, positive_N, count_N = statistics
        margin = self.margin / self.temperature
        all_N = torch.logaddexp(negative_N, torch.where(count_N > 0, same_N, 0.0) - margin)
        return self.mean(all_N - positive_N / nonzero(count_N) + margin, count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Anchor by anchor, the margin taken from each positive."""
        losses: list[Tensor] = []
        for s, positive, negative in zip(s_NM, rel.positive, rel.negative, strict=True):
            if positive.any():
                own = (s[positive] - self.margin) / self.temperature
                total = torch.exp(own).sum() + torch.exp(s[negative] / self.temperature).sum()
                losses.append(torch.log(total) - own.mean())
        return torch.stack(losses).mean()
