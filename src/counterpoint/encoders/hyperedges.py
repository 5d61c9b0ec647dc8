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
        types: Members of an edge besides its node.
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
        self.together, self.types = together, types
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

        Raises:
            InputError: Members of another shape, not one owner for each edge, or an owner that is no node.
        """
        self._check(members_ETD, owner_E, count)
        if self.together:
            messages, owner = self.read[0](members_ETD.flatten(1)), owner_E
        else:
            sides = [read(rows) for read, rows in zip(self.read, members_ETD.unbind(1), strict=True)]
            messages, owner = torch.cat(sides), owner_E.repeat(len(sides))
        scores = self.attention(messages)[:, 0]
        # One shift for all: a softmax of each node does not depend on it, and scores of a linear map are moderate.
        shift = scores.detach().max() if len(scores) else 0.0
        weights = (scores - shift).exp()
        total = weights.new_zeros(count).index_add(0, owner, weights)
        rows = messages.new_zeros(count, messages.shape[1]).index_add(0, owner, weights[:, None] * messages)
        return rows / torch.where(total > 0, total, 1.0)[:, None]

    def _check(self, members_ETD: Tensor, owner_E: Tensor, count: int) -> None:
        of_an_edge = (self.types, self.attention.in_features)
        if members_ETD.ndim != 3 or tuple(members_ETD.shape[1:]) != of_an_edge:
            raise InputError(f"members must be [E, {of_an_edge[0]}, {of_an_edge[1]}], got {list(members_ETD.shape)}")
        if owner_E.shape != members_ETD.shape[:1]:
            raise InputError(f"owner must be [E] for E = {len(members_ETD)} edges, got shape {list(owner_E.shape)}")
        if len(owner_E) and (int(owner_E.min()) < 0 or int(owner_E.max()) >= count):
            raise InputError(f"owner must lie in 0..{count - 1}, got {int(owner_E.min())} to {int(owner_E.max())}")
