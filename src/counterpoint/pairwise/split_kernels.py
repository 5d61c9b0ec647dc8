"""Kernels of parts of a row: each part has a kernel of its own, and their sum is a kernel of the whole."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise.euclidean import anchor_features, candidate_features, no_less_than_zero
from counterpoint.pairwise.kernels import Kernel, check_mixture, log_mixture
from counterpoint.pairwise.similarity import Similarity


@dataclass(frozen=True)
class SplitKernels(Similarity):
    """A weighted sum of kernels, each of its own slice of the row; or its logarithm.

    Formula, with rows cut into K slices of equal width: ``s_ij = sum_k weights_k kernels_k(a_i[k], b_j[k])``; with
    ``log`` its logarithm, with which InfoNCE at temperature 1 is the Kernel-InfoNCE of Tan, Zhang, Yang and Yuan,
    "Contrastive Learning Is Spectral Clustering On Similarity Graph" (2023), arXiv:2303.15103, with their
    concatenation-sum kernel. Where every slice has the same kernel of the whole row, see :class:`KernelMixture`.

    Shapes: anchors `[N, D]`, candidates `[M, D]`, D a multiple of K. A pair costs an inner product per slice.

    Rounding: that of each kernel on its slice.

    Attributes:
        kernels: One for each slice.
        weights: One positive number per kernel; empty means equal ones that sum to 1.
        log: Take the logarithm, by log-sum-exp: pairs that underflow every kernel keep their score and derivative.

    Raises:
        InputError: There is no kernel, the weights do not fit, or rows cannot be cut evenly.

    Example:
        >>> import torch
        >>> from counterpoint.pairwise import GaussianKernel, LaplacianKernel
        >>> halves = SplitKernels((GaussianKernel(1.0), LaplacianKernel(1.0)))
        >>> a, b = torch.tensor([[0.0, 0.0]]), torch.tensor([[0.0, 0.0], [0.0, 1.0]])
        >>> [round(s, 4) for s in halves.scores(halves.prepare(a), halves.prepare_candidates(b))[0].tolist()]
        [1.0, 0.6839]
    """

    two_sided: ClassVar[bool] = True
    kernels: tuple[Kernel, ...]
    weights: tuple[float, ...] = ()
    log: bool = False

    def __post_init__(self) -> None:
        """Check the settings."""
        check_mixture(self.kernels, self.weights)

    def prepare(self, x_ND: Tensor) -> Tensor:
        """Every slice doubled, with minus its squared length and a one: `[N, D + 2 K]`."""
        return torch.cat([anchor_features(part) for part in self._slices(x_ND)], 1)

    def prepare_candidates(self, x_MD: Tensor) -> Tensor:
        """Every slice, a one and minus its squared length: `[M, D + 2 K]`."""
        return torch.cat([candidate_features(part) for part in self._slices(x_MD)], 1)

    def scores(self, a_nD: Tensor, b_mD: Tensor) -> Tensor:
        """Log-sum-exp over the slices, or its exponential."""
        parts = zip(self.kernels, self._slices(a_nD), self._slices(b_mD), strict=True)
        total = log_mixture([kernel.log_of(no_less_than_zero(-(a @ b.T))) for kernel, a, b in parts], self.weights)
        return total if self.log else total.exp()

    def numbers_per_pair(self, a_ND: Tensor, b_MD: Tensor) -> int:
        """A distance and a logarithm for each kernel."""
        return 2 * len(self.kernels)

    def _slices(self, x: Tensor) -> tuple[Tensor, ...]:
        if x.shape[1] % len(self.kernels):
            raise InputError(f"rows of width {x.shape[1]} cannot be cut into {len(self.kernels)} slices, one a kernel")
        return x.chunk(len(self.kernels), 1)
