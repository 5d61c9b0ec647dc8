"""Graphs without their longest edges: what a detector of odd nodes passes messages over."""

import torch
from torch import Tensor


def without_far_neighbours(edges_2E: Tensor, x_NF: Tensor, generator: torch.Generator) -> Tensor:
    """The edges that at least one end finds short enough; drawn anew, and so narrower, every time it is applied.

    Formula, with ``d_ij = |x_i - x_j|``, m its mean over all edges and M_i its largest value at node i: r_i is uniform
    on ``m .. max(m, M_i)``; an edge stays when ``d_ij <= max(r_i, r_j)``. Qiao and Pang
    (2023), "Truncated Affinity Maximization: One-class Homophily Modeling for Graph Anomaly Detection",
    arXiv:2306.00006, Sec. 3.3: edges that join odd nodes to others are long, and messages over them hide the oddness.

    Args:
        edges_2E: int64 `[2, E]`, both directions.
        x_NF: Features, by which distance is measured.
        generator: Draws the limits.

    Returns:
        int64 `[2, E']`, both directions, in the order they had.
    """
    if not edges_2E.shape[1]:
        return edges_2E
    far_E = (x_NF[edges_2E[0]] - x_NF[edges_2E[1]]).norm(dim=1)
    mean, farthest_N = far_E.mean(), far_E.new_zeros(len(x_NF)).scatter_reduce_(0, edges_2E[0], far_E, "amax")
    chance_N = torch.rand(len(x_NF), generator=generator).to(far_E)
    limit_N = mean + (farthest_N - mean).clamp_min(0) * chance_N
    return edges_2E[:, far_E <= torch.maximum(limit_N[edges_2E[0]], limit_N[edges_2E[1]])]
