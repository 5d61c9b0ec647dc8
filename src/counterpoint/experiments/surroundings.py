"""Who is near a node, near and wide: what graph encoders of sequences take for tokens."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.base.sparse import shape_of, sparse_tensor
from counterpoint.pairs.walks import random_walks


def walk_surroundings(
    adjacency: sparse.csr_array, nodes: np.ndarray, *, lengths: Sequence[int], walks: int, seed: int
) -> list[Tensor]:
    """For every length the nodes that random walks met, sparse `[Q, N]` with rows that sum to 1, the longest first.

    Args:
        adjacency: 0 and 1, symmetric `[N, N]`.
        nodes: int64 `[Q]`, where walks start.
        lengths: Steps of the walks of each token; 0 is the node itself.
        walks: For every node and length.
        seed: Of the walks.

    Raises:
        InputError: No length, a negative one, or no walk.
    """
    if not lengths or min(lengths) < 0 or walks < 1:
        raise InputError(f"lengths must be numbers from 0, and walks at least 1, got {list(lengths)} and {walks}")
    rng, found = np.random.default_rng(seed), []
    for length in sorted(lengths, reverse=True):
        met = random_walks(adjacency, np.repeat(nodes, walks), length + 1, rng)
        rows = np.repeat(np.arange(len(nodes)), walks * (length + 1))
        visits = sparse.csr_array((np.ones(len(rows)), (rows, met.ravel())), (len(nodes), shape_of(adjacency)[0]))
        visits.data[:] = 1.0  # a node that was met twice counts once
        found.append(sparse_tensor(sparse.diags_array(1 / np.asarray(visits.sum(1)).ravel()) @ visits))
    return found
