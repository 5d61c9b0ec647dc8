"""Scores of pairs of nodes from node vectors and the neighbours that the two have in common."""

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.base.sparse import shape_of


class CommonNeighbours:
    """Who is a neighbour of both ends of a pair, and who of one of them only.

    Attributes:
        adjacency: 0 and 1, symmetric `[N, N]`.
    """

    def __init__(self, adjacency: sparse.csr_array) -> None:
        """Keep the graph.

        Raises:
            InputError: The matrix is not square.
        """
        rows, columns = shape_of(adjacency)
        if rows != columns:
            raise InputError(f"adjacency must be square, got {[rows, columns]}")
        self.adjacency = sparse.csr_array(adjacency)

    def without(self, pairs: np.ndarray) -> "CommonNeighbours":
        """The graph without the edges of some pairs int `[P, 2]`, as a head must see it while these are targets."""
        matrix = sparse.lil_array(self.adjacency)
        matrix[pairs[:, 0], pairs[:, 1]] = 0
        matrix[pairs[:, 1], pairs[:, 0]] = 0
        return CommonNeighbours(sparse.csr_array(matrix))

    def common(self, pairs: np.ndarray) -> sparse.coo_array:
        """0 and 1 `[P, N]`: neighbours of both ends."""
        left, right = self.adjacency[pairs[:, 0]], self.adjacency[pairs[:, 1]]
        return sparse.coo_array(left.multiply(right))

    def of_one(self, pairs: np.ndarray) -> tuple[sparse.coo_array, sparse.coo_array]:
        """0 and 1 `[P, N]`: neighbours of the first end that are none of the second, and the other way round."""
        left, right = self.adjacency[pairs[:, 0]], self.adjacency[pairs[:, 1]]
        both = left.multiply(right)
        return sparse.coo_array(left - both), sparse.coo_array(right - both)


class NeuralCommonNeighbour(nn.Module):
    """NCN, and with ``complete`` NCNC: the product of both ends beside the sum over their common neighbours.

    Formula: ``s_ij = MLP(A(h_i * h_j) + b B(sum_{u in N(i) & N(j)} h_u))`` with perceptrons A and B. NCNC adds every
    neighbour u of one end alone, weighted by the probability ``P_uj = sigmoid(a (s_uj - c))`` that NCN gives to the
    missing edge to the other end, without gradient. Wang, Yang and Zhang (2024), "Neural Common Neighbor with
    Completion for Link Prediction", arXiv:2302.00890; ``a`` and ``c`` are the public code's, which make up for
    learning from as many edges as other pairs, where nearly all pairs are no edge.

    Attributes:
        use_common: False leaves the product of the ends alone: a graph autoencoder with a learnt head.
        complete: Whether missing neighbours are completed.
        sharpness: ``a``.
        threshold: ``c``, the logit at which a missing edge counts one half.
    """

    def __init__(
        self,
        dim: int,
        *,
        use_common: bool = True,
        complete: bool = False,
        sharpness: float = 1.0,
        threshold: float = 0.0,
    ) -> None:
        """Draw weights from torch's random state.

        Args:
            dim: D of node vectors, and width of the perceptrons.
            use_common: Whether common neighbours count.
            complete: Whether missing neighbours are completed.
            sharpness: ``a``; 1 takes the logits as they are.
            threshold: ``c``; 0 takes the logits as they are.
        """
        super().__init__()
        self.sharpness, self.threshold = sharpness, threshold
        self.use_common, self.complete = use_common, complete and use_common
        self.ends, self.shared, self.out = (_perceptron(dim, width) for width in (dim, dim, 1))
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, h_ND: Tensor, pairs: np.ndarray, graph: CommonNeighbours) -> Tensor:
        """Logits `[P]` of the pairs int `[P, 2]`; their own edges must not be in the graph."""
        shared = self._summed(graph.common(pairs), h_ND) if self.use_common else None
        if self.complete and shared is not None:
            for alone, other in zip(graph.of_one(pairs), (pairs[:, 1], pairs[:, 0]), strict=True):
                shared = shared + self._summed(alone, h_ND, self._missing(h_ND, alone, other, graph))
        return self._score(h_ND, pairs, shared)

    def _score(self, h_ND: Tensor, pairs: np.ndarray, shared_PD: Tensor | None) -> Tensor:
        value = self.ends(_products(h_ND, pairs))
        if shared_PD is not None:
            value = value + self.weight * self.shared(shared_PD)
        return self.out(value)[:, 0]

    @torch.no_grad()
    def _missing(self, h_ND: Tensor, alone: sparse.coo_array, other: np.ndarray, graph: CommonNeighbours) -> Tensor:
        """Probability of an edge between each entry's node and the far end of its pair."""
        rows, nodes = alone.coords
        wanted = np.stack([nodes, other[rows]], axis=1).astype(np.int64)
        if not len(wanted):
            return h_ND.new_zeros(0)
        logits = self._score(h_ND, wanted, self._summed(graph.common(wanted), h_ND))
        return torch.sigmoid(self.sharpness * (logits - self.threshold))

    @staticmethod
    def _summed(member: sparse.coo_array, h_ND: Tensor, weights: Tensor | None = None) -> Tensor:
        """Rows `[P, D]`: the sum of ``h`` over each pair's nodes."""
        rows, nodes = (torch.from_numpy(one.astype(np.int64)) for one in member.coords)
        values = h_ND[nodes] if weights is None else weights[:, None] * h_ND[nodes]
        return h_ND.new_zeros(shape_of(member)[0], h_ND.shape[1]).index_add(0, rows, values)


class InnerProduct(nn.Module):
    """Pairs scored by ``<h_i, h_j>``, as a graph autoencoder does; it learns nothing of its own."""

    def forward(self, h_ND: Tensor, pairs: np.ndarray, graph: CommonNeighbours) -> Tensor:
        """Logits `[P]` of the pairs int `[P, 2]`; the graph is not looked at."""
        del graph
        return _products(h_ND, pairs).sum(1)


def _products(h_ND: Tensor, pairs: np.ndarray) -> Tensor:
    """The two ends of each pair, multiplied: `[P, D]`."""
    first, second = (torch.from_numpy(np.ascontiguousarray(side)) for side in pairs.T)
    return h_ND[first] * h_ND[second]


def _perceptron(dim: int, out: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(dim, dim), nn.LayerNorm(dim), nn.ReLU(), nn.Linear(dim, out))
