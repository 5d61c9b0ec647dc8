"""Gaussian information of paired entries: closed forms, invariances, and what is refused."""

import math

import pytest
import torch

from counterpoint.objectives import GaussianInformation


@pytest.mark.parametrize("rho", [0.0, 0.5, -0.9])
def test_it_is_the_information_of_correlated_gaussians(rho):
    x, noise = torch.randn(2, 20, 20_000, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found = -GaussianInformation()(x, rho * x + math.sqrt(1 - rho**2) * noise)
    assert float(found) == pytest.approx(-0.5 * math.log(1 - rho**2), abs=3e-3)


def test_shift_and_scale_of_a_row_change_nothing():
    x, y = torch.randn(2, 6, 30, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    scale, shift = torch.rand(2, 6, 1, dtype=torch.float64) + 0.5
    torch.testing.assert_close(GaussianInformation()(x * scale + shift, -y), GaussianInformation()(x, y))


def test_equal_views_are_as_informative_as_can_be_and_constant_rows_say_nothing():
    x = torch.randn(4, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    assert float(GaussianInformation()(x, 3 * x)) == pytest.approx(0.5 * math.log(1e-4), abs=1e-6)
    assert float(GaussianInformation()(torch.ones_like(x), x)) == 0.0
