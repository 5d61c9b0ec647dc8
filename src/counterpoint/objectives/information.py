"""Information that two views share entry by entry, as if each pair of entries were Gaussian."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.numerics import unit_rows
from counterpoint.pairwise import Needs, WholeBatch

_MOST = 1 - 1e-4


@dataclass(frozen=True, kw_only=True)
class GaussianInformation(WholeBatch):
    """Negative mutual information of the two views of every row, whose D entries are D draws of a pair of Gaussians.

    Formula: ``mean_n 1/2 log(1 - (1 - 1e-4) rho_n^2)``, with ``rho_n`` the correlation over entries of row n of the
    first view and row n of the second. Of more than two views, the mean over pairs. Rows are slices of something
    that has entries to compare, such as one head's attention in two passes over a sentence. The 1e-4 is ours: without
    it equal views would be infinitely informative.

    Shapes: two views `[N, D]`, or `[N, V, D]`; D of 3 or more. A row that is constant in one view counts 0.

    Example:
        >>> import torch
        >>> first, second = torch.tensor([[1.0, -1.0, 1.0, -1.0]]), torch.tensor([[1.0, 1.0, -1.0, -1.0]])
        >>> GaussianInformation()(first, second).item()  # uncorrelated
        0.0
    """

    cites: ClassVar[Citation] = Citation(
        "Klein and Nabi",
        "miCSE: Mutual Information Contrastive Learning for Low-shot Sentence Embeddings",
        2023,
        "arXiv:2211.04928",
        "Eq. 4",
    )
    needs: ClassVar[Needs] = Needs.VIEWS

    def of(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """The mean over rows and pairs of views."""
        views = z_NVD.shape[1]
        unit_NVD = unit_rows(z_NVD - z_NVD.mean(2, keepdim=True))
        rho_NVV = unit_NVD @ unit_NVD.mT
        first, second = torch.triu_indices(views, views, 1, device=z_NVD.device)
        return torch.log1p(-_MOST * rho_NVV[:, first, second].square()).mean() / 2

    def reference(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """Row by row and pair by pair."""
        found: list[Tensor] = []
        for row in z_NVD:
            for i in range(len(row)):
                for j in range(i):
                    rho = torch.corrcoef(row[[i, j]])[0, 1]
                    found.append(torch.log(1 - _MOST * rho**2) / 2)
        return torch.stack(found).mean()
