"""Circle loss: pairs weigh more the further they are from where they should be."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import relu

from counterpoint.base.citation import Citation
from counterpoint.objectives._pairs import softplus
from counterpoint.objectives._settings import check_finite, check_positive
from counterpoint.pairwise import Cosine, Needs, Objective, Similarity, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class Circle(Objective):
    """Circle loss: positives and negatives of an anchor against each other, weighted by how far each has to go.

    Formula, for anchor i, with scale g and margin m: ``log(1 + sum_n exp(g a_n (s_in - m)) sum_p exp(-g a_p (s_ip - (1
    - m))))`` with weights ``a_p = max(0, 1 + m - s_ip)`` and ``a_n = max(0, s_in + m)``, which are constants to the
    gradient; mean over the anchors with a positive. With unit weights it is the unified loss of Eq. 1 with margin
    ``1 - 2 m``. Classes in the place of candidates: one row per class and ``relation=SameKey(labels, classes,
    prototypes=True)``.

    Shapes: `[N, D]` with labels `[N]`, or anchors `[N, D]` and candidates `[M, D]`.

    Attributes:
        scale: ``g``, positive; 80 as in the paper for image retrieval.
        margin: ``m``; 0.4 as there.
        weighted: False sets all weights to 1.

    Example:
        >>> import torch
        >>> z = torch.eye(4)
        >>> bool(Circle()(z, z) < Circle()(z, z.flip(0)))
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Sun, Cheng, Zhang and others",
        "Circle Loss: A Unified Perspective of Pair Similarity Optimization",
        2020,
        "arXiv:2002.10857",
        "Eq. 4 to 6 and 8; Eq. 1 with unit weights",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    detached: ClassVar[bool] = True
    similarity: Similarity = field(default=Cosine(), init=False, repr=False)
    scale: float = 80.0
    margin: float = 0.4
    weighted: bool = True

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("scale", self.scale)
        check_finite("margin", self.margin)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: log-sum-exps over positives and over negatives, and the number of positives."""
        attracted = self.scale * ((1 - self.margin) - s_NM)
        repelled = self.scale * (s_NM - self.margin)
        if self.weighted:
            attracted = attracted * relu((1 + self.margin) - s_NM).detach()
            repelled = repelled * relu(s_NM + self.margin).detach()
        yield rows.lse(rel.log_weighted(attracted), where=rel.positive)
        yield rows.lse(rel.log_weighted(repelled), where=rel.negative)
        yield rows.count(rel.positive, like=s_NM)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors with a positive."""
        attracted_N, repelled_N, count_N = statistics
        return self.mean(softplus(attracted_N + repelled_N), count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eq. 6 with the optima and margins of Eq. 8, anchor by anchor."""
        losses: list[Tensor] = []
        for s, positive, negative in zip(s_NM, rel.positive, rel.negative, strict=True):
            if positive.any():
                a_p = (1 + self.margin - s[positive]).detach().clamp_min(0) if self.weighted else 1.0
                a_n = (s[negative] + self.margin).detach().clamp_min(0) if self.weighted else 1.0
                near = torch.exp(self.scale * a_n * (s[negative] - self.margin)).sum()
                far = torch.exp(-self.scale * a_p * (s[positive] - (1 - self.margin))).sum()
                losses.append(torch.log(1 + near * far))
        return torch.stack(losses).mean()
