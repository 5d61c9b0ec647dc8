"""What each of two processes does in test_weighed_negatives; importable by processes that are started afresh."""

import torch
from torch import Tensor

from counterpoint.methods import AdaptiveNegatives, TeamUp

N, D = 7, 5
SHARES = (slice(0, 3), slice(3, N))


def adaptive(*, levelled: bool) -> AdaptiveNegatives:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return AdaptiveNegatives(D, hidden=3, temperature=0.3, levelled=levelled).double()


def views() -> Tensor:
    """`[2, N, D]`."""
    return torch.randn(2, N, D, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def strength() -> Tensor:
    return torch.rand(N, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def outcomes(share: slice) -> dict[str, list[Tensor]]:
    """Losses, then gradients of the rows `[2, n, D]` and of whatever learns, from a share of the batch."""
    found = {}
    for name, loss in {
        "even": adaptive(levelled=False),
        "levelled": adaptive(levelled=True),
        "team up": TeamUp(strength()[share], stride=10.0),
    }.items():
        x = views()[:, share].clone().requires_grad_()
        value = loss(x[0], x[1], step=5) if isinstance(loss, TeamUp) else loss(x[0], x[1])
        found[name] = [value.detach(), *torch.autograd.grad(value, [x, *loss.parameters()])]
    return found


def work(rank: int, _: int) -> dict[str, list[Tensor]]:
    return outcomes(SHARES[rank])
