import numpy as np
import pytest
import torch

from counterpoint.objectives import BarlowTwins, CrossCorrelation


def parts(n=40, d=3, seed=0):
    g = torch.Generator().manual_seed(seed)
    return [torch.randn(n, d, generator=g, dtype=torch.float64).requires_grad_() for _ in range(2)]


def test_it_is_the_mean_square_of_numpys_correlations():
    x, y = parts()
    whole = np.corrcoef(x.detach().numpy().T, y.detach().numpy().T)[:3, 3:]
    assert CrossCorrelation()(x, y).item() == pytest.approx((whole**2).mean())


def test_scale_and_place_of_a_feature_mean_nothing():
    x, y = parts()
    moved = x * torch.tensor([0.1, 3.0, 100.0]) + torch.tensor([5.0, 0.0, -2.0])
    torch.testing.assert_close(CrossCorrelation()(moved, y), CrossCorrelation()(x, y))


def test_the_diagonal_counts_like_the_rest():
    x, _ = parts()
    off = BarlowTwins(off_diagonal=1.0)(x, x)
    torch.testing.assert_close(9 * CrossCorrelation()(x, x), off + 3)


def test_going_down_takes_the_parts_apart():
    x, y = parts()
    with torch.no_grad():
        y += x
    optimiser = torch.optim.Adam([x, y], lr=0.05)
    before = CrossCorrelation()(x, y).item()
    for _ in range(200):
        optimiser.zero_grad()
        loss = CrossCorrelation()(x, y)
        loss.backward()
        optimiser.step()
    assert before > 0.1
    assert loss.item() < 1e-3
