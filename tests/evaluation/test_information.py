"""The bound against a Gaussian whose information is known."""

import math

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.evaluation import info_nce_bound
from counterpoint.objectives import InfoNCE
from counterpoint.pairwise import Dot

RHO = 0.9
INFORMATION = -0.5 * math.log(1 - RHO**2)


def bound(n, repeats):
    """Mean over fresh batches, with the best score there is: log p(y | x) / p(y), an inner product of (x, 1) and y."""
    found = []
    for seed in range(repeats):
        g = torch.Generator().manual_seed(seed)
        x, noise = torch.randn(2, n, 1, generator=g, dtype=torch.float64)
        y = RHO * x + (1 - RHO**2) ** 0.5 * noise
        scale = RHO / (1 - RHO**2)
        anchors = torch.cat([scale * x, torch.full_like(x, -RHO * scale / 2)], 1)
        loss = InfoNCE(temperature=1.0, similarity=Dot())(anchors, torch.cat([y, y.square()], 1))
        found.append(info_nce_bound(loss.item(), n))
    return sum(found) / repeats


def test_it_stays_below_the_information_and_tightens_with_candidates():
    few, many = bound(4, 400), bound(512, 8)
    assert few < many - 0.1
    assert many < INFORMATION + 0.03
    assert many > INFORMATION - 0.1


def test_it_never_exceeds_the_logarithm_of_the_candidates():
    assert info_nce_bound(0.0, 8) == pytest.approx(math.log(8))


@pytest.mark.parametrize(("loss", "candidates"), [(1.0, 0), (math.nan, 4), (math.inf, 4)])
def test_bad_input(loss, candidates):
    with pytest.raises(InputError, match="a bound needs a finite loss"):
        info_nce_bound(loss, candidates)
