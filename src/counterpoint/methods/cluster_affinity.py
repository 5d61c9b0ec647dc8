"""Anomalies as nodes with little affinity to their neighbours and to their cluster: CARE."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.encoders.graph import GraphEncoder


class ClusterAffinity(nn.Module):
    """Affinity over edges and soft clusters, learnt with a loss that ties similarities to both.

    Formula, with unit rows h averaged over views, memberships G and ``S = a G G^T + (1 - a) A``: affinity ``f_i =
    sum_j S_ij <h_i, h_j> / sum_j S_ij``; the loss is ``-mean f + l (mean_i |S_i / sum_j S_ij - <h_i, h_.>| + mean_i
    |h_i^1 - h_i^2|)``, and an anomaly scores ``-f``. Zheng, Birge, Wu, Zhang and He (2024), "Cluster Aware Graph
    Anomaly Detection", arXiv:2409.09770, with the weights of views even. Memory by nodes and edges.

    Attributes:
        encoder: Shared by the views.
        assign: From features spread over the edges to clusters.
    """

    def __init__(
        self,
        features: int,
        *,
        clusters: int,
        hidden: int = 64,
        dim: int = 32,
        cluster_share: float = 0.5,
        guidance: float = 1.0,
    ) -> None:
        """Draw weights from torch's random state.

        Args:
            features: F.
            clusters: How many.
            hidden: Width of the encoder's first layer.
            dim: D.
            cluster_share: ``a``; 0 leaves the edges alone.
            guidance: ``l``, the weight of the similarity-guided loss and of the views' agreement.

        Raises:
            InputError: A share outside 0 to 1, or a negative weight.
        """
        super().__init__()
        if not 0 <= cluster_share <= 1 or guidance < 0:
            raise InputError(
                f"cluster_share must lie in 0..1 and guidance not be negative, got {cluster_share} and {guidance}"
            )
        self.share, self.guidance = cluster_share, guidance
        self.encoder = GraphEncoder((features, hidden, dim), activate_last=True)
        self.assign = GraphEncoder((features, clusters))

    def forward(self, x_NF: Tensor, views: list[Tensor], whole: list[Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """The loss, a scalar, and the affinity `[N]` of each node.

        Args:
            x_NF: Features.
            views: int64 `[2, 2E]` each, both directions: what messages pass over.
            whole: The same graphs with all edges, over which affinity is measured; None: ``views``.
        """
        rows = [unit_rows(self.encoder(x_NF, edges)) for edges in views]
        h_ND = unit_rows(torch.stack(rows).mean(0))
        members_NK = torch.stack([torch.softmax(self.assign(x_NF, edges).relu() / 2, 1) for edges in views]).mean(0)
        wanted = _Wanted(members_NK, _mean_graph(views if whole is None else whole, members_NK), self.share)
        affinity_N = wanted.against(h_ND)
        loss = -affinity_N.mean()
        if self.guidance:
            apart = torch.stack([(one - h_ND).norm(dim=1).mean() for one in rows]).mean()
            loss = loss + self.guidance * (wanted.distance(h_ND, affinity_N).mean() + apart)
        return loss, affinity_N


@dataclass(frozen=True, eq=False)
class _Wanted:
    """``S`` with rows that sum to 1, of thin and of sparse parts.

    Attributes:
        members_NK: G.
        graph: A, sparse `[N, N]` and coalesced.
        share: ``a``.
    """

    members_NK: Tensor
    graph: Tensor
    share: float

    @cached_property
    def total_N(self) -> Tensor:
        """What a row sums to before it is scaled; not below 1/100, as a node without an edge may have nothing."""
        clusters_N = self.members_NK @ self.members_NK.sum(0)
        edges_N = self._over_edges(self.graph.values())
        return (self.share * clusters_N + (1 - self.share) * edges_N).clamp_min(1e-2)

    def against(self, h_ND: Tensor) -> Tensor:
        """``sum_j S_ij <h_i, h_j>``, `[N]`."""
        clusters_N = ((self.members_NK @ (self.members_NK.T @ h_ND)) * h_ND).sum(1)
        edges_N = self._over_edges(self.graph.values() * self._of_edges(h_ND))
        return (self.share * clusters_N + (1 - self.share) * edges_N) / self.total_N

    def distance(self, h_ND: Tensor, against_N: Tensor) -> Tensor:
        """``|S_i - h_i H^T|`` of every row, `[N]`, from ``|x - y|^2 = |x|^2 - 2 <x, y> + |y|^2``.

        Args:
            h_ND: H.
            against_N: Of the same rows.
        """
        squared_N = self._squared() - 2 * against_N + _products_squared(h_ND)
        # Rounding may leave less than nothing where both rows are one; the root's slope is kept finite there.
        return squared_N.clamp_min(torch.finfo(squared_N.dtype).eps).sqrt()

    def _squared(self) -> Tensor:
        """``|S_i|^2``, `[N]`."""
        both_N = self._over_edges(self.graph.values() * self._of_edges(self.members_NK))
        edges_N = self._over_edges(self.graph.values().square())
        clusters_N = _products_squared(self.members_NK)
        own, other = self.share, 1 - self.share
        return (own**2 * clusters_N + 2 * own * other * both_N + other**2 * edges_N) / self.total_N.square()

    def _of_edges(self, rows: Tensor) -> Tensor:
        """The product of both ends' rows, `[E]`."""
        first, second = self.graph.indices()
        return (rows[first] * rows[second]).sum(1)

    def _over_edges(self, values_E: Tensor) -> Tensor:
        """Sums `[N]` over the edges of each node."""
        return values_E.new_zeros(len(self.members_NK)).index_add(0, self.graph.indices()[0], values_E)


def _products_squared(rows_ND: Tensor) -> Tensor:
    """``sum_j <x_i, x_j>^2``, `[N]`."""
    return ((rows_ND @ (rows_ND.T @ rows_ND)) * rows_ND).sum(1)


def _mean_graph(graphs: list[Tensor], like_NK: Tensor) -> Tensor:
    """Adjacency sparse `[N, N]`, the mean of all graphs; an edge that is there twice counts twice."""
    edges_2E, n = torch.cat(graphs, dim=1), len(like_NK)
    values = like_NK.new_full((edges_2E.shape[1],), 1 / len(graphs))
    return torch.sparse_coo_tensor(edges_2E, values, (n, n), check_invariants=True).coalesce()
