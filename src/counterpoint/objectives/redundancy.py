"""Redundancy between features: the correlation of features, `[D, D]`, is compared with the identity."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.objectives._settings import check_positive
from counterpoint.pairwise import Correlation, Needs, Objective, Similarity, Terms, Tile, WholeBatch, rows


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


@dataclass(frozen=True, kw_only=True)
class Decorrelation(WholeBatch):
    """Features of a view uncorrelated with each other, by themselves: the covariance term of VICReg without the others.

    Formula: ``1/D sum_{d != e} C_de^2``, C the covariance of the features of a view (N - 1 in the denominator), or with
    ``standardised`` their correlation; of several views, the mean. D times it is the covariance variant of the
    dispersive loss (Wang and He 2025, arXiv:2506.09027).

    Shapes: `[N, D]`, two views `[N, D]`, or `[N, V, D]`; two rows or more.

    Attributes:
        standardised: Correlations instead of covariances; a constant feature has correlation 0 with all.

    Example:
        >>> import torch
        >>> z = torch.tensor([[1.0, 1.0], [-1.0, -1.0]])
        >>> round(Decorrelation(standardised=True)(z).item(), 6)
        1.0
    """

    cites: ClassVar[Citation] = Citation(
        "Bardes, Ponce and LeCun",
        "VICReg: Variance-Invariance-Covariance Regularization for Self-Supervised Learning",
        2022,
        "arXiv:2105.04906",
        "Eq. 4",
    )
    needs: ClassVar[Needs] = Needs.NOTHING
    standardised: bool = False

    def of(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """The mean over views.

        Raises:
            InputError: One row, which has no covariance.
        """
        n, _, d = z_NVD.shape
        if n < 2:
            raise InputError("Decorrelation needs two or more rows: one has no covariance")
        centred_VDN = (z_NVD - z_NVD.mean(0)).permute(1, 2, 0)
        scaled_VDN = unit_rows(centred_VDN) if self.standardised else centred_VDN / (n - 1) ** 0.5
        matrix_VDD = scaled_VDN @ scaled_VDN.mT
        off_V = matrix_VDD.square().sum((1, 2)) - matrix_VDD.diagonal(dim1=1, dim2=2).square().sum(1)
        return off_V.mean() / d

    def reference(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """The definition, pair by pair of features."""
        found: list[Tensor] = []
        for view in z_NVD.unbind(1):
            matrix = (torch.corrcoef if self.standardised else torch.cov)(view.T)
            found += [matrix[d, e] ** 2 for d in range(len(matrix)) for e in range(len(matrix)) if d != e]
        return torch.stack(found).sum() / z_NVD.shape[1] / z_NVD.shape[2]
