"""Variance, invariance and covariance: no negatives, and no collapse."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_positive
from counterpoint.pairwise import Needs, WholeBatch


@dataclass(frozen=True, kw_only=True)
class VICReg(WholeBatch):
    """Variance-invariance-covariance regularisation of two or more views.

    Formula, for views Z, Z' `[N, D]`: ``lambda s(Z, Z') + mu [v(Z) + v(Z')] + nu [c(Z) + c(Z')]`` with
    ``s = 1/(N D) sum_n |z_n - z'_n|^2``, ``v = 1/D sum_d max(0, gamma - sqrt(var(z_d) + 1e-4))`` and ``c = 1/D sum of
    the squared off-diagonal entries of cov(Z)``, with N - 1 in both. The paper's text has the mean over N alone in s;
    its public code divides by D too and halves v, which is what is here: ``mu`` stands before the mean of v over views.
    Of more than two views, s is the mean over pairs and v and c are means (c: sums, as with two) over views.

    Shapes: two views `[N, D]`, or `[N, V, D]`; two rows or more. Rows are not normalised.

    Attributes:
        invariance: ``lambda``, positive; 25.
        variance: ``mu``, positive; 25.
        covariance: ``nu``, positive; 1.
        gamma: Standard deviation that is asked for, positive; 1.

    Example:
        >>> import torch
        >>> z = torch.tensor([[2.0, 0.0], [-2.0, 0.0], [0.0, 2.0], [0.0, -2.0]])
        >>> VICReg()(z, z).item()  # equal views, spread and uncorrelated
        0.0
    """

    cites: ClassVar[Citation] = Citation(
        "Bardes, Ponce and LeCun",
        "VICReg: Variance-Invariance-Covariance Regularization for Self-Supervised Learning",
        2022,
        "arXiv:2105.04906",
        "Eq. 6",
    )
    needs: ClassVar[Needs] = Needs.VIEWS
    invariance: float = 25.0
    variance: float = 25.0
    covariance: float = 1.0
    gamma: float = 1.0

    def __post_init__(self) -> None:
        """Check the settings."""
        for name in ("invariance", "variance", "covariance", "gamma"):
            check_positive(name, getattr(self, name))

    def of(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """All three terms; pairs of views by way of their mean.

        Raises:
            InputError: One row, which has no variance.
        """
        n, views, d = z_NVD.shape
        if n < 2:
            raise InputError("VICReg needs two or more rows: one has no variance")
        centred = z_NVD - z_NVD.mean(0)
        # The mean over pairs of |z_i - z_j|^2 is 2 V / (V - 1) times the variance over views.
        spread = (z_NVD - z_NVD.mean(1, keepdim=True)).square().mean() * 2 * views / (views - 1)
        deviation_VD = (centred.square().sum(0) / (n - 1) + 1e-4).sqrt()
        cov_VDD = torch.einsum("nvd,nve->vde", centred, centred) / (n - 1)
        off = cov_VDD.square().sum((1, 2)) - cov_VDD.diagonal(dim1=1, dim2=2).square().sum(1)
        variance = (self.gamma - deviation_VD).relu().mean()
        return self.invariance * spread + self.variance * variance + self.covariance * off.sum() / d

    def reference(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """Eq. 6 with the constants of the public code, view by view."""
        views = z_NVD.unbind(1)
        pairs = [(x - y).square().mean() for i, x in enumerate(views) for y in views[:i]]
        variances = [(self.gamma - torch.sqrt(x.var(0) + 1e-4)).clamp_min(0).mean() for x in views]
        covariances = [
            sum(torch.cov(x.T)[i, j] ** 2 for i in range(x.shape[1]) for j in range(x.shape[1]) if i != j) / x.shape[1]
            for x in views
        ]
        return (
            self.invariance * torch.stack(pairs).mean()
            + self.variance * torch.stack(variances).mean()
            + self.covariance * torch.stack([torch.as_tensor(c, dtype=z_NVD.dtype) for c in covariances]).sum()
        )
