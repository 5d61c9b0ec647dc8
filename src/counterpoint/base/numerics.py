"""Numerics that several rooms need."""

import torch
from torch import Tensor


def unit_rows(x_ND: Tensor) -> Tensor:
    """Rows scaled to unit Euclidean length, `[N, D]` to `[N, D]`.

    A row is divided by max(|x|, smallest normal number of its dtype): a zero row stays zero and its gradient is finite, and no
    row long enough to have a direction is bent by an epsilon.
    """
    norms = torch.linalg.vector_norm(x_ND, dim=-1, keepdim=True)
    return x_ND / norms.clamp_min(torch.finfo(x_ND.dtype).tiny)
