"""Heads over prototypes: every anchor against one learnt row per class."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_positive
from counterpoint.objectives._softmax import positive_terms, softmax_losses
from counterpoint.pairwise import Needs, Objective, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class ProxyNCA(Objective):
    """Neighbourhood component analysis with a proxy for every class.

    Formula, for anchor i of class y: ``loss_i = -s(z_i, p_y) / t + log sum_{c != y} exp(s(z_i, p_c) / t)``; mean over
    anchors. The paper takes the negative squared Euclidean distance of unit vectors, which is ``2 s - 2``: its loss at
    temperature 1 is this one at 0.5.

    Shapes: anchors `[N, D]`, proxies as candidates `[K, D]`, labels `[N]` from 0 to K - 1 (-1: no class). The proxies
    are the same on every rank.

    Attributes:
        temperature: ``t``, positive; 0.5 as in the paper.

    Example:
        >>> import torch
        >>> round(ProxyNCA(temperature=1.0)(torch.eye(3), torch.eye(3), labels=torch.arange(3)).item(), 4)  # log(2) - 1
        -0.3069
    """

    cites: ClassVar[Citation] = Citation(
        "Movshovitz-Attias, Toshev, Leung, Ioffe and Singh",
        "No Fuss Distance Metric Learning using Proxies",
        2017,
        "arXiv:1703.07464",
        "Eq. 7",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES | Needs.NEGATIVES
    prototypes: ClassVar[bool] = True
    temperature: float = 0.5

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: log-sum-exp of the other classes' proxies; the own one and whether there is one."""
        logits = s_NM / self.temperature
        yield rows.lse(rel.log_weighted(logits), where=rel.negative)
        yield from positive_terms(rows, logits, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors that have a class.

        Raises:
            InputError: There is no other class.
        """
        lse_N, _, count_N = statistics
        if bool((lse_N.isneginf()).any()):
            raise InputError(
                "ProxyNCA needs at least one negative for every anchor: give proxies of two or more classes"
            )
        return self.mean(softmax_losses(*statistics), count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eq. 7, anchor by anchor."""
        losses = [
            -(s[positive] / self.temperature - (s[negative] / self.temperature).exp().sum().log()).mean()
            for s, positive, negative in zip(s_NM, rel.positive, rel.negative, strict=True)
            if positive.any()
        ]
        return sum(losses, s_NM.new_zeros(())) / len(losses)
