"""Samples of von Mises-Fisher distributions: lengths, moments in closed form, gradients, seeds."""

import pytest
import torch
from torch.nn.functional import normalize

from counterpoint.base.bessel import ratio
from counterpoint.base.errors import InputError
from counterpoint.encoders import von_mises_fisher
from counterpoint.objectives import MCInfoNCE


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def mean_cosine(d: int, k: float) -> float:
    """I_{D/2}(k) / I_{D/2-1}(k)."""
    return k * ratio(torch.tensor(k * k, dtype=torch.float64), d / 2 - 1).item()


@pytest.mark.parametrize("d", [2, 3, 5, 64])
@pytest.mark.parametrize("k", [0.0, 0.5, 10.0, 300.0])
def test_the_mean_is_where_it_should_be(d, k):
    m = normalize(torch.randn(1, d, generator=seeded(1), dtype=torch.float64))
    z = von_mises_fisher(3 * m, torch.tensor([k], dtype=torch.float64), samples=20_000, generator=seeded())[0]
    torch.testing.assert_close(z.norm(dim=1), torch.ones(len(z), dtype=torch.float64))
    cosines = z @ m[0]
    assert cosines.mean().item() == pytest.approx(mean_cosine(d, k), abs=4 * cosines.std().item() / len(z) ** 0.5)
    across = z - cosines[:, None] * m
    assert across.mean(0).norm() < 5 * across.norm(dim=1).mean() / len(z) ** 0.5


def test_on_the_sphere_the_distribution_function_is_known():
    """D = 3: w is distributed as (exp(kw) - exp(-k)) / (exp(k) - exp(-k))."""
    k = 4.0
    z = von_mises_fisher(
        torch.tensor([[0.0, 0.0, 1.0]], dtype=torch.float64),
        torch.tensor([k], dtype=torch.float64),
        samples=20_000,
        generator=seeded(),
    )
    w = z[0, :, 2].sort().values
    expected = (torch.exp(k * w) - torch.exp(torch.tensor(-k))) / (2 * torch.sinh(torch.tensor(k)))
    empirical = (torch.arange(len(w), dtype=torch.float64) + 0.5) / len(w)
    assert (empirical - expected).abs().max() < 1.95 / len(w) ** 0.5  # Kolmogorov, one in a thousand


def test_rows_are_drawn_apart_and_seeds_repeat():
    m, k = torch.randn(6, 4, generator=seeded(2)), torch.tensor([0.0, 1.0, 10.0, 100.0, 1e3, 1e4])
    one, other = (von_mises_fisher(m, k, samples=50, generator=seeded(s)) for s in (0, 1))
    assert torch.equal(one, von_mises_fisher(m, k, samples=50, generator=seeded()))
    assert not torch.equal(one, other)
    spread = (one @ normalize(m)[..., None])[..., 0].mean(1)
    assert torch.equal(spread.argsort(), torch.arange(6))


def test_the_gradient_by_the_mean_turns_the_samples():
    """Of E<z, a> it is A(k) times the derivative of <m, a>; single samples agree with finite differences."""
    m = torch.randn(2, 3, generator=seeded(3), dtype=torch.float64).requires_grad_()
    k = torch.tensor([3.0, 20.0], dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: von_mises_fisher(x, k, samples=3, generator=seeded()), (m,))
    a = torch.randn(3, generator=seeded(4), dtype=torch.float64)
    (found,) = torch.autograd.grad((von_mises_fisher(m, k, samples=20_000, generator=seeded()) @ a).mean(1).sum(), m)
    direction = torch.stack([mean_cosine(3, x) * row for x, row in zip(k.tolist(), normalize(m), strict=True)])
    (expected,) = torch.autograd.grad((direction @ a).sum(), m)
    torch.testing.assert_close(found, expected, rtol=0.05, atol=0.02)


def test_the_gradient_by_the_concentration_has_the_right_sign_and_size():
    k = torch.tensor([5.0], dtype=torch.float64, requires_grad=True)
    m = torch.tensor([[1.0, 0.0, 0.0]], dtype=torch.float64)
    (found,) = torch.autograd.grad(von_mises_fisher(m, k, samples=20_000, generator=seeded())[..., 0].mean(), k)
    expected = (mean_cosine(3, 5.01) - mean_cosine(3, 4.99)) / 0.02
    assert found.item() == pytest.approx(expected, rel=0.35)  # what is left out of it


def test_samples_reach_the_loss_and_gradients_the_means():
    m = torch.randn(8, 5, generator=seeded(6)).requires_grad_()
    k = torch.full((8,), 50.0, requires_grad=True)
    one, other = (von_mises_fisher(m, k, samples=16, generator=seeded(s)) for s in (0, 1))
    MCInfoNCE(temperature=0.1)(one, other).backward()
    assert m.grad is not None
    assert k.grad is not None
    assert torch.isfinite(m.grad).all()
    assert torch.isfinite(k.grad).all()
    assert k.grad.abs().sum() > 0


@pytest.mark.parametrize(
    ("m", "k", "samples", "message"),
    [
        (torch.ones(2, 1), torch.ones(2), 1, "D at least 2"),
        (torch.ones(2, 3), torch.ones(3), 1, "concentration_N must hold 2 numbers"),
        (torch.ones(2, 3), torch.tensor([1.0, -1.0]), 1, "not negative"),
        (torch.ones(2, 3), torch.ones(2), 0, "samples must be at least 1"),
    ],
)
def test_bad_input(m, k, samples, message):
    with pytest.raises(InputError, match=message):
        von_mises_fisher(m, k, samples=samples)
