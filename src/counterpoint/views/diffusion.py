"""A view of a graph by diffusion: nodes are joined that are near by many ways, whether or not an edge joins them."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.base.sparse import shape_of
from counterpoint.views.graph import drop_features

BLOCK = 512
"""Nodes whose diffusion is found together."""


@dataclass(frozen=True, kw_only=True, eq=False)
class DiffusedView:
    """Edges of a diffused graph, drawn by their weight at every call, in place of those of the graph.

    Attributes:
        pairs: int64 `[2, P]`, each pair of nodes once.
        chances: float32 `[P]`, of each pair to be an edge.
        nodes: N.
        features: Share of features left out, the same ones for all nodes.
    """

    pairs: Tensor
    chances: Tensor
    nodes: int
    features: float

    def __call__(self, x_NF: Tensor, edges_2E: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Features and edges of the view, edges first one way, then back; those of the graph do not matter.

        Raises:
            InputError: Features of another number of nodes, such as of a part of the graph.
        """
        del edges_2E
        if len(x_NF) != self.nodes:
            raise InputError(f"the view is of {self.nodes} nodes, got features of {len(x_NF)}")
        drawn = self.pairs[:, torch.rand(len(self.chances), generator=generator) < self.chances]
        return drop_features(x_NF, self.features, generator), torch.cat([drawn, drawn.flip(0)], dim=1)


@dataclass(frozen=True, kw_only=True)
class Diffusion:
    """How a graph is diffused, and what a view of it leaves out.

    The second view of MVGRL (Hassani and Khasahmadi, 2020, arXiv:2006.05582) is a graph weighted by personalised
    PageRank, sparsified as in GDC (Gasteiger, Weissenberger and Guennemann, 2019, arXiv:1911.05485). For encoders
    without weights of edges it is drawn here: a pair is an edge with chance ``min(1, c w)``, its weight ``w`` times the
    one number that gives as many edges as the graph has on average; where fewer pairs are kept all of them are edges.

    Attributes:
        restart: ``a`` of :func:`personalised_pagerank`.
        keep: Its entries of a row that stay; a pair is kept where it is among those of either end.
        tolerance: Of the same.
        features: Share of features left out by the view.

    Raises:
        InputError: A share outside 0 to 1, nothing kept, or a tolerance that is not positive.
    """

    restart: float = 0.15
    keep: int = 32
    tolerance: float = 1e-4
    features: float = 0.4

    def __post_init__(self) -> None:
        """Check the numbers."""
        _check(self.restart, self.keep, self.tolerance)
        if not 0 <= self.features < 1:
            raise InputError(f"features must lie in 0..1, below 1, got {self.features}")

    def view(self, adjacency: sparse.csr_array) -> DiffusedView:
        """The view of a graph.

        Args:
            adjacency: Symmetric `[N, N]`, not negative.

        Raises:
            InputError: Another kind of matrix.
        """
        most = self.keep + 1  # a node is its own nearest, and no pair
        rank = personalised_pagerank(adjacency, restart=self.restart, keep=most, tolerance=self.tolerance)
        pairs = sparse.coo_array(sparse.triu(rank.maximum(rank.T), k=1))
        edges = int((sparse.triu(adjacency, k=1).data != 0).sum())
        return DiffusedView(
            pairs=torch.from_numpy(np.stack(pairs.coords).astype(np.int64)),
            chances=torch.from_numpy(_chances(pairs.data, edges)).float(),
            nodes=shape_of(adjacency)[0],
            features=self.features,
        )


