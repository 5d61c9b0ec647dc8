"""Projection of embeddings off given directions, such as those that a classifier of a protected attribute found."""

import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.base.nullspace import nullspace_projection


class NullspaceProjection(nn.Module):
    """Embeddings without their part along given directions (Ravfogel and others 2020, arXiv:2004.07667, Eq. 1).

    Directions are added round by round, as iterative nullspace projection does: each time a classifier is fitted to
    what is left. What is kept is the projection onto the intersection of all nullspaces.

    Args:
        dim: Dimensions D of the embeddings.
    """

    projection_DD: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.register_buffer("projection_DD", torch.eye(dim))

    @torch.no_grad()
    def remove(self, directions_KD: Tensor) -> None:
        """Take further directions `[K, D]` away.

        Raises:
            InputError: They do not fit.
        """
        dim = len(self.projection_DD)
        if directions_KD.ndim == 2 and directions_KD.shape[1] != dim:
            raise InputError(f"directions must have D = {dim}, got {list(directions_KD.shape)}")
        # The intersection's complement is spanned by the directions so far and the new ones, as the paper sums them.
        gone = torch.eye(dim).to(self.projection_DD) - self.projection_DD
        self.projection_DD.copy_(nullspace_projection(torch.cat([gone, directions_KD.to(gone)])))

    def forward(self, z_ND: Tensor) -> Tensor:
        """`[N, D]` to `[N, D]`."""
        return z_ND @ self.projection_DD.to(z_ND.dtype)
