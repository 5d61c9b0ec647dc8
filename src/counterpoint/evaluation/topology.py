"""Which nodes a link predictor will serve well, by the edges around them alone."""

import numpy as np
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.base.sparse import shape_of


def topological_concentration(
    adjacency: sparse.csr_array, *, hops: int = 2, discount: float | None = None
) -> np.ndarray:
    """How much the surroundings of a node and of its neighbours overlap, float64 `[N]`; 0 with fewer than 2 neighbours.

    Formula: the mean over neighbours j of ``sum_{k, l <= K} b^{k + l - 2} |W_i^k in H_j^l|`` over ``sum_{k, l} b^{k + l
    - 2} |W_i^k| - 1``, with ``W_i^k`` the walks of k steps from i, by where they end, and ``H_j^l`` the nodes that one
    of l steps from j can end at: the paper's intersection, normalised as in its public code, which leaves out the one
    step to j itself, and is 0 where there is no other. Wang, Zhao, Zhao, Liu, Cheng, Shah and Derr (2024), "A
    Topological Perspective on Demystifying GNN-Based Link Prediction Performance", arXiv:2310.04612.

    Args:
        adjacency: 0 and 1, symmetric `[N, N]`.
        hops: K.
        discount: b; 1 over the mean degree by default, as in the public code.

    Raises:
        InputError: No hops, or a graph without an edge.
    """
    adjacency = _with_edges(adjacency, hops)
    beta = _discount(adjacency, discount)
    walks = [adjacency]
    for _ in range(hops - 1):
        walks.append(sparse.csr_array(walks[-1] @ adjacency))
    reach = [sparse.csr_array(one > 0, dtype=np.float64) for one in walks]
    left, right = adjacency.nonzero()
    shared, possible = np.zeros(len(left)), np.zeros(len(left))
    for k, walk in enumerate(walks):
        total = np.asarray(walk.sum(1)).ravel()[left]
        for m, there in enumerate(reach):
            shared += beta ** (k + m) * np.asarray(walk[left].multiply(there[right]).sum(1)).ravel()
            possible += beta ** (k + m) * total
    return _mean_over_neighbours(shared / np.maximum(possible - 1, 1e-12), left, shape_of(adjacency)[0])


def approximate_concentration(adjacency: sparse.csr_array, *, hops: int = 2, dim: int = 512, seed: int) -> np.ndarray:
    """The same by random vectors that are spread over the graph: linear in the edges, float64 `[N]`.

    As there, 0 with fewer than 2 neighbours; the public code has a value with one, too.

    Formula: the mean over neighbours of the cosine of rows of ``sum_{k <= K} P^k R``, with ``P = (D + I)^-1 (A + I)``
    and R normal `[N, dim]`: the approximation of the same paper as its public code has it, with 64 dimensions. A node
    counts among its own surroundings, without which an edge alone would be no overlap.

    Args:
        adjacency: 0 and 1, symmetric `[N, N]`.
        hops: K.
        dim: Of the random vectors.
        seed: Of the random vectors.

    Raises:
        InputError: No hops, or a graph without an edge.
    """
    adjacency = _with_edges(adjacency, hops)
    n = shape_of(adjacency)[0]
    around = sparse.csr_array(adjacency + sparse.eye_array(n))
    walk = sparse.csr_array(sparse.diags_array(1 / np.asarray(around.sum(1)).ravel()) @ around)
    rows = np.random.default_rng(seed).normal(size=(n, dim))
    total = np.zeros_like(rows)
    for _ in range(hops):
        rows = walk @ rows
        total += rows
    total /= np.linalg.norm(total, axis=1, keepdims=True)
    left, right = adjacency.nonzero()
    return _mean_over_neighbours((total[left] * total[right]).sum(1), left, n)


def _with_edges(adjacency: sparse.csr_array, hops: int) -> sparse.csr_array:
    if hops < 1:
        raise InputError(f"hops must be at least 1, got {hops}")
    if not adjacency.nnz:
        raise InputError("adjacency must have at least one edge, got none")
    return sparse.csr_array(adjacency, dtype=np.float64)


def _discount(adjacency: sparse.csr_array, discount: float | None) -> float:
    return shape_of(adjacency)[0] / float(adjacency.sum()) if discount is None else discount


def _mean_over_neighbours(values: np.ndarray, node: np.ndarray, n: int) -> np.ndarray:
    count = np.bincount(node, minlength=n)
    return np.where(count > 1, np.bincount(node, weights=values, minlength=n) / np.maximum(count, 1), 0.0)
