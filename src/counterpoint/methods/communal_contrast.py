"""Communities that are learnt while nodes are contrasted: gCooL."""

import math

import torch
from torch import Tensor, nn

from counterpoint.base.checks import check_positive_number
from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.objectives import CLIP, InfoNCE
from counterpoint.pairwise import NegativeSquaredEuclidean
from counterpoint.pairwise.explicit import Explicit


class CommunalContrast(nn.Module):
    """Contrast of nodes, edges that should lie within communities, and contrast of nodes with communities.

    Formula: ``L_node + a (c L_density + (1 - c) L_community)`` with ``c = exp(-step / stride)`` and ``a = max(0, 1 -
    step / stride)`` (the public code lets a fall five times as fast). Memberships R are a softmax over cosines with
    learnt centres. ``L_density`` is :func:`edge_density`. ``L_community`` is InfoNCE of a node's row in one view among
    the means of communities in the other, in Gaussian similarity ``exp(-|h - m|^2 / t^2)``, where community l weighs
    ``exp(-g |m_k - m_l|^2)`` for a node of community k. Li, Jing and Tong (2022), "Graph Communal Contrastive
    Learning", arXiv:2110.14863.

    Attributes:
        centres: Learnt, `[K, D]`.
    """

    def __init__(
        self,
        edges_2E: Tensor,
        *,
        communities: int,
        dim: int,
        temperature: float = 0.4,
        spread: float = 8e-5,
        stride: float = 500.0,
        chance: bool = False,
    ) -> None:
        """Draw the centres from torch's random state.

        Args:
            edges_2E: int64 `[2, 2E]`, both directions.
            communities: K, 2 or more.
            dim: Width of the rows that are contrasted.
            temperature: ``t``.
            spread: ``g``.
            stride: Steps after which nodes alone are contrasted, and in which c falls by a factor of e.
            chance: As of :func:`edge_density`.

        Raises:
            InputError: Fewer than two communities, or a setting that is not positive.
        """
        super().__init__()
        if communities < 2:
            raise InputError(f"communities must be 2 or more, got {communities}")
        check_positive_number("temperature", temperature)
        check_positive_number("stride", stride)
        self.edges, self.temperature, self.spread, self.stride = edges_2E, temperature, spread, stride
        self.chance = chance
        self.centres = nn.Parameter(torch.randn(communities, dim))

    def members(self, h_ND: Tensor) -> Tensor:
        """Memberships `[N, K]`, which sum to 1; gradients reach the centres alone."""
        return torch.softmax(unit_rows(h_ND).detach() @ unit_rows(self.centres).T / self.temperature, dim=1)

    def forward(self, first: Tensor, second: Tensor, step: int) -> Tensor:
        """The loss on rows `[N, D]` of both views at a step, a scalar."""
        sides = unit_rows(first), unit_rows(second)
        members = [self.members(side) for side in sides]
        density = sum(edge_density(one, self.edges, chance=self.chance) for one in members) / 2
        communal = self._communal(sides[0], sides[1], members[1]) + self._communal(sides[1], sides[0], members[0])
        share, left = math.exp(-step / self.stride), max(0.0, 1 - step / self.stride)
        return CLIP(temperature=self.temperature)(*sides) + left * (share * density + (1 - share) * communal / 2)

    def _communal(self, rows_ND: Tensor, others_ND: Tensor, members_NK: Tensor) -> Tensor:
        names, own_N = torch.unique(members_NK.detach().argmax(1), return_inverse=True)
        if len(names) < 2:
            return rows_ND.sum() * 0  # one community has nothing to be told from
        own_NK = torch.nn.functional.one_hot(own_N).bool()
        mean_KD = (own_NK.T.to(others_ND.dtype) @ others_ND.detach()) / own_NK.sum(0)[:, None]
        near_KK = torch.exp(-self.spread * torch.cdist(mean_KD, mean_KD).square())
        weights_NK = torch.where(own_NK, 1.0, near_KK[own_N])
        objective = InfoNCE(temperature=self.temperature**2, similarity=NegativeSquaredEuclidean())
        return objective(rows_ND, mean_KD, relation=Explicit(own_NK, ~own_NK, weights_NK))


def edge_density(members_NK: Tensor, edges_2E: Tensor, *, between: float = 1.0, chance: bool = False) -> Tensor:
    """How much denser edges lie between communities than within: DeCA's loss, small where communities are dense.

    Formula: with ``F = R^T A R``, ``(b sum F - (N - 1 + b) trace F) / (N (N - 1)) + trace(R^T R) / 2N``, as in the
    public code; it is smallest where all nodes are one community. With ``chance`` the last term is ``d |R^T 1|^2 / N``,
    what the density ``d`` of the graph leads one to expect: ``-sum_k sum_ij (A_ij - d) R_ik R_jk / N`` is left of the
    edges within, which one community of all nodes does not gain from.

    Args:
        members_NK: R, rows sum to 1.
        edges_2E: int64 `[2, 2E]`, both directions of A.
        between: b, the weight of edges between communities.
        chance: Whether edges within communities count beyond what chance leads one to expect.
    """
    n = len(members_NK)
    flow_KK = members_NK[edges_2E[0]].T @ members_NK[edges_2E[1]]
    density = (between * flow_KK.sum() - (n - 1 + between) * flow_KK.trace()) / (n * (n - 1))
    if chance:
        expected = edges_2E.shape[1] / (n * (n - 1))
        return density + expected * members_NK.sum(0).square().sum() / n
    return density + members_NK.square().sum() / (2 * n)
