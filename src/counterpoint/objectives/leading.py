"""Modalities of an example share one direction: the leading singular value of its vectors."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import normalize

from counterpoint.base.citation import Citation
from counterpoint.base.numerics import unit_rows
from counterpoint.objectives._settings import check_positive
from counterpoint.pairwise import Needs, WholeBatch


@dataclass(frozen=True, kw_only=True)
class PMRLAlignment(WholeBatch):
    """Principled multimodal alignment: a softmax over the singular values of an example's modalities picks the first.

    Formula, with singular values ``sigma_1 >= .. >= sigma_G`` of the G unit vectors of example n:
    ``loss_n = -log [exp(sigma_1 / t) / sum_g exp(sigma_g / t)]``; mean over examples. The vectors all agree when
    sigma_1 is the root of G and the others are 0. The paper adds contrast of the leading directions of different
    examples, which is InfoNCE on what :meth:`directions` gives.

    Shapes: `[N, G, D]`, or two modalities `[N, D]`.

    Attributes:
        temperature: ``t``, positive; 0.1.

    Example:
        >>> import torch
        >>> orthogonal = torch.eye(3).expand(2, 3, 3)
        >>> round(PMRLAlignment()(orthogonal).item(), 4)  # log(3): all singular values are 1
        1.0986
    """

    cites: ClassVar[Citation] = Citation(
        "Liu, Xia, Ng and Chua", "Principled Multimodal Representation Learning", 2025, "arXiv:2507.17343", "section 4"
    )
    needs: ClassVar[Needs] = Needs.VIEWS
    temperature: float = 0.1

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def of(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """From eigenvalues of the Gram matrices, whose derivatives need no gap between singular values."""
        unit = unit_rows(z_NVD)
        # eigvalsh has a derivative at equal eigenvalues; a root has none at zero, where this one counts as flat.
        squares = torch.linalg.eigvalsh(unit @ unit.mT)
        above = squares > _SPANS_NOTHING
        sigma = torch.where(above, torch.where(above, squares, 1.0).sqrt(), 0.0)
        return -torch.log_softmax(sigma / self.temperature, 1)[:, -1].mean()

    @staticmethod
    def directions(z_NVD: Tensor) -> Tensor:
        """`[N, D]`: the unit vector nearest to all of an example's, for the contrast between examples."""
        unit = unit_rows(z_NVD)
        leading = torch.linalg.eigh(unit @ unit.mT).eigenvectors[..., -1]
        joint = (leading[..., None] * unit).sum(1)
        sign = torch.where((joint * unit.sum(1)).sum(1, keepdim=True) < 0, -1.0, 1.0)
        return normalize(sign * joint, dim=1)

    def reference(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """By singular values, example by example."""
        losses = [-torch.log_softmax(torch.linalg.svdvals(normalize(z, dim=1)) / self.temperature, 0)[0] for z in z_NVD]
        return torch.stack(losses).mean()


_SPANS_NOTHING = 1e-10
