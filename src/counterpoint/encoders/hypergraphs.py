"""Hypergraphs, whose edges join any number of nodes: who shares items, and which items are alike."""

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.encoders.bipartite import BipartiteGraph, sparse_rows
from counterpoint.encoders.light_gcn import LightGCN, spread


def hypergraph(incidence: sparse.csr_array) -> sparse.csr_array:
    """The normalised adjacency of a hypergraph, symmetric `[n, n]`.

    Formula: ``D^-1/2 H B^-1 H^T D^-1/2`` with D the edges of every node and B the nodes of every edge. Feng, You,
    Zhang, Ji and Gao (2019), "Hypergraph Neural Networks", arXiv:1809.09401, Eq. 10 with one weight for all edges.

    Args:
        incidence: H `[n, edges]`, not zero where a node is in an edge.
    """
    there = sparse.csr_array(incidence.astype(bool).astype(np.float64))
    nodes, edges = there.sum(axis=1), there.sum(axis=0)
    scaled = sparse.diags_array(np.maximum(nodes, 1) ** -0.5) @ there @ sparse.diags_array(np.maximum(edges, 1) ** -0.5)
    return sparse.csr_array(scaled @ scaled.T)


def nearest_edges(features: np.ndarray, k: int) -> sparse.csr_array:
    """For each item an edge of itself and the k items nearest by cosine, `[n, n]`; nobody is near a row of zeros.

    Raises:
        InputError: k is not below the number of items.
    """
    count = len(features)
    if not 1 <= k < count:
        raise InputError(f"k must lie in 1..{count - 1}, got {k}")
    rows = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
    edges, members = [np.arange(count)], [np.arange(count)]
    for start in range(0, count, 1024):
        cosines = rows[start : start + 1024] @ rows.T
        own = np.arange(len(cosines))
        cosines[own, start + own] = -np.inf
        best = np.argpartition(-cosines, k, axis=1)[:, :k]
        near = np.take_along_axis(cosines, best, axis=1) > 0
        edges.append(np.repeat(start + own, near.sum(1)))
        members.append(best[near])
    edge, member = np.concatenate(edges), np.concatenate(members)
    return sparse.csr_array((np.ones(len(edge)), (member, edge)), (count, count))


class HypergraphGCN(LightGCN):
    """LightGCN, and a second table that is averaged over users who share items and over items that are alike.

    Attributes:
        second: What is learnt of the second order, `[U + I, D]`.
    """

    def __init__(self, graph: BipartiteGraph, alike: sparse.csr_array, *, dim: int = 64, layers: int = 3) -> None:
        """Draw both tables from torch's random state.

        Args:
            graph: Of the training interactions; each item is an edge of the users who took it.
            alike: Edges of items, `[I, edges]`.
            dim: D.
            layers: Of LightGCN; there is one of the second order.
        """
        super().__init__(graph, dim=dim, layers=layers)
        shared = sparse.csr_array((np.ones(len(graph.users)), (graph.users, graph.items)), graph.shape)
        whole = sparse.block_diag([hypergraph(shared), hypergraph(alike)], format="csr")
        self._hypergraph = sparse_rows(sparse.csr_array(whole))
        self.second = nn.Parameter(
            torch.cat([nn.init.xavier_uniform_(torch.empty(count, dim)) for count in graph.shape])
        )

    def second_order(self) -> Tensor:
        """`[U + I, D]`: users, then items; not normalised."""
        return spread(self._hypergraph, self.second)
