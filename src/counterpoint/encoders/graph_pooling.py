"""Encoders of whole graphs: message passing and sums, or sums along a tree of communities."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.encoders.graph import GraphEncoder, Layer


class PooledGraphs(nn.Module):
    """GIN layers, the sum over the nodes of a graph after each of them, side by side.

    Xu, Hu, Leskovec and Jegelka (2019), "How Powerful are Graph Neural Networks?", arXiv:1810.00826, Eq. 4.2.
    """

    def __init__(self, features: int, *, dim: int = 32, layers: int = 3) -> None:
        """Draw weights from torch's random state.

        Args:
            features: F.
            dim: Width of every layer; an embedding has ``layers`` times as many numbers.
            layers: How many.
        """
        super().__init__()
        widths = (features, *(dim,) * layers)
        self.layers = nn.ModuleList(
            GraphEncoder(pair, layer=Layer.GIN, activate_last=True) for pair in pairwise(widths)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(dim) for _ in range(layers))

    def forward(self, x_NF: Tensor, edges_2E: Tensor, owner_N: Tensor, count: int) -> Tensor:
        """`[G, layers dim]` of ``count`` graphs; ``owner`` is the graph of each node."""
        found = []
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x_NF = norm(layer(x_NF, edges_2E))
            found.append(summed(x_NF, owner_N, count))
        return torch.cat(found, dim=1)


class TreeEncoder(nn.Module):
    """Perceptrons up a tree of height 2: nodes, the sums over communities, and the sum over those.

    Wu, Chen, Shi and others (2023), "SEGA: Structural Entropy Guided Anchor View for Graph Contrastive Learning",
    arXiv:2305.04501, Section 4.2.
    """

    def __init__(self, features: int, *, dim: int = 32) -> None:
        """Draw weights from torch's random state.

        Args:
            features: F.
            dim: Width of every level; an embedding has twice as many numbers.
        """
        super().__init__()
        self.levels = nn.ModuleList(
            nn.Sequential(nn.Linear(width, dim), nn.BatchNorm1d(dim), nn.ReLU()) for width in (features, dim)
        )

    def forward(self, x_NF: Tensor, member_N: Tensor, owner_N: Tensor, count: int) -> Tensor:
        """`[G, 2 dim]`; ``member`` is the community of each node, numbered through all graphs from 0.

        Raises:
            InputError: A community lies in two graphs.
        """
        communities = int(member_N.max()) + 1
        owner_C = torch.zeros(communities, dtype=torch.int64).index_copy(0, member_N, owner_N)
        if not torch.equal(owner_C[member_N], owner_N):
            raise InputError("member must number the communities of each graph apart, and one lies in two graphs")
        nodes = self.levels[0](x_NF)
        groups = self.levels[1](summed(nodes, member_N, communities))
        return torch.cat([summed(nodes, owner_N, count), summed(groups, owner_C, count)], dim=1)


def summed(rows_ND: Tensor, owner_N: Tensor, count: int) -> Tensor:
    """`[count, D]`, sums of the rows of each owner."""
    return rows_ND.new_zeros(count, rows_ND.shape[1]).index_add(0, owner_N, rows_ND)
