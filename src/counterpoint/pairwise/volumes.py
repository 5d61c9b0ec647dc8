"""How much volume the vectors of several modalities span: none when they all point one way."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.numerics import unit_rows
from counterpoint.pairwise.euclidean import root
from counterpoint.pairwise.similarity import Similarity


@dataclass(frozen=True)
class NegativeVolume(Similarity):
    """Minus the volume of the parallelotope of an anchor vector and the vectors of a candidate tuple.

    Formula, with unit vectors a, b_1 .. b_G: ``s = -sqrt(det Gram(a, b_1, .., b_G))``. With the Cholesky factor L of
    the tuple's own Gram matrix and ``q = L^-1 b``, the determinant is ``det(L)^2 (1 - sum_g <a, q_g>^2)``: a tuple is
    prepared once, and a pair costs G inner products. Cicchetti, Grassucci, Sigillo and Comminiello, "Gramian Multimodal
    Representation Learning and Alignment" (2025), arXiv:2412.11959, Eq. 5.

    Shapes: anchors `[N, D]`, candidates `[M, G, D]`.

    Rounding: a tuple that spans nothing has no Cholesky factor, so ``jitter`` is added to the diagonal of its Gram
    matrix; volumes are off by about its root where they are near 0. The derivative at volume 0 counts as 0.

    Attributes:
        jitter: Class-level: 1e-6.

    Example:
        >>> import torch
        >>> volume = NegativeVolume()
        >>> a = volume.prepare(torch.tensor([[1.0, 0.0, 0.0]]))
        >>> b = volume.prepare_candidates(torch.tensor([[[0.0, 1.0, 0.0], [0.0, 0.0, 2.0]]]))
        >>> round(volume.scores(a, b).item(), 4)
        -1.0
    """

    two_sided: ClassVar[bool] = True
    jitter: ClassVar[float] = 1e-6

    def prepare(self, x_ND: Tensor) -> Tensor:
        """Unit rows."""
        return unit_rows(x_ND)

    def prepare_candidates(self, x_MD: Tensor) -> Tensor:
        """`[M, G, D]` to `[M, G + 1, D]`: an orthonormal basis of each tuple, and a row that begins with its volume."""
        unit = unit_rows(x_MD)
        diagonal = self.jitter * torch.eye(unit.shape[1], dtype=unit.dtype, device=unit.device)
        factor = torch.linalg.cholesky(unit @ unit.mT + diagonal)
        basis = torch.linalg.solve_triangular(factor, unit, upper=False)
        volume = factor.diagonal(dim1=1, dim2=2).prod(1)
        last = torch.nn.functional.pad(volume[:, None, None], (0, unit.shape[2] - 1))
        return torch.cat([basis, last], dim=1)

    def scores(self, a_nD: Tensor, b_mD: Tensor) -> Tensor:
        """Minus volumes, `[n, m]`."""
        basis, volume = b_mD[:, :-1], b_mD[:, -1, 0]
        within = (a_nD @ basis.flatten(0, 1).T).unflatten(1, basis.shape[:2]).square().sum(2)
        return -root((1 - within).clamp_min(0)) * volume

    def numbers_per_pair(self, a_ND: Tensor, b_MD: Tensor) -> int:
        """One inner product for each vector of a tuple."""
        return b_MD.shape[1]
