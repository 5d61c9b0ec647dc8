"""What each of two processes does in test_global_contrast; importable by processes that are started afresh."""

import torch

from counterpoint.pairs import GlobalContrast


def batches():
    """Two batches of five of eight examples: two views and ids."""
    for seed in range(2):
        g = torch.Generator().manual_seed(seed)
        first, second = torch.randn(2, 5, 3, generator=g, dtype=torch.float64)
        yield first, second, torch.randperm(8, generator=g)[:5]


def train(share: slice) -> dict[str, torch.Tensor]:
    """Losses, gradients of both views, and the state after both batches, from a share of every batch."""
    state = GlobalContrast(8)
    found = {}
    for k, (first, second, ids) in enumerate(batches()):
        views = [x[share].clone().requires_grad_() for x in (first, second)]
        loss = state(*views, ids[share])
        loss.backward()
        found |= {f"loss {k}": loss.detach(), f"first {k}": views[0].grad, f"second {k}": views[1].grad}
    return found | dict(state.state_dict())


def work(rank: int, _: int) -> dict[str, torch.Tensor]:
    return train([slice(0, 3), slice(3, 5)][rank])
