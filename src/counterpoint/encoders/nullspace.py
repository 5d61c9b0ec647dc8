"""Projection of embeddings off given directions, such as those that a classifier of a protected attribute found."""

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError


def nullspace_projection(directions_KD: Tensor) -> Tensor:
    """``P = I - W^+ W`` `[D, D]`: the orthogonal projection onto what all K directions are orthogonal to.

    Args:
        directions_KD: W, `[K, D]`, of any length and not necessarily independent.

    Raises:
        InputError: They are no finite, floating-point `[K, D]`.
    """
    if directions_KD.ndim != 2 or not directions_KD.is_floating_point() or 0 in directions_KD.shape:
        raise InputError(
            f"directions must be floating point [K, D], got {directions_KD.dtype} {list(directions_KD.shape)}"
        )
    if not bool(torch.isfinite(directions_KD).all()):
        raise InputError("directions hold NaN or infinity")
    wide = normalize(directions_KD.detach().double(), dim=1)
    eye = torch.eye(wide.shape[1], dtype=wide.dtype, device=wide.device)
    # What is left of a direction that others span is rounding, and no direction of its own.
    rounding = max(wide.shape) * torch.finfo(directions_KD.dtype).eps
    projection = eye - torch.linalg.pinv(wide, rtol=rounding) @ wide
    return ((projection + projection.T) / 2).to(directions_KD.dtype)


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
