"""The Bessel function's logarithm against scipy's, closed forms and its own recurrences."""

import math

import numpy as np
import pytest
import torch
from scipy.special import gammaln, ive

from counterpoint.base.bessel import log_growth, ratio

ARGUMENTS = np.concatenate([[1e-8, 1e-4], np.logspace(-3, 6, 100)])
ORDERS = [-0.5, 0.0, 0.5, 1.0, 3.0, 7.5, 15.0, 24.0, 24.5, 25.0, 25.5, 31.0, 63.0, 127.0, 255.0, 511.5]


def by_scipy(order, x):
    """Where scipy does not underflow."""
    scaled, above = ive(order, x), ive(order + 1, x)
    fine = (scaled > 1e-290) & (above > 1e-290)
    x, scaled, above = x[fine], scaled[fine], above[fine]
    at_zero = -order * math.log(2) - gammaln(order + 1)
    return x, np.log(scaled) + x - order * np.log(x) - at_zero, above / scaled / x


@pytest.mark.parametrize("order", ORDERS)
def test_scipy_agrees(order):
    x, growth, quotient = by_scipy(order, ARGUMENTS)
    assert len(x) > 40
    q = torch.from_numpy(x).square()
    np.testing.assert_allclose(log_growth(q, order), growth, rtol=1e-12, atol=1e-11)
    np.testing.assert_allclose(ratio(q, order), quotient, rtol=1e-12)


@pytest.mark.parametrize("order", [*ORDERS, 4095.0])
def test_single_precision(order):
    q = torch.from_numpy(ARGUMENTS).square().float()
    torch.testing.assert_close(log_growth(q, order).double(), log_growth(q.double(), order), rtol=2e-6, atol=1e-8)
    torch.testing.assert_close(ratio(q, order).double(), ratio(q.double(), order), rtol=1e-6, atol=0)


def test_closed_forms():
    x = torch.logspace(-3, 2.5, 30, dtype=torch.float64)
    torch.testing.assert_close(log_growth(x.square(), -0.5), torch.cosh(x).log(), rtol=1e-10, atol=1e-15)
    torch.testing.assert_close(ratio(x.square(), -0.5), torch.tanh(x) / x)
    torch.testing.assert_close(log_growth(x.square(), 0.5), (torch.sinh(x) / x).log(), rtol=1e-8, atol=1e-14)
    i0 = torch.special.i0e(x).log() + x
    torch.testing.assert_close(log_growth(x.square(), 0.0), i0, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("order", [63.0, 511.0, 4095.0])
def test_small_arguments_follow_the_series(order):
    """Two terms of 1 + u / (order + 1) + u^2 / (2 (order + 1) (order + 2)), where scipy underflows."""
    q = torch.logspace(-6, 0, 20, dtype=torch.float64)
    u = q / 4
    series = torch.log1p(u / (order + 1) + u**2 / (2 * (order + 1) * (order + 2)))
    torch.testing.assert_close(log_growth(q, order), series, rtol=1e-5, atol=1e-14)


@pytest.mark.parametrize("order", ORDERS)
def test_zero(order):
    q = torch.zeros(1, dtype=torch.float64)
    assert abs(log_growth(q, order).item()) < 1e-16
    assert ratio(q, order).item() == pytest.approx(1 / (2 * order + 2), rel=1e-13)


@pytest.mark.parametrize("order", [-0.5, 0.0, 1.5, 31.0])
def test_derivatives(order):
    q = torch.tensor([1e-3, 0.5, 7.0, 400.0, 1e4], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: log_growth(x, order), q, rtol=1e-6, atol=1e-7)
    assert torch.autograd.gradgradcheck(lambda x: log_growth(x, order), q, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_extremes_are_finite(dtype):
    q = torch.tensor([0.0, 1e-45, 1e-30, 1e20, 1e37], dtype=dtype, requires_grad=True)
    for order in (-0.5, 0.0, 63.0, 4095.0):
        growth = log_growth(q, order)
        (slope,) = torch.autograd.grad(growth.sum(), q)
        assert torch.isfinite(growth).all()
        assert torch.isfinite(slope).all()
        assert (slope > 0).all()
