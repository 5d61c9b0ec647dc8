"""What each of two processes does in test_bridge; importable by processes that are started afresh."""

import torch
from torch import Tensor

from counterpoint.objectives import BridgeContrast

N, D = 7, 4
SHARES = (slice(0, 3), slice(3, N))


def paths(points: int) -> tuple[Tensor, Tensor]:
    """Points `[N, V, D]` of random paths, and the times `[N, V]` of each."""
    g = torch.Generator().manual_seed(0)
    path = torch.randn(N, points, D, dtype=torch.float64, generator=g).requires_grad_()
    return path, torch.randint(1, 4, (N, points), generator=g).cumsum(1)


def bridge_outcome(share: slice) -> tuple[Tensor, Tensor]:
    """The loss and its gradient from a share of the paths."""
    path, times = (one[share] for one in paths(5))
    path = path.detach().requires_grad_()
    loss = BridgeContrast(times=times)(path)
    return loss.detach(), torch.autograd.grad(loss, path)[0]


def work(rank: int, _: int) -> tuple[Tensor, Tensor]:
    return bridge_outcome(SHARES[rank])
