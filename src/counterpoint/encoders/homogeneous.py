"""Graphs of one kind of node: who is taken together with whom, and who is like whom."""

import numpy as np
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.encoders.hypergraphs import nearest_edges


def co_occurrence(taken: sparse.csr_array, k: int) -> sparse.csr_array:
    """Each node as a mean of the k that it shares most with, `[n, n]`; rows sum to 1.

    Formula: ``softmax`` over the k largest ``(T T^T)_ij``, j not i, in whole numbers of what is shared; a node that
    shares nothing stays itself.

    Args:
        taken: T `[n, m]`, not zero where a node has something.
        k: Neighbours at most; ties go to the lower number.

    Raises:
        InputError: k is not positive.
    """
    if k < 1:
        raise InputError(f"k must be at least 1, got {k}")
    there = sparse.csr_array(taken.astype(bool).astype(np.float64))
    count = len(np.diff(there.indptr))
    rows, columns, weights = [], [], []
    for start in range(0, count, 1024):
        shared = (there[start : start + 1024] @ there.T).toarray()
        own = np.arange(len(shared))
        shared[own, start + own] = 0
        best = np.argsort(-shared, axis=1, kind="stable")[:, :k]
        most = np.take_along_axis(shared, best, axis=1)
        scaled = np.where(most > 0, np.exp(most - most.max(axis=1, keepdims=True, initial=0)), 0)
        alone = ~(most > 0).any(axis=1)
        best[alone, 0], scaled[alone, 0] = start + own[alone], 1
        rows.append(np.repeat(start + own, best.shape[1]))
        columns.append(best.ravel())
        weights.append((scaled / scaled.sum(axis=1, keepdims=True)).ravel())
    whole = (np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns)))
    return sparse.csr_array(whole, (count, count))


def likeness(features: np.ndarray, k: int) -> sparse.csr_array:
    """Each node as the mean of itself and the k nearest by cosine, `[n, n]`; rows sum to 1.

    Args:
        features: `[n, D]`.
        k: Neighbours; fewer where a cosine is not positive.

    Raises:
        InputError: k is not below the number of nodes.
    """
    members = sparse.csr_array(nearest_edges(features, k).T)
    return sparse.csr_array(sparse.diags_array(1 / members.sum(axis=1)) @ members)


def relatives(taken: sparse.csr_array, features: np.ndarray, *, k: int, share: float) -> sparse.csr_array:
    """Both together: ``share`` of those taken together, the rest of those alike.

    Args:
        taken: `[n, m]`, as for :func:`co_occurrence`.
        features: `[n, D]`, as for :func:`likeness`.
        k: Neighbours of either kind.
        share: From 0 to 1.

    Raises:
        InputError: The share is out of its range, the rows differ in number, or as for either.
    """
    if not 0 <= share <= 1:
        raise InputError(f"share must lie in 0..1, got {share}")
    if taken.shape is None or taken.shape[0] != len(features):
        raise InputError(f"taken and features must be of the same nodes, got {taken.shape} and {features.shape}")
    both = sparse.csr_array(share * co_occurrence(taken, k) + (1 - share) * likeness(features, k))
    both.sort_indices()
    return both
