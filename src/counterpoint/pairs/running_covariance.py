"""Covariance contrast with a memory: the second moment of all earlier batches is a buffer."""

import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.pairwise import Ranks, checked_embeddings
from counterpoint.pairwise.shared import every_row


class RunningTiCo(nn.Module):
    """Transformation invariance and covariance contrast, with the moment of earlier batches.

    Formula, for unit rows z of the first view and z' of another: ``C = beta C_before + (1 - beta) 1/N sum_n z_n z_n^T``
    and ``1 - mean_n <z_n, z'_n> + rho mean_n z_n^T C z_n``; ``C_before`` is a constant to the gradient. In training
    mode every call then keeps C. On the first batch it is the loss ``TiCo`` of the objectives. ``z^T C z`` is the mean
    squared cosine with all rows that were seen, those of a batch b steps ago weighing ``(1 - beta) beta^b``.

    Zhu, Moraes, Karakulak and others, "TiCo: Transformation Invariance and Covariance Contrast for Self-Supervised
    Visual Representation Learning" (2022), arXiv:2206.10698, Algorithm 1.

    State, a buffer, so that a checkpoint holds it: ``moment`` `[D, D]`, C. Every rank holds all of it and makes the
    same updates.

    Args:
        dim: D.
        rho: Weight of the covariance term, positive; 8 as in the paper.
        beta: Share of the moment before that is kept, from 0 to below 1; 0.9 as in the paper.

    Raises:
        InputError: A setting is out of its range.
    """

    moment: Tensor

    def __init__(self, dim: int, *, rho: float = 8.0, beta: float = 0.9) -> None:
        super().__init__()
        if dim < 1 or not 0 < rho < float("inf") or not 0 <= beta < 1:
            raise InputError(f"dim and rho must be positive and beta from 0 to below 1, got {dim}, {rho} and {beta}")
        self.rho, self.beta = rho, beta
        self.register_buffer("moment", torch.zeros(dim, dim))

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """The loss of two views of a batch, a scalar; in training mode the moment moves on.

        Args:
            first: `[N, D]`.
            second: `[N, D]`, the other view; from a momentum encoder in the paper.

        Raises:
            InputError: Shapes or dtypes do not fit.
        """
        first, second = self._checked(first, second)
        ranks = Ranks.current()
        z_ND, other_ND = (every_row(ranks, unit_rows(x)) for x in (first, second))
        batch_DD = z_ND.T @ z_ND / len(z_ND)
        moment_DD = self.beta * self.moment.to(batch_DD.dtype) + (1 - self.beta) * batch_DD
        if self.training:
            self.moment = moment_DD.detach().to(self.moment.dtype)
        contrast = ((z_ND @ moment_DD) * z_ND).sum(1).mean()
        return 1 - (z_ND * other_ND).sum(1).mean() + self.rho * contrast

    def _checked(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        first = checked_embeddings("first", first)
        second = checked_embeddings("second", second, like=first)
        if first.shape != second.shape or first.shape[1] != len(self.moment):
            shapes = f"{list(first.shape)} and {list(second.shape)}"
            raise InputError(f"two views [N, {len(self.moment)}] of one shape are needed, got {shapes}")
        return first, second
