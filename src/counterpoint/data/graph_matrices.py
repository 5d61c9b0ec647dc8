"""A graph as encoders take it: normalised adjacency, propagated features, tensors."""

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.base.sparse import shape_of, sparse_tensor
from counterpoint.data.graphs import Graph


def normalised(adjacency: sparse.csr_array, *, loops: bool = True) -> sparse.csr_array:
    """``D^-1/2 (A + I) D^-1/2``, or without I; a node without an edge keeps a row of zeros then.

    Kipf and Welling (2017), arXiv:1609.02907, Eq. 2.

    Args:
        adjacency: Symmetric `[N, N]`, not negative.
        loops: Whether every node is its own neighbour.
    """
    matrix = sparse.csr_array(adjacency + sparse.eye_array(shape_of(adjacency)[0])) if loops else adjacency
    degrees = np.asarray(matrix.sum(1)).ravel()
    scale = np.power(degrees, -0.5, out=np.zeros_like(degrees, dtype=np.float64), where=degrees > 0)
    return sparse.csr_array(sparse.diags_array(scale) @ matrix @ sparse.diags_array(scale))


def propagated(graph: Graph, hops: int) -> sparse.csr_array:
    """Features spread over the graph, ``S^hops X`` with ``S = D^-1/2 (A + I) D^-1/2``, `[N, F]`.

    Wu, Zhang, Souza and others (2019), "Simplifying Graph Convolutional Networks", arXiv:1902.07153, Eq. 8.

    Raises:
        InputError: A negative number of hops.
    """
    if hops < 0:
        raise InputError(f"hops must not be negative, got {hops}")
    matrix, rows = normalised(graph.adjacency), graph.features
    for _ in range(hops):
        rows = matrix @ rows
    return sparse.csr_array(rows)


def graph_tensors(graph: Graph) -> tuple[Tensor, Tensor]:
    """Features, sparse float32 `[N, F]`, and edges in both directions, int64 `[2, 2E]`: first one way, then back."""
    one_way = torch.from_numpy(graph.edges.T.copy())
    return sparse_tensor(graph.features), torch.cat([one_way, one_way.flip(0)], dim=1)
