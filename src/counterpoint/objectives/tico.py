"""Covariance contrast: views agree, and the second moment of the embeddings is spread over directions."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.numerics import unit_rows
from counterpoint.objectives._settings import check_positive, check_share
from counterpoint.pairwise import Needs, WholeBatch


@dataclass(frozen=True, kw_only=True)
class TiCo(WholeBatch):
    """Transformation invariance and covariance contrast, for a batch by itself.

    Formula, for unit rows z of the first view and z' of another: ``1 - mean_n <z_n, z'_n> + rho mean_n z_n^T C z_n``
    with ``C = beta C_before + (1 - beta) 1/N sum_n z_n z_n^T``. This is a function of one batch, hence ``C_before`` is
    zero, as in the first step of the paper's Algorithm 1; the last term is then ``rho (1 - beta) |Z^T Z / N|_F^2``, the
    mean squared cosine of all pairs. The moment of earlier batches is state, which a loss has not. Of more than two
    views, the first is compared with the mean of the others.

    Shapes: two views `[N, D]` (the second from a momentum encoder in the paper), or `[N, V, D]`.

    Attributes:
        rho: Weight of the covariance term, positive; 8 as in the paper.
        beta: Share of the moment before that is kept, in (0, 1); 0.9 as in the paper.

    Example:
        >>> import torch
        >>> z = torch.eye(4)
        >>> round(TiCo(rho=10.0, beta=0.9)(z, z).item(), 6)  # |I / 4|_F^2 = 1 / 4
        0.25
    """

    cites: ClassVar[Citation] = Citation(
        "Zhu, Moraes, Karakulak and others",
        "TiCo: Transformation Invariance and Covariance Contrast for Self-Supervised Visual Representation Learning",
        2022,
        "arXiv:2206.10698",
        "Algorithm 1",
    )
    needs: ClassVar[Needs] = Needs.VIEWS
    rho: float = 8.0
    beta: float = 0.9

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("rho", self.rho)
        check_share("beta", self.beta)

    def of(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """Both terms, by way of the second moment."""
        unit_NVD = unit_rows(z_NVD)
        first_ND, others_ND = unit_NVD[:, 0], unit_NVD[:, 1:].mean(1)
        moment_DD = first_ND.T @ first_ND / len(first_ND)
        return 1 - (first_ND * others_ND).sum(1).mean() + self.rho * (1 - self.beta) * moment_DD.square().sum()

    def reference(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """Algorithm 1 with a moment of zero before it, row by row."""
        first, *others = torch.nn.functional.normalize(z_NVD, dim=2).unbind(1)
        moment = (1 - self.beta) * torch.stack([torch.outer(z, z) for z in first]).mean(0)
        contrast = torch.stack([z @ moment @ z for z in first]).mean()
        agreement = torch.stack([(first * other).sum(1).mean() for other in others]).mean()
        return 1 - agreement + self.rho * contrast
