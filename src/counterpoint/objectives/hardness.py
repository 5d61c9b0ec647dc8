"""Hardness: negatives that are more similar to the anchor count for more."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_finite, check_positive
from counterpoint.objectives._softmax import positive_terms
from counterpoint.pairwise import Needs, Objective, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class HCL(Objective):
    """Hard-negative contrast: NT-Xent whose negatives are reweighted by ``exp(beta s)``.

    Formula, with the H negatives of anchor i and mean positive logit ``s_ip / t``:
    ``loss_i = -s_ip / t + log(exp(s_ip / t) + H sum_j w_ij exp(s_ij / t))`` with
    ``w_ij = exp(beta s_ij) / sum_k exp(beta s_ik)``; mean over the rows that have a positive. The paper's correction
    for false negatives (tau+) is left at 0. The weights are differentiated, as in the paper's objective; its public
    code differentiates them too.

    Shapes: two views `[N, D]` each, or `[N, D]` with labels `[N]`.

    Attributes:
        temperature: ``t``, positive; 0.5 as in the paper.
        beta: Concentration on hard negatives; 1 as in the paper's smallest setting, 0 is NT-Xent for one positive.

    Example:
        >>> import torch
        >>> z = torch.eye(4)
        >>> bool(HCL(beta=0.0)(z, z) < HCL(beta=0.0)(z, z.flip(0)))
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Robinson, Chuang, Sra and Jegelka",
        "Contrastive Learning with Hard Negative Samples",
        2021,
        "arXiv:2010.04592",
        "Eq. 4",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES | Needs.NEGATIVES
    joint: ClassVar[bool] = True
    temperature: float = 0.5
    beta: float = 1.0

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)
        check_finite("beta", self.beta)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: log-sum-exps of weighted negatives and of their weights; positives; the number of negatives."""
        logits = s_NM / self.temperature
        yield rows.lse(rel.log_weighted(logits + self.beta * s_NM), where=rel.negative)
        yield rows.lse(rel.log_weighted(self.beta * s_NM), where=rel.negative)
        yield rows.count(rel.negative, like=s_NM)
        yield from positive_terms(rows, logits, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over rows with a positive.

        Raises:
            InputError: A row has no negative to weigh.
        """
        hard_N, norm_N, negatives_N, positive_N, count_N = statistics
        if bool((negatives_N == 0).any()):
            raise InputError("HCL needs at least one negative for every anchor, and some anchor has none")
        positive_N = positive_N / torch.where(count_N > 0, count_N, 1.0)
        repelled_N = hard_N - norm_N + torch.log(negatives_N)
        return self.mean(torch.logaddexp(positive_N, repelled_N) - positive_N, count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eq. 4 with the self-normalised weights written out, row by row."""
        losses: list[Tensor] = []
        for s, positive, negative in zip(s_NM, rel.positive, rel.negative, strict=True):
            if positive.any():
                attracted = torch.exp((s[positive] / self.temperature).mean())
                weights = torch.exp(self.beta * s[negative])
                weights = weights / weights.mean()
                repelled = (weights * torch.exp(s[negative] / self.temperature)).sum()
                losses.append(-torch.log(attracted / (attracted + repelled)))
        return torch.stack(losses).mean()
