"""Several classes for one example: those that apply and those that do not are judged apart."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_positive
from counterpoint.pairwise import Needs, Objective, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class MLCD(Objective):
    """Multi-label cluster discrimination: one log-sum-exp of the clusters an example is in, one of all others.

    Formula, for anchor i with positive classes P and negative ones Q: ``loss_i = log(1 + sum_{j in Q} e^{s_ij / t}) +
    log(1 + sum_{j in P} e^{-s_ij / t})``; mean over anchors. A class's gradient depends on its own kind alone.

    Shapes: anchors `[N, D]`, one centre per cluster as candidates `[K, D]`, labels `[N]`, or a relation for several
    clusters each: ``counterpoint.pairs.Members``.

    Attributes:
        temperature: ``t``, positive; 1/64, as in the margin heads.

    Example:
        >>> import torch
        >>> z, y = torch.eye(3), torch.arange(3)
        >>> round(MLCD(temperature=1.0)(z, z, labels=y).item(), 4)  # log 3 + log(1 + 1/e)
        1.4119
    """

    cites: ClassVar[Citation] = Citation(
        "An, Yang, Dai, Feng and Deng",
        "Multi-label Cluster Discrimination for Visual Representation Learning",
        2024,
        "arXiv:2407.17331",
        "the loss that separates positive from negative classes",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    prototypes: ClassVar[bool] = True
    temperature: float = 1 / 64

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: log-sum-exps of the negatives and of the positives, and the number of positives."""
        logits = s_NM / self.temperature
        yield rows.lse(rel.log_weighted(logits), where=rel.negative)
        yield rows.lse(rel.log_weighted(-logits), where=rel.positive)
        yield rows.count(rel.positive, like=s_NM)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors that have a class."""
        pushed_N, pulled_N, count_N = statistics
        nothing = torch.zeros_like(pushed_N)
        return self.mean(torch.logaddexp(pushed_N, nothing) + torch.logaddexp(pulled_N, nothing), count_N)

    def reference(self, s_NM: Tensor, rel: Tile, /) -> Tensor:
        """The definition, anchor by anchor."""
        losses: list[Tensor] = []
        for s, positive, negative in zip(s_NM / self.temperature, rel.positive, rel.negative, strict=True):
            if positive.any():
                losses.append(torch.log(1 + s[negative].exp().sum()) + torch.log(1 + (-s[positive]).exp().sum()))
        return torch.stack(losses).mean()
