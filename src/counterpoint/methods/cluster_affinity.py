"""Anomalies as nodes with little affinity to their neighbours and to their cluster: CARE."""

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
    Anomaly Detection", arXiv:2409.09770, with the weights of views even. Memory N x N.

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
        wanted_NN = self._wanted(members_NK, views if whole is None else whole)
        similar_NN = h_ND @ h_ND.T
        affinity_N = (wanted_NN * similar_NN).sum(1)
        loss = -affinity_N.mean()
        if self.guidance:
            apart = torch.stack([(one - h_ND).norm(dim=1).mean() for one in rows]).mean()
            loss = loss + self.guidance * ((wanted_NN - similar_NN).norm(dim=1).mean() + apart)
        return loss, affinity_N

    def _wanted(self, members_NK: Tensor, whole: list[Tensor]) -> Tensor:
        """``S`` with rows that sum to 1."""
        edges_NN = members_NK.new_zeros(len(members_NK), len(members_NK))
        for edges in whole:
            edges_NN.index_put_((edges[0], edges[1]), members_NK.new_tensor(1 / len(whole)), accumulate=True)
        wanted_NN = self.share * members_NK @ members_NK.T + (1 - self.share) * edges_NN
        return wanted_NN / wanted_NN.sum(1, keepdim=True).clamp_min(1e-2)
