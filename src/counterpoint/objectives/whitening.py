"""Whitening: embeddings of a batch are given the identity as covariance, then views are pulled together."""

# torch.linalg is untyped.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import normalize

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.objectives._settings import check_count, check_share
from counterpoint.pairwise import Needs, WholeBatch


@dataclass(frozen=True, kw_only=True)
class WMSE(WholeBatch):
    """Whitening mean squared error: views agree after each has been whitened.

    Formula, for d views: ``2 / (N d (d - 1)) sum_n sum_{v < w} |u_nv - u_nw|^2``, u the rows ``W (z - mean z)`` scaled
    to unit length, ``W^T W = cov(z)^-1`` with ``W = L^-1`` of the Cholesky factor ``L L^T``. Mean and covariance (N - 1
    in the denominator) are those of one view in one sub-batch. The covariance is first drawn a little towards the
    identity, ``(1 - shrinkage) cov + shrinkage I``, as in the public code, where it can be zero.

    Sub-batches are consecutive rows, hence random ones where batches are shuffled; the paper draws them anew several
    times a step and takes the mean. Whitening needs more rows in a sub-batch than dimensions, twice as many in the
    paper: with fewer, every batch looks white.

    Shapes: two views `[N, D]`, or `[N, V, D]`; two rows or more.

    Attributes:
        size: Rows of a sub-batch, which must divide N; 0 for the whole batch.
        shrinkage: In (0, 1); small.

    Example:
        >>> import torch
        >>> z = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
        >>> round(WMSE()(z, z * torch.tensor([3.0, 0.1])).item(), 2)  # scales are whitened away
        0.0
    """

    cites: ClassVar[Citation] = Citation(
        "Ermolov, Siarohin, Sangineto and others",
        "Whitening for Self-Supervised Representation Learning",
        2021,
        "arXiv:2007.06346",
        "the W-MSE loss",
    )
    needs: ClassVar[Needs] = Needs.VIEWS
    size: int = 0
    shrinkage: float = 1e-4

    def __post_init__(self) -> None:
        """Check the settings."""
        check_count("size", self.size, least=0)
        check_share("shrinkage", self.shrinkage)

    def of(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """All pairs of views by way of their mean.

        Raises:
            InputError: The sub-batches do not fit the batch, or cannot be whitened.
        """
        views = z_NVD.shape[1]
        unit_BnVD = unit_rows(self._whitened(z_NVD.unflatten(0, (-1, self._rows(len(z_NVD))))))
        # The mean over pairs of |u_v - u_w|^2 is 2 V / (V - 1) times the variance over views.
        spread = (unit_BnVD - unit_BnVD.mean(2, keepdim=True)).square().sum(3).mean()
        return spread * 2 * views / (views - 1)

    def _rows(self, n: int) -> int:
        size = self.size or n
        if size < 2 or n % size:
            raise InputError(f"WMSE needs sub-batches of two or more rows that fill the batch, and {n} rows are given")
        return size

    def _whitened(self, z_BnVD: Tensor) -> Tensor:
        centred_BVnD = (z_BnVD - z_BnVD.mean(1, keepdim=True)).transpose(1, 2)
        cov = centred_BVnD.mT @ centred_BVnD / (z_BnVD.shape[1] - 1)
        eye = torch.eye(cov.shape[-1], dtype=cov.dtype, device=cov.device)
        factor, failed = torch.linalg.cholesky_ex((1 - self.shrinkage) * cov + self.shrinkage * eye)
        if bool(failed.any()):
            raise InputError("WMSE cannot whiten: a covariance is singular; give more rows than dimensions")
        return torch.linalg.solve_triangular(factor, centred_BVnD.mT, upper=False).mT.transpose(1, 2)

    def reference(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """The formula, pair by pair of views."""
        eye = torch.eye(z_NVD.shape[2], dtype=z_NVD.dtype)
        white: list[Tensor] = []
        for view in z_NVD.unbind(1):
            blocks: list[Tensor] = []
            for z in view.split(self.size or len(view)):
                factor = torch.linalg.cholesky((1 - self.shrinkage) * torch.cov(z.T) + self.shrinkage * eye)
                blocks.append((z - z.mean(0)) @ torch.linalg.inv(factor).T)
            white.append(normalize(torch.cat(blocks)))
        pairs = [(u - w).square().sum(1).mean() for i, u in enumerate(white) for w in white[:i]]
        return torch.stack(pairs).mean()
