"""Random walks on a graph, and the pairs of nodes that meet within a window of them."""

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from counterpoint.base.errors import InputError


def random_walks(adjacency: sparse.csr_array, starts: np.ndarray, length: int, rng: np.random.Generator) -> np.ndarray:
    """Walks int64 `[W, length]`, each from its start to an even draw of the neighbours, and so on.

    Perozzi, Al-Rfou and Skiena (2014), "DeepWalk: Online Learning of Social Representations", arXiv:1403.6652. A node
    without an edge stays where it is.

    Args:
        adjacency: `[N, N]`; which entries are stored is all that counts.
        starts: Nodes, `[W]`.
        length: Nodes of a walk, its start included.
        rng: Draws.

    Raises:
        InputError: A length below 1.
    """
    if length < 1:
        raise InputError(f"length must be at least 1, got {length}")
    begin, count = adjacency.indptr[:-1], np.diff(adjacency.indptr)
    walks = np.empty((len(starts), length), dtype=np.int64)
    walks[:, 0] = now = np.asarray(starts, dtype=np.int64)
    for step in range(1, length):
        drawn = begin[now] + (rng.random(len(now)) * count[now]).astype(np.int64)
        now = np.where(count[now] > 0, adjacency.indices[drawn.clip(max=len(adjacency.indices) - 1)], now)
        walks[:, step] = now
    return walks


def window_pairs(walks: np.ndarray, window: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs of nodes 1 .. ``window`` steps apart on a walk, both ways: centre and context, by distance.

    Raises:
        InputError: A window that is not shorter than the walks.
    """
    if not 1 <= window < walks.shape[1]:
        raise InputError(f"window must lie in 1..{walks.shape[1] - 1}, got {window}")
    for apart in range(1, window + 1):
        first, second = walks[:, :-apart].ravel(), walks[:, apart:].ravel()
        yield np.concatenate([first, second]), np.concatenate([second, first])
