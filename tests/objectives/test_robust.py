"""RGCL: the temperature against a numerical minimiser, fixed temperatures, and which anchors get high ones."""

import math

import pytest
import torch
from scipy.optimize import minimize_scalar
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import DCL, RGCL
from counterpoint.pairwise import Plan


def two_views(n=6, d=3):
    g = torch.Generator().manual_seed(4)
    return tuple(torch.randn(n, d, generator=g, dtype=torch.float64).requires_grad_() for _ in range(2))


def hardness(a, b):
    """How much more similar than the positive every negative is, `[2N, 2N - 2]`."""
    z = normalize(torch.cat([a, b]))
    n = len(z)
    place = torch.arange(n)
    s = z @ z.T
    negative = (place[:, None] - place) % (n // 2) != 0
    return s[negative].view(n, -1) - s[place, place.roll(n // 2)][:, None]


@pytest.mark.parametrize("plan", [None, Plan(5, 12)], ids=str)
@pytest.mark.parametrize("rho", [0.05, 0.3, 3.0])
def test_every_temperature_is_the_minimiser(rho, plan):
    a, b = two_views()
    learnt = torch.tensor(rho, dtype=torch.float64, requires_grad=True)
    loss = RGCL()(a, b, rho=learnt, plan=plan)
    values, temperatures = [], []
    for h in hardness(a, b).detach():
        found = minimize_scalar(
            lambda t, h=h: t * (torch.logsumexp(h / t, 0).item() - math.log(len(h)) + rho),
            bounds=(0.05, 0.7),
            method="bounded",
            options={"xatol": 1e-10},
        )
        values.append(found.fun)
        temperatures.append(found.x)
    assert loss.item() == pytest.approx(sum(values) / len(values), rel=1e-7)
    # By the envelope theorem the slope in rho is the temperature.
    (slope,) = torch.autograd.grad(loss, learnt)
    assert slope.item() == pytest.approx(sum(temperatures) / len(temperatures), abs=1e-5)


def test_at_one_temperature_it_is_dcl():
    a, b = two_views()
    found = RGCL(bounds=(0.2, 0.2))(a, b)
    expected = 0.2 * (DCL(temperature=0.2)(a, b) - math.log(10) + 0.3)
    torch.testing.assert_close(found, expected)
    for x, y in zip(torch.autograd.grad(found, (a, b)), torch.autograd.grad(expected, (a, b)), strict=True):
        torch.testing.assert_close(x, y)


def test_a_large_radius_asks_for_the_lowest_temperature():
    """No weights of 10 negatives are further than log(10) from uniform."""
    a, b = two_views()
    rho = math.log(10) + 0.01
    torch.testing.assert_close(RGCL(rho=rho)(a, b), RGCL(rho=rho, bounds=(0.05, 0.05))(a, b))


def test_frequent_meanings_get_higher_temperatures():
    """Five rows of one direction and one of another: of the five, each has four near negatives."""
    g = torch.Generator().manual_seed(0)
    crowd = torch.tensor([[1.0, 0, 0, 0, 0, 0]]) + 0.1 * torch.randn(5, 6, generator=g)
    z = torch.cat([crowd, torch.eye(6)[1:]]).double()
    temperatures = []
    for k in (0, 7):
        weights = torch.zeros(len(z), dtype=torch.float64)
        weights[k] = 1
        rho = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
        loss = RGCL(bounds=(0.01, 2.0))(z, z, weights=weights, rho=rho)
        temperatures.append(torch.autograd.grad(loss, rho)[0].item())
    assert temperatures[0] > 2 * temperatures[1]


@pytest.mark.parametrize("bounds", [(0.0, 0.5), (0.5, 0.1), (0.1, math.inf)])
def test_bad_bounds(bounds):
    with pytest.raises(InputError, match="bounds must be two temperatures"):
        RGCL(bounds=bounds)
