"""The orthogonal projection onto what given directions are orthogonal to."""

import torch
from torch import Tensor
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
