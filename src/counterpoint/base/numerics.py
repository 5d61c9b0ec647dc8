"""Numerics that several rooms need."""

import torch
from torch import Tensor


def unit_rows(x_ND: Tensor) -> Tensor:
    """Rows scaled to unit Euclidean length, `[N, D]` to `[N, D]`, with no epsilon that would bend a short row.

    A row without an entry above the square root of the dtype's smallest normal number (1e-19 in float32) counts as
    zero, as its gradient could overflow: it stays as it is, and gradients pass through it unchanged.
    """
    # Squares of entries above 1e19 overflow in float32, so rows are first divided by their largest entry. The unit row
    # does not depend on that factor, hence autograd need not see it.
    largest = x_ND.detach().abs().amax(-1, keepdim=True)
    has_direction = largest > torch.finfo(x_ND.dtype).tiny ** 0.5
    scaled = x_ND / torch.where(has_direction, largest, 1.0)
    norms = torch.linalg.vector_norm(scaled, dim=-1, keepdim=True)
    return scaled / torch.where(has_direction, norms, 1.0)
