"""Nodes by the hyperedges that they lie on: members of an edge are read together, edges are mixed by attention."""

import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError


class HyperedgeAttention(nn.Module):
    """A perceptron of an edge's other members side by side, and attention of a node over its edges.

    Formula: ``m_e = MLP([x_a; x_b; ..])`` over the members of edge e by type, ``z_i = sum_e softmax_e(a(m_e)) m_e``
    over the edges of node i. With ``together=False`` every member is an edge by itself, with a perceptron of its
    type: what a graph of pairs can say.

    Attributes:
        together: Whether the members of an edge are read together.
    """

    def __init__(self, dim: int, *, types: int, together: bool = True) -> None:
        """Draw weights from torch's random state.

        Args:
            dim: D of members and of nodes.
            types: Members of an edge besides its node.
            together: Whether they are read together.

        Raises:
            InputError: Sizes below 1.
        """
        super().__init__()
        if min(dim, types) < 1:
            raise InputError(f"dim and types must be at least 1, got {dim} and {types}")
        self.together = together
        widths = [types * dim] if together else [dim] * types
        self.read = nn.ModuleList(
            nn.Sequential(nn.Linear(width, 2 * dim), nn.ReLU(), nn.Linear(2 * dim, dim)) for width in widths
        )
        self.attention = nn.Linear(dim, 1)

    def forward(self, members_ETD: Tensor, owner_E: Tensor, count: int) -> Tensor:
        """`[count, D]`; zeros for a node without an edge.

        Args:
            members_ETD: Rows of the members of each edge, one of each type.
            owner_E: int64, the node of each edge.
            count: How many nodes there are.
        """
        if self.together:
            messages, owner = self.read[0](members_ETD.flatten(1)), owner_E
        else:
            sides = [read(rows) for read, rows in zip(self.read, members_ETD.unbind(1), strict=True)]
            messages, owner = torch.cat(sides), owner_E.repeat(len(sides))
        scores = self.attention(messages)[:, 0]
        # One shift for all: a softmax of each node does not depend on it, and scores of a linear map are moderate.
        weights = (scores - scores.detach().max()).exp()
        total = weights.new_zeros(count).index_add(0, owner, weights)
        rows = messages.new_zeros(count, messages.shape[1]).index_add(0, owner, weights[:, None] * messages)
        return rows / torch.where(total > 0, total, 1.0)[:, None]
