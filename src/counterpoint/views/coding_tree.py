"""Coding trees: the partition of a graph's nodes that says most about where a random walk goes next."""

import numpy as np

from counterpoint.base.errors import InputError


def structural_entropy(edges: np.ndarray, communities: np.ndarray) -> float:
    """Bits that a random walk's next node takes, when nodes are coded by their community and within it.

    Formula: ``-sum_c g_c / 2m log2(V_c / 2m) - sum_i d_i / 2m log2(d_i / V_c(i))``, ``V_c`` the sum of degrees and
    ``g_c`` the edges that leave c. Li and Pan (2016), "Structural Information and Dynamical Complexity of Networks",
    doi:10.1109/TIT.2016.2555904, in two dimensions: a tree of height 2.

    Args:
        edges: int `[E, 2]`, each once.
        communities: int64 `[N]`, from 0.

    Raises:
        InputError: There is no edge, or one of a node that does not exist.
    """
    if not len(edges):
        raise InputError("structural entropy needs at least one edge, got none")
    _check(edges, len(communities))
    degrees = np.bincount(edges.ravel(), minlength=len(communities)).astype(np.float64)
    volume = np.bincount(communities, weights=degrees)
    ends = communities[edges]
    apart = ends[ends[:, 0] != ends[:, 1]]
    leaving = np.bincount(apart.ravel(), minlength=len(volume))
    return float((_module(volume, leaving, 2 * len(edges)).sum() - _log(degrees).sum()) / (2 * len(edges)))


def coding_tree(edges: np.ndarray, n: int) -> np.ndarray:
    """Communities int64 `[N]` that make structural entropy small: the best merge of two joined ones, again and again.

    Wu, Chen, Xu and Li (2022), "Structural Entropy Guided Graph Hierarchical Pooling", arXiv:2206.13510, whose tree of
    height 2 this is without its later moves. A node without an edge is a community by itself.

    Args:
        edges: int `[E, 2]`, each once.
        n: Number of nodes.

    Raises:
        InputError: An edge of a node that does not exist.
    """
    _check(edges, n)
    twice = 2 * len(edges)
    member = np.arange(n)
    volume = np.bincount(edges.ravel(), minlength=n).astype(np.float64)
    leaving = volume.copy()
    between = np.zeros((n, n))
    np.add.at(between, (edges[:, 0], edges[:, 1]), 1)
    between += between.T
    np.fill_diagonal(between, 0)
    while True:
        left, right = np.triu(between).nonzero()
        if not len(left):
            break
        shared = between[left, right]
        merged = _module(volume[left] + volume[right], leaving[left] + leaving[right] - 2 * shared, twice)
        gain = _module(volume[left], leaving[left], twice) + _module(volume[right], leaving[right], twice) - merged
        best = int(gain.argmax())
        if gain[best] <= 1e-12:
            break
        one, other = left[best], right[best]
        volume[one] += volume[other]
        leaving[one] += leaving[other] - 2 * shared[best]
        between[one] += between[other]
        between[:, one] = between[one]
        between[other] = between[:, other] = between[one, one] = 0
        member[member == other] = one
    return np.unique(member, return_inverse=True)[1]


def _check(edges: np.ndarray, n: int) -> None:
    if edges.ndim != 2 or edges.shape[1] != 2 or edges.dtype.kind not in "iu":
        raise InputError(f"edges must be integers [E, 2], got {edges.dtype} {list(edges.shape)}")
    if edges.size and (edges.min() < 0 or edges.max() >= n):
        raise InputError(f"edges must join nodes 0..{n - 1}, got {edges.min()} to {edges.max()}")


def _module(volume: np.ndarray, leaving: np.ndarray, twice: int) -> np.ndarray:
    """What a community adds to ``2m`` times the entropy, but for a term of its nodes alone."""
    return _log(volume) - leaving * np.log2(np.where(volume > 0, volume, twice) / twice)


def _log(x: np.ndarray) -> np.ndarray:
    return x * np.log2(np.where(x > 0, x, 1.0))
