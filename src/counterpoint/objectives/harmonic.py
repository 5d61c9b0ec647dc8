"""Harmonic loss: probabilities that fall as a power of the distance to each class."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_positive
from counterpoint.objectives._softmax import softmax_losses, softmax_terms
from counterpoint.pairwise import Needs, NegativeSquaredDifference, Objective, Similarity, Terms, Tile, rows

_NEAREST = 1e-12
"""Added to squared distances: nearer than a millionth is as near, and the derivative of the logarithm stays finite."""


@dataclass(frozen=True, kw_only=True)
class Harmonic(Objective):
    """Cross-entropy of probabilities in proportion to an inverse power of the Euclidean distance.

    Formula, for anchor i of class y: ``loss_i = -log(d_iy^-n / sum_c d_ic^-n)`` with ``d_ic = |z_i - p_c|``; mean over
    anchors. The loss does not change when anchors and classes are scaled alike, and its minimum is at a finite place:
    the class centre.

    Shapes: anchors `[N, D]`, one centre per class as candidates `[K, D]`, labels `[N]` from 0 to K - 1 (-1: no class).
    Rows are not normalised.

    Attributes:
        exponent: ``n``, positive; 8. The paper takes about the root of D.

    Example:
        >>> import torch
        >>> z, p = torch.tensor([[0.0, 0.0]]), torch.tensor([[1.0, 0.0], [0.0, 2.0]])
        >>> round(Harmonic(exponent=2.0)(z, p, labels=torch.tensor([0])).item(), 4)  # 1 : 1/4, hence -log(4/5)
        0.2231
    """

    cites: ClassVar[Citation] = Citation(
        "Baek, Liu, Tyagi and Tegmark",
        "Harmonic Loss Trains Interpretable AI Models",
        2025,
        "arXiv:2502.01628",
        "the definition of HarMax and of the loss",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    prototypes: ClassVar[bool] = True
    similarity: Similarity = field(default=NegativeSquaredDifference(), init=False, repr=False)
    exponent: float = 8.0

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("exponent", self.exponent)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Those of a softmax, of logits ``-n log d``."""
        return softmax_terms(rows, -self.exponent / 2 * torch.log(_NEAREST - s_NM), rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors that have a class."""
        return self.mean(softmax_losses(*statistics), statistics[2])

    def reference(self, s_NM: Tensor, rel: Tile, /) -> Tensor:
        """The definition, anchor by anchor."""
        losses: list[Tensor] = []
        for s, positive, compared in zip(s_NM, rel.positive, rel.compared, strict=True):
            if positive.any():
                inverse = torch.sqrt(-s) ** -self.exponent
                losses.append(-torch.log(inverse[positive] / inverse[compared].sum()).mean())
        return torch.stack(losses).mean()
