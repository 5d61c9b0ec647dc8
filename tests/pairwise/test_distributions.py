"""Divergences against torch.distributions, expected likelihoods against integrals and scipy."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.special import gammaln, ive
from scipy.stats import vonmises_fisher
from similar import EPS32, gradients, normal, rotation, scores
from torch.distributions import Independent, Normal, kl_divergence
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import InfoNCE
from counterpoint.pairwise import NegativeKL, VonMisesFisherLikelihood

A, B = normal(5, 6), normal(7, 6, seed=1)
RELATIVE = VonMisesFisherLikelihood(relative=True)


def gaussians(x):
    mean, log_variance = x.chunk(2, -1)
    return Independent(Normal(mean, (log_variance / 2).exp()), 1)


def divergences(a, b):
    return kl_divergence(gaussians(a[:, None]), gaussians(b[None]))


@pytest.mark.parametrize("width", [2, 6, 64])
def test_divergence(width):
    a, b = normal(5, width), normal(7, width, seed=1)
    torch.testing.assert_close(scores(NegativeKL(), a, b), -divergences(a, b))


def test_the_divergence_of_equals_is_zero_and_flat():
    torch.testing.assert_close(scores(NegativeKL(), A, A).diagonal(), torch.zeros(5).double(), rtol=0, atol=1e-13)
    for gradient in gradients(NegativeKL(), A, A, torch.eye(5).double()):
        torch.testing.assert_close(gradient, torch.zeros_like(A), rtol=0, atol=1e-12)


def test_the_divergence_has_a_direction_and_unit_variances_make_it_a_distance():
    assert not torch.allclose(scores(NegativeKL(), A, B), scores(NegativeKL(), B, A).T)
    mean_a, mean_b = A[:, :3], B[:, :3]
    found = scores(NegativeKL(), torch.cat([mean_a, 0 * mean_a], 1), torch.cat([mean_b, 0 * mean_b], 1))
    torch.testing.assert_close(found, -torch.cdist(mean_a, mean_b).square() / 2)


def test_a_change_of_units_changes_nothing():
    factor, shift = torch.tensor([2.0, 0.1, 5.0]).double(), normal(3)

    def changed(x):
        mean, log_variance = x.chunk(2, 1)
        return torch.cat([mean * factor + shift, log_variance + 2 * factor.log()], 1)

    torch.testing.assert_close(scores(NegativeKL(), changed(A), changed(B)), scores(NegativeKL(), A, B))


@pytest.mark.parametrize("spread", [0.3, 1.0, 3.0])
def test_rounding_of_a_divergence_is_as_stated(spread):
    x = normal(60, 64)
    x[:, 32:] *= spread
    x = x.float().double()
    mean, log_variance = x.chunk(2, 1)
    precision = (-log_variance).exp()
    size = (log_variance.exp() + mean.square()) @ precision.T + (mean.square() * precision).sum(1)
    single = scores(NegativeKL(), x.float(), x.float()).double()
    assert ((single + divergences(x, x)).abs() <= 8 * EPS32 * size).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("level", [-1e4, -90.0, -30.0, 30.0, 90.0, 1e4])
def test_extreme_log_variances_stay_finite(dtype, level):
    a, b = A.to(dtype).clone(), B.to(dtype).clone()
    a[0, 3:], b[1, 3:], b[2, 3:] = level, level, -level
    found = scores(NegativeKL(), a, b)
    assert torch.isfinite(found).all()
    assert all(torch.isfinite(g).all() for g in gradients(NegativeKL(), a, b, torch.ones_like(found)))


def test_an_odd_width_is_refused():
    with pytest.raises(InputError, match="width 5 is odd"):
        InfoNCE(similarity=NegativeKL())(normal(3, 5), normal(3, 5))


def by_scipy(a, b):
    """Log C(|a|) + log C(|b|) - log C(|a + b|), pair by pair."""

    def log_c(k):
        order = a.shape[1] / 2 - 1
        return order * np.log(k) - a.shape[1] / 2 * np.log(2 * np.pi) - np.log(ive(order, k)) - k

    lengths = [x.norm(dim=-1).numpy() for x in (a[:, None], b[None], a[:, None] + b[None])]
    return torch.from_numpy(log_c(lengths[0]) + log_c(lengths[1]) - log_c(lengths[2]))


@pytest.mark.parametrize("dimensions", [2, 3, 5, 16, 64, 128])
@pytest.mark.parametrize("concentration", [5.0, 50.0, 2000.0])
def test_likelihood_by_scipys_bessel_function(dimensions, concentration):
    a = concentration * normalize(normal(5, dimensions))
    b = concentration / 2 * normalize(normal(6, dimensions, seed=1))
    expected = by_scipy(a, b)
    known = torch.isfinite(expected)
    assert known.any()
    found = scores(VonMisesFisherLikelihood(), a, b)
    torch.testing.assert_close(found[known], expected[known], rtol=1e-10, atol=1e-9)


def test_likelihood_is_an_integral_over_the_circle():
    a, b = torch.tensor([[2.0, 1.0]]).double(), torch.tensor([[-0.5, 3.0]]).double()

    def density(row, angle):
        mean, k = (row / row.norm()).numpy(), float(row.norm())
        return vonmises_fisher(mean, k).pdf([math.cos(angle), math.sin(angle)])

    integral, _ = quad(lambda angle: density(a[0], angle) * density(b[0], angle), 0, 2 * math.pi, epsabs=1e-12)
    assert scores(VonMisesFisherLikelihood(), a, b).item() == pytest.approx(math.log(integral), rel=1e-9)


def test_likelihood_is_a_mean_over_the_sphere():
    """Twenty thousand points of a Fibonacci spiral weigh alike on the sphere in three dimensions."""
    k = torch.arange(20_000, dtype=torch.float64)
    height, angle = 1 - (2 * k + 1) / 20_000, math.pi * (1 + 5**0.5) * k
    flat = (1 - height.square()).sqrt()
    z = torch.stack([flat * angle.cos(), flat * angle.sin(), height], 1)
    a, b = 3 * normal(4, 3), 3 * normal(5, 3, seed=1)

    def log_densities(x):
        """Relative to the uniform density: C(k) = k / sinh(k)."""
        length = x.norm(dim=1)
        return x @ z.T + (length / length.sinh()).log()[:, None]

    mean = torch.logsumexp(log_densities(a)[:, None] + log_densities(b)[None], 2) - math.log(len(z))
    torch.testing.assert_close(scores(RELATIVE, a, b), mean, rtol=1e-4, atol=1e-4)


def test_the_sphere_of_one_dimension_is_two_points():
    a, b = 2 * normal(4, 1), 2 * normal(5, 1, seed=1)
    p, q = (torch.sigmoid(2 * x) for x in (a, b))
    expected = (p * q.T + (1 - p) * (1 - q.T)).log()
    torch.testing.assert_close(scores(VonMisesFisherLikelihood(), a, b), expected)


@pytest.mark.parametrize("dimensions", [1, 2, 3, 17, 300])
def test_relative_adds_the_logarithm_of_the_area(dimensions):
    a, b = normal(3, dimensions), normal(4, dimensions, seed=1)
    area = math.log(2) + dimensions / 2 * math.log(math.pi) - gammaln(dimensions / 2)
    torch.testing.assert_close(scores(RELATIVE, a, b), scores(VonMisesFisherLikelihood(), a, b) + area)
    uniform = scores(RELATIVE, a, torch.zeros_like(b))
    torch.testing.assert_close(uniform, torch.zeros_like(uniform), rtol=0, atol=1e-14)


def test_likelihood_is_symmetric_and_turns_with_both():
    s = scores(RELATIVE, A, B)
    torch.testing.assert_close(scores(RELATIVE, B, A), s.T)
    torch.testing.assert_close(scores(RELATIVE, A @ rotation(6), B @ rotation(6)), s)


def test_certainty_makes_it_a_cosine():
    """Between very concentrated densities, -k_a k_b |u - v|^2 / 2 (k_a + k_b) to first order."""
    u, v = normalize(normal(1, 4)), normalize(normal(1, 4) + 1e-4 * normal(1, 4, seed=1))
    k = 1e6
    change = scores(RELATIVE, k * u, k * v) - scores(RELATIVE, k * u, k * u)
    torch.testing.assert_close(change, -k / 4 * (u - v).square().sum()[None, None], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("dimensions", [2, 16, 128, 1024])
@pytest.mark.parametrize("concentration", [0.1, 10.0, 1e3, 1e6])
def test_rounding_of_a_likelihood_is_as_stated(dimensions, concentration):
    a = (concentration * normalize(normal(40, dimensions))).float().double()
    b = torch.cat([a, -0.7 * a, -a, 0.5 * a.flip(0)]).float().double()
    exact, single = scores(RELATIVE, a, b), scores(RELATIVE, a.float(), b.float()).double()
    lengths = a.norm(dim=1)[:, None] + b.norm(dim=1)
    together = (a[:, None] + b).norm(dim=2)
    where_they_cancel = (8 * EPS32 * lengths.square() / together).minimum(4 * EPS32**0.5 * lengths)
    assert ((single - exact).abs() <= 8 * EPS32 * lengths + where_they_cancel).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("dimensions", [1, 2, 64, 2048])
def test_huge_concentrations_stay_finite(dtype, dimensions):
    a = torch.stack([10.0**e * normalize(normal(dimensions), dim=0) for e in (-20, 0, 8, 15)]).to(dtype)
    b = torch.cat([a, -a])
    found = scores(VonMisesFisherLikelihood(), a, b)
    assert torch.isfinite(found).all()
    assert all(torch.isfinite(g).all() for g in gradients(VonMisesFisherLikelihood(), a, b, torch.ones_like(found)))
