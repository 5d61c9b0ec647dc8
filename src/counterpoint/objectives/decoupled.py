"""Decoupled contrast: the positive is taken out of the denominator."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_positive
from counterpoint.objectives._softmax import nonzero, positive_terms, softmax_losses
from counterpoint.pairwise import Cosine, Needs, Objective, Similarity, Term, Tile, rows


@dataclass(frozen=True, kw_only=True)
class DCL(Objective):
    """Decoupled contrastive loss: NT-Xent without the positive in its denominator.

    Formula: ``loss_i = -s_ip / t + log sum_{j negative of i} exp(s_ij / t)``, one log-sum-exp over the negatives of
    both views; mean over 2N rows. With several positives, their mean similarity.

    Shapes: two views `[N, D]` each; at least two rows a view, or there is no negative.

    Attributes:
        temperature: ``t``, positive; 0.1 as the paper's small-batch setting.

    Example:
        >>> import torch
        >>> z = torch.eye(4)
        >>> round(DCL(temperature=1.0)(z, z).item(), 4)  # log of 6 orthogonal negatives, minus 1
        0.7918
    """

    cites: ClassVar[Citation] = Citation(
        "Yeh, Hong, Hsu and others", "Decoupled Contrastive Learning", 2022, "arXiv:2110.06848", "Eq. 6"
    )
    needs: ClassVar[Needs] = Needs.POSITIVES | Needs.NEGATIVES
    joint: ClassVar[bool] = True
    temperature: float = 0.1

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
        """Per row: log-sum-exp of the negatives; sum and number of positives."""
        yield from _terms(s_NM / self.temperature, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over rows with a positive.

        Raises:
            InputError: A row has no negative: the loss would be minus infinity.
        """
        lse_N, _, count_N = statistics
        _check_negatives(lse_N, "DCL")
        return self.mean(softmax_losses(*statistics), count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eq. 6, row by row."""
        losses: list[Tensor] = []
        for s, positive, negative in zip(s_NM / self.temperature, rel.positive, rel.negative, strict=True):
            if positive.any():
                losses.append(-s[positive].mean() + torch.log(torch.exp(s[negative]).sum()))
        return torch.stack(losses).mean()


@dataclass(frozen=True, kw_only=True)
class DCLW(Objective):
    """Weighted decoupled contrastive loss: positives that are still far apart pull harder.

    Formula: ``loss_i = -w_i s_ip / t + log sum_{j negative of i} exp(s_ij / t)``, with the negative von Mises-Fisher
    weight ``w_i = 2 - exp(s_ip / sigma) / mean_k exp(s_kp / sigma)``, whose mean over the rows is 1; mean over the rows
    that have a positive. Weights are differentiated, as the formula and the first public code have it; a later one
    takes them as constants. With several positives, ``s_ip`` is their mean cosine.

    Shapes: two views `[N, D]` each; at least two rows a view, or there is no negative.

    Attributes:
        temperature: ``t``, positive; 0.1 as for DCL.
        sigma: Concentration of the weights, positive; 0.5 as in the public code. A large one gives DCL.

    Example:
        >>> import torch
        >>> z = torch.eye(4)  # all positives alike: all weights are 1
        >>> round(DCLW(temperature=1.0)(z, z).item(), 4)
        0.7918
    """

    cites: ClassVar[Citation] = Citation(
        "Yeh, Hong, Hsu and others",
        "Decoupled Contrastive Learning",
        2022,
        "arXiv:2110.06848",
        "the weighted loss DCLW, as in the public implementation",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES | Needs.NEGATIVES
    joint: ClassVar[bool] = True
    similarity: Similarity = field(default=Cosine(), init=False, repr=False)
    temperature: float = 0.1
    sigma: float = 0.5

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)
        check_positive("sigma", self.sigma)

    def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
        """Per row: log-sum-exp of the negatives; sum and number of positives."""
        yield from _terms(s_NM / self.temperature, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over rows with a positive.

        Raises:
            InputError: A row has no negative: the loss would be minus infinity.
        """
        lse_N, positive_N, count_N = statistics
        _check_negatives(lse_N, "DCLW")
        positive_N = positive_N / nonzero(count_N)
        there = count_N > 0
        # exp / mean exp, over the rows that have a positive.
        exponent_N = torch.where(there, positive_N * self.temperature / self.sigma, -torch.inf)
        weight_N = 2 - there.sum() * torch.softmax(exponent_N, 0)
        return self.mean(lse_N - weight_N * positive_N, count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """The weighted loss, row by row."""
        chosen = [i for i in range(len(s_NM)) if rel.positive[i].any()]
        similarity = torch.stack([s_NM[i][rel.positive[i]].mean() for i in chosen])
        weight = 2 - torch.exp(similarity / self.sigma) / torch.exp(similarity / self.sigma).mean()
        repelled = torch.stack([torch.exp(s_NM[i][rel.negative[i]] / self.temperature).sum().log() for i in chosen])
        return (-weight * similarity / self.temperature + repelled).mean()


def _terms(logits_NM: Tensor, rel: Tile) -> Iterator[Term]:
    yield rows.lse(rel.log_weighted(logits_NM), where=rel.negative)
    yield from positive_terms(rows, logits_NM, rel)


def _check_negatives(lse_N: Tensor, kind: str) -> None:
    if bool((lse_N == -torch.inf).any()):
        raise InputError(f"{kind} needs at least one negative for every anchor, and some anchor has none")
