"""Redundancy between features: the correlation of features, `[D, D]`, is compared with the identity."""

from dataclasses import dataclass, field
from typing import ClassVar

from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_positive
from counterpoint.pairwise import Correlation, Needs, Objective, Similarity, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class BarlowTwins(Objective):
    """Barlow Twins: features of two views should agree with themselves and with no other.

    Formula: ``sum_d (1 - C_dd)^2 + off_diagonal sum_{d != e} C_de^2``, C the correlation over the batch of feature d of
    the first view with feature e of the second. Over several processes the batch is that of all of them.

    Shapes: two views `[N, D]`, N at least 2; the matrix is `[D, D]`.

    Attributes:
        off_diagonal: Weight of the redundancy term, positive; 0.0051 as in the paper.

    Example:
        >>> import torch
        >>> z = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
        >>> round(BarlowTwins()(z, z).item(), 6)  # uncorrelated features that agree
        0.0
    """

    cites: ClassVar[Citation] = Citation(
        "Zbontar, Jing, Misra and others",
        "Barlow Twins: Self-Supervised Learning via Redundancy Reduction",
        2021,
        "arXiv:2103.03230",
        "Eq. 1",
    )
    needs: ClassVar[Needs] = Needs.VIEWS
    features: ClassVar[bool] = True
    similarity: Similarity = field(default=Correlation(), init=False, repr=False)
    off_diagonal: float = 0.0051

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("off_diagonal", self.off_diagonal)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per feature: distance of its own correlation from 1, and the squares of the others."""
        yield rows.sum((1 - s_NM) ** 2, where=rel.positive)
        yield rows.sum(s_NM**2, where=rel.negative)

    def head(self, *statistics: Tensor) -> Tensor:
        """Both sums."""
        own_D, others_D = statistics
        return own_D.sum() + self.off_diagonal * others_D.sum()

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eq. 1."""
        own = s_NM.diagonal()
        return ((1 - own) ** 2).sum() + self.off_diagonal * ((s_NM**2).sum() - (own**2).sum())