def personalised_pagerank(
    adjacency: sparse.csr_array, *, restart: float = 0.15, keep: int = 32, tolerance: float = 1e-4
) -> sparse.csr_array:
    """Personalised PageRank of every node, its largest entries, float64 `[N, N]`.

    Formula: ``a (I - (1 - a) S)^-1`` with ``S = D^-1/2 A D^-1/2``, of every row the ``keep`` largest. It is found by
    pushing (Andersen, Chung and Lang, 2006, "Local Graph Partitioning using PageRank Vectors",
    doi:10.1109/FOCS.2006.44), which stops where less than ``tolerance`` times its degree waits at every node: an entry
    is too small by at most ``tolerance sqrt(d_i d_j)``, and never too large. Memory: ``keep`` entries a node, and while
    512 nodes are found, up to ``1 / (a tolerance)`` or N entries for each.

    Args:
        adjacency: Symmetric `[N, N]`, not negative.
        restart: ``a``, between 0 and 1.
        keep: Entries of a row that stay.
        tolerance: What may be left over at a node, by degree.

    Raises:
        InputError: Another kind of matrix, a restart outside 0 to 1, nothing kept, or a tolerance that is not positive.
    """
    _check(restart, keep, tolerance)
    n, columns = shape_of(adjacency)
    if n != columns or (adjacency.nnz and adjacency.data.min() < 0) or (adjacency != adjacency.T).nnz:
        raise InputError(f"adjacency must be a symmetric matrix without negative entries, got shape {[n, columns]}")
    if not n:
        return sparse.csr_array((0, 0), dtype=np.float64)
    degrees = np.asarray(adjacency.sum(1), dtype=np.float64).ravel()
    root = np.sqrt(np.where(degrees > 0, degrees, 1.0))
    walk = sparse.csr_array(sparse.diags_array(root**-2) @ adjacency)
    blocks = []
    for start in range(0, n, BLOCK):
        nodes = np.arange(start, min(start + BLOCK, n))
        # Pushing walks by D^-1 A; its rank of j from i, times sqrt(d_i / d_j), is that of the symmetric S.
        rank = _pushed(nodes, walk, tolerance * degrees, restart)
        rank = sparse.diags_array(root[nodes]) @ rank @ sparse.diags_array(1 / root)
        blocks.append(_largest(sparse.csr_array(rank), keep))
    return sparse.csr_array(sparse.vstack(blocks))


def _pushed(nodes: np.ndarray, walk: sparse.csr_array, least: np.ndarray, restart: float) -> sparse.csr_array:
    """Rank `[B, N]` from each of these nodes; what waits at a node is pushed on while it is more than ``least``."""
    shape = (len(nodes), len(least))
    rank = sparse.csr_array(shape, dtype=np.float64)
    waiting = sparse.csr_array((np.ones(len(nodes)), (np.arange(len(nodes)), nodes)), shape)
    while (push := waiting.data > least[waiting.indices]).any():
        moved, stays = (_where(waiting, one) for one in (push, ~push))
        rank = rank + restart * moved
        waiting = sparse.csr_array(stays + (1 - restart) * (moved @ walk))
    return rank


def _where(matrix: sparse.csr_array, chosen: np.ndarray) -> sparse.csr_array:
    """The chosen ones of the stored entries."""
    part = matrix.copy()  # what is left out below would be so in the matrix, too
    part.data[~chosen] = 0.0
    part.eliminate_zeros()
    return part


def _largest(rank: sparse.csr_array, keep: int) -> sparse.csr_array:
    """The ``keep`` largest entries of every row; of equal ones those of the first columns."""
    sizes = np.diff(rank.indptr)
    row = np.repeat(np.arange(len(sizes)), sizes)
    order = np.lexsort((rank.indices, np.negative(rank.data), row))
    kept = order[np.arange(len(order)) - np.repeat(rank.indptr[:-1], sizes) < keep]
    return sparse.csr_array((rank.data[kept], (row[kept], rank.indices[kept])), shape_of(rank))


def _chances(weights: np.ndarray, count: int) -> np.ndarray:
    """``min(1, c w)`` that sum to ``count``; all 1 where there are no more weights than that."""
    if count >= len(weights):
        return np.ones(len(weights))
    falling = np.sort(weights)[::-1]
    certain = np.arange(count)  # so many of the largest have chance 1: as few as leave chances of at most 1
    scale = (count - certain) / falling[::-1].cumsum()[::-1][:count]
    return np.minimum(1.0, weights * scale[np.argmax(scale * falling[:count] <= 1)])


def _check(restart: float, keep: int, tolerance: float) -> None:
    if not 0 < restart < 1:
        raise InputError(f"restart must lie between 0 and 1, got {restart}")
    if keep < 1:
        raise InputError(f"keep must be at least 1, got {keep}")
    if not 0 < tolerance < 1:
        raise InputError(f"tolerance must be positive and below 1, got {tolerance}")
