"""Views that spare strong communities: which edges and features a graph can miss, by how dense its communities are."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.base.extras import require
from counterpoint.views.graph import drop_edges, drop_features


@dataclass(frozen=True, kw_only=True, eq=False)
class CommunalView:
    """Edges and features left out, each with its own chance; drawn anew at every call.

    Attributes:
        edges: float32 `[E]`, chance of each edge to be left out.
        features: float32 `[F]`, chance of each feature.
    """

    edges: Tensor
    features: Tensor

    def __call__(self, x_NF: Tensor, edges_2E: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Features and edges of the view."""
        return drop_features(x_NF, self.features, generator), drop_edges(edges_2E, self.edges, generator)


def louvain(edges: np.ndarray, n: int, *, seed: int) -> np.ndarray:
    """The community int64 `[N]` of each node by Louvain's method; a node without an edge is one by itself.

    Blondel, Guillaume, Lambiotte and Lefebvre (2008), arXiv:0803.0476; networkx's implementation.

    Args:
        edges: int `[E, 2]`.
        n: Number of nodes.
        seed: Of the order in which nodes are looked at.

    Raises:
        MissingExtraError: networkx is not installed.
    """
    networkx = require("networkx", extra="graph", purpose="finding communities")
    graph = networkx.Graph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from(edges.tolist())
    found = np.zeros(n, dtype=np.int64)
    for number, members in enumerate(networkx.community.louvain_communities(graph, seed=seed)):
        found[list(members)] = number
    return found


def community_strengths(edges: np.ndarray, communities: np.ndarray) -> np.ndarray:
    """How much denser each community is than chance, float64 `[K]`; the sum is the modularity of the partition.

    Formula: ``S_c = m_c / m - (d_c / 2m)^2`` with ``m_c`` edges inside and ``d_c`` the sum of degrees. Chen, Zhao, Li,
    Zou, Li and Zhang (2023), "CSGCL: Community-Strength-Enhanced Graph Contrastive Learning", arXiv:2305.04658.

    Args:
        edges: int `[E, 2]`, each once.
        communities: int64 `[N]`, from 0.

    Raises:
        InputError: There is no edge.
    """
    if not len(edges):
        raise InputError("the strength of communities needs at least one edge, got none")
    ends, count = communities[edges], int(communities.max()) + 1
    inside = np.bincount(ends[ends[:, 0] == ends[:, 1], 0], minlength=count)
    return inside / len(edges) - (np.bincount(ends.ravel(), minlength=count) / (2 * len(edges))) ** 2


def edge_chances(edges: np.ndarray, communities: np.ndarray, *, share: float) -> Tensor:
    """Chance `[E]` of each edge to be left out, ``share`` on average: least within strong communities.

    Formula, CSGCL's communal edge dropping: an edge inside c weighs ``S_c``, one between c and d ``-(S_c + S_d)``;
    weights are scaled to 0..1, and an edge stays with chance ``min(1, (1 - share) w / mean w)``.
    """
    strength, ends = community_strengths(edges, communities), communities[edges]
    same = ends[:, 0] == ends[:, 1]
    weight = np.where(same, strength[ends[:, 0]], -strength[ends].sum(1))
    weight = _to_unit(weight)
    return torch.from_numpy(1 - (weight / weight.mean() * (1 - share)).clip(max=1)).float()


def feature_chances(
    features: sparse.csr_array, node_strengths: np.ndarray, *, share: float, most: float = 0.7
) -> Tensor:
    """Chance `[F]` of each feature to be left out, about ``share`` on average: least what strong communities have.

    Formula, CSGCL's communal attribute voting: votes ``v = log(|X|^T S)`` (those of a feature that nobody in a strong
    community has count as the largest), chances ``share u / mean u`` with ``u = (max v - v) / (max v - min v)``, at
    most ``most``.

    Args:
        features: `[N, F]`.
        node_strengths: `[N]`, of the community of each node.
        share: Chance on average.
        most: The largest chance.
    """
    votes = np.asarray(abs(features).T @ node_strengths).ravel()
    votes = np.log(np.where(votes > 0, votes, votes.max()))
    weight = 1 - _to_unit(votes)
    return torch.from_numpy((weight / weight.mean() * share).clip(max=most)).float()


def _to_unit(values: np.ndarray) -> np.ndarray:
    """Scaled to 0..1; all 1 where they are equal."""
    spread = values.max() - values.min()
    return (values - values.min()) / spread if spread > 0 else np.ones_like(values, dtype=np.float64)
