"""A map of low rank for every row, made from what is known of that row."""

import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.encoders.layers import perceptron


class MetaFilter(nn.Module):
    """Lets through what a row shares with what is told of it: a network makes the weights that the row passes.

    Formula, with ``k = W told``: ``L = softmax_D(M1(k) + mean M1(k))`` `[D, R]`, ``Q = softmax_R(M2(k) + mean M2(k))``
    `[R, D]`, and the answer is ``row L Q``; the means are over all rows, what they have in common. No gradient goes
    back to what is told. As in the public code of REARM (Ma, Zeng, Wu and Xu, 2025), which has a parametric ReLU and
    scales ``M(k)`` to unit length, so that its softmax is nearly even.

    Args:
        dim: D of the rows.
        told: Width of what is told.
        rank: R.

    Raises:
        InputError: A size below 1.
    """

    def __init__(self, dim: int, *, told: int, rank: int = 3) -> None:
        super().__init__()
        if min(dim, told, rank) < 1:
            raise InputError(f"dim, told and rank must be at least 1, got {dim}, {told} and {rank}")
        self.dim, self.rank = dim, rank
        self.compress = nn.Linear(told, dim)
        self.down, self.up = (perceptron((dim, dim * rank, dim * rank), batch_norm=False) for _ in range(2))

    def forward(self, rows_ND: Tensor, told_NC: Tensor) -> Tensor:
        """`[N, D]`, row by row, except for the mean of the weights.

        Args:
            rows_ND: What is filtered.
            told_NC: By what, `[N, told]`.
        """
        known = self.compress(told_NC.detach())
        down_NDR = self.down(known).unflatten(1, (self.dim, self.rank))
        up_NRD = self.up(known).unflatten(1, (self.rank, self.dim))
        down_NDR, up_NRD = (torch.softmax(one + one.mean(0), dim=1) for one in (down_NDR, up_NRD))
        return torch.einsum("nd,ndr,nre->ne", rows_ND, down_NDR, up_NRD)
