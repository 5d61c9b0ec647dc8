"""Influence: how strongly a node of a graph reaches another one within a few hops."""

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise.explicit import Explicit


def influence(adjacency_NN: Tensor, *, hops: int, cumulative: bool = True) -> Tensor:
    """Weights `[N, N]` of pairs of nodes from powers of an adjacency matrix.

    Formula: ``A^r``, or with ``cumulative`` ``A + A^2 + ... + A^r``. Graph-MLP and SCGC take the power, SCGC*
    (Kulatilleke et al. 2022, arXiv:2204.12656) the sum. Normalise the adjacency first, as both do, to
    ``D^-1/2 (A + I) D^-1/2``.

    Args:
        adjacency_NN: Non-negative `[N, N]`, dense or sparse; the result is dense, memory N x N.
        hops: ``r``.
        cumulative: Whether nearer hops count too.

    Raises:
        InputError: It is not square, or there are no hops.
    """
    if adjacency_NN.ndim != 2 or adjacency_NN.shape[0] != adjacency_NN.shape[1]:
        raise InputError(f"adjacency must be a square matrix, got shape {list(adjacency_NN.shape)}")
    if hops < 1:
        raise InputError(f"hops must be a whole number, at least 1, got {hops}")
    power = adjacency_NN.to_dense()
    total = power
    for _ in range(hops - 1):
        power = torch.sparse.mm(adjacency_NN, power) if adjacency_NN.is_sparse else adjacency_NN @ power
        total = total + power
    return total if cumulative else power


def influenced(weights_NN: Tensor) -> Explicit:
    """The relation for ``NContrast``: nodes of positive weight attract by it, all others repel with weight 1.

    Args:
        weights_NN: Non-negative `[N, N]`, such as :func:`influence`; what a node weighs for itself is left out.
    """
    positive = (weights_NN > 0).fill_diagonal_(False)
    own = torch.eye(len(weights_NN), dtype=torch.bool, device=weights_NN.device)
    return Explicit(positive, ~positive & ~own, torch.where(positive, weights_NN, 1.0))
