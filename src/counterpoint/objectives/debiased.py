"""Debiased contrast: negatives drawn blindly hold false ones, whose expected share is taken out again."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_positive, check_prior
from counterpoint.objectives._softmax import debiased, nonzero, positive_terms, softplus, total
from counterpoint.pairwise import Cosine, Needs, Objective, Similarity, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class DebiasedContrastive(Objective):
    """Debiased contrastive loss: NT-Xent whose negatives are corrected for those that share the anchor's class.

    Formula, with the H negatives of anchor i, its mean positive logit ``s_ip / t`` and its positives P(i):
    ``loss_i = -log( exp(s_ip / t) / (exp(s_ip / t) + H g_i) )``,
    ``g_i = max( (mean_{j negative} exp(s_ij / t) - tau_plus mean_{p in P(i)} exp(s_ip / t)) / (1 - tau_plus),
    exp(-1 / t) )``; mean over the rows that have a positive. The floor is the least that exp of a cosine can be:
    similarities are cosines.

    Shapes: two views `[N, D]` each, or `[N, D]` with labels `[N]`.

    Attributes:
        temperature: ``t``, positive; 0.5 as in the paper.
        tau_plus: How likely a negative is of the anchor's class, from 0 to below 1; 0.1 as in the public code. 0 is
            NT-Xent for one positive.

    Example:
        >>> import torch
        >>> z = torch.eye(4)
        >>> bool(DebiasedContrastive()(z, z) < DebiasedContrastive(tau_plus=0.0)(z, z))
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Chuang, Robinson, Lin and others", "Debiased Contrastive Learning", 2020, "arXiv:2007.00224", "Eqs. 7 and 8"
    )
    needs: ClassVar[Needs] = Needs.POSITIVES | Needs.NEGATIVES
    joint: ClassVar[bool] = True
    similarity: Similarity = field(default=Cosine(), init=False, repr=False)
    temperature: float = 0.5
    tau_plus: float = 0.1

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)
        check_prior("tau_plus", self.tau_plus)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: log-sum-exp and number of negatives; log-sum-exp, sum and number of positives."""
        logits = s_NM / self.temperature
        yield rows.lse(rel.log_weighted(logits), where=rel.negative)
        yield total(rows, rel.negative, s_NM, rel)
        yield rows.lse(rel.log_weighted(logits), where=rel.positive)
        yield from positive_terms(rows, logits, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over rows with a positive.

        Raises:
            InputError: A row has no negative.
        """
        negative_N, negatives_N, same_N, positive_N, count_N = statistics
        if bool((negatives_N == 0).any()):
            raise InputError(
                "DebiasedContrastive needs at least one negative for every anchor, and some anchor has none"
            )
        same_N = torch.where(count_N > 0, same_N, 0.0) - torch.log(nonzero(count_N))
        repelled_N = debiased(negative_N, same_N, negatives_N, self.tau_plus, -1 / self.temperature)
        return self.mean(softplus(repelled_N - positive_N / nonzero(count_N)), count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eqs. 7 and 8, row by row."""
        losses: list[Tensor] = []
        for s, positive, negative in zip(s_NM, rel.positive, rel.negative, strict=True):
            if positive.any():
                e = torch.exp(s / self.temperature)
                g = (e[negative].mean() - self.tau_plus * e[positive].mean()) / (1 - self.tau_plus)
                floor = torch.exp(-torch.ones_like(g) / self.temperature)
                attracted = torch.exp((s[positive] / self.temperature).mean())
                repelled = negative.sum() * torch.maximum(g, floor)
                losses.append(-torch.log(attracted / (attracted + repelled)))
        return torch.stack(losses).mean()
