"""What each of two processes does in test_composed_losses; importable by processes that are started afresh."""

import torch
from torch import Tensor

from counterpoint.methods import ParallelPaths, SepCLR
from counterpoint.objectives import InfoNCE
from counterpoint.pairs import RunningTiCo, Within
from counterpoint.pairwise import SameKey

N, D = 7, 4
SHARES = (slice(0, 3), slice(3, N))
TARGETS, GROUPS = torch.tensor([0, 1, 1, 0, 1, 0, 1]), torch.tensor([0, 0, 1, 1, 0, 1, 0])


def outcomes(share: slice) -> dict[str, tuple[Tensor, Tensor]]:
    """Losses, and gradients of eight tensors of rows side by side, from a share of the batch."""
    g = torch.Generator().manual_seed(0)
    x = torch.randn(8, N, D, generator=g, dtype=torch.float64)[:, share].clone().requires_grad_()
    state, keys, groups = RunningTiCo(D).double(), torch.arange(N)[share], GROUPS[share]
    losses = {
        "first batch": state(x[0], x[1]),
        "second batch": state(x[2], x[3]),
        "separation": SepCLR(salient=2.0, constant=3.0)((x[0], x[1]), (x[2], x[3]), TARGETS[share]),
        "paths": ParallelPaths()(x[:3].transpose(0, 1), x[3:6].transpose(0, 1)),
        "groups": InfoNCE()(x[6], x[7], relation=Within(SameKey(keys, keys), groups, groups)),
    }
    gradients = {name: torch.autograd.grad(loss, x, retain_graph=True)[0] for name, loss in losses.items()}
    return {name: (loss.detach(), gradients[name]) for name, loss in losses.items()}


def work(rank: int, _: int) -> dict[str, tuple[Tensor, Tensor]]:
    return outcomes(SHARES[rank])
