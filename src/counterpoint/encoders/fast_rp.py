"""Node vectors without learning: a sparse random projection, spread over the graph."""

from collections.abc import Sequence
from typing import cast

import numpy as np
from scipy import sparse

from counterpoint.base.errors import InputError


def fast_rp(
    adjacency: sparse.csr_array,
    *,
    dim: int = 128,
    weights: Sequence[float] = (0.0, 0.0, 1.0, 1.0),
    degree_power: float = 0.0,
    sparsity: float = 3.0,
    seed: int,
) -> np.ndarray:
    """FastRP: float32 `[N, D]`.

    Formula: ``sum_q w_q S^q L R`` for q = 1 .. k, ``S = D^-1 A``, ``L = diag((d_j / 2m)^beta)``, R very sparse: an
    entry is ``+sqrt(s)`` or ``-sqrt(s)`` with probability 1 / 2s each and else 0. Every power is scaled to unit rows
    before it is weighed. A node without an edge gets zeros.

    Chen, Sultan, Tian, Chen and Skiena (2019), "Fast and Accurate Network Embeddings via Very Sparse Random
    Projection", arXiv:1908.11512, Eqs. 4 to 7.

    Args:
        adjacency: Symmetric `[N, N]`, not negative.
        dim: D.
        weights: Of powers 1, 2, ...; the third and the fourth by default.
        degree_power: beta; negative values give popular nodes less say, 0 all the same.
        sparsity: s, at least 1; 3 as in Achlioptas (2003).
        seed: Of the projection.

    Raises:
        InputError: No power, a size below 1, a sparsity below 1, or a matrix that is not square.
    """
    shape = cast(tuple[int, ...], adjacency.shape)  # scipy's own annotation allows for none
    if len(shape) != 2 or shape[0] != shape[1]:
        raise InputError(f"adjacency must be square, got {list(shape)}")
    if dim < 1 or not len(weights) or sparsity < 1:
        raise InputError(
            f"dim and sparsity must be at least 1, and weights not empty, got {dim}, {sparsity} and {list(weights)}"
        )
    rng = np.random.default_rng(seed)
    degrees = np.asarray(adjacency.sum(1), dtype=np.float64).ravel()
    there = degrees > 0
    inverse = np.divide(1.0, degrees, out=np.zeros_like(degrees), where=there)
    scale = np.power(degrees / degrees.sum(), degree_power, out=np.zeros_like(degrees), where=there)
    signs = rng.choice([-1.0, 0.0, 1.0], size=(len(degrees), dim), p=[0.5 / sparsity, 1 - 1 / sparsity, 0.5 / sparsity])
    rows = scale[:, None] * np.sqrt(sparsity) * signs
    total = np.zeros_like(rows)
    for weight in weights:
        rows = inverse[:, None] * (adjacency @ rows)
        length = np.linalg.norm(rows, axis=1, keepdims=True)
        total += weight * np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)
    return total.astype(np.float32)
