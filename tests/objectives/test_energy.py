"""Energy margins: the public hinge, the batch-hard triplet, InfoNCE of two, and squares by hand."""

import pytest
import torch
from torch.nn import MarginRankingLoss
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import BatchHardTriplet, EnergyMargin, EnergyShape, InfoNCE
from counterpoint.pairwise import Plan


def rows(n=5, d=4, *, seed=0):
    g = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=g, dtype=torch.float64).requires_grad_()


def agree(one, other, *leaves):
    torch.testing.assert_close(one, other)
    for x, y in zip(torch.autograd.grad(one, leaves), torch.autograd.grad(other, leaves), strict=True):
        torch.testing.assert_close(x, y)


@pytest.mark.parametrize("plan", [None, Plan(2, 3)], ids=str)
def test_the_hinge_of_promcse(plan):
    """The positive against the nearest of all in-batch and hard negatives, by torch's ranking loss."""
    a, b, hard = rows(), rows(seed=1), rows(seed=2)
    s = normalize(a) @ normalize(torch.cat([b, hard])).T
    nearest = s.masked_fill(torch.eye(5, 10, dtype=torch.bool), -torch.inf).amax(1)
    expected = MarginRankingLoss(margin=0.2)(s.diagonal(), nearest, torch.ones(5))
    agree(EnergyMargin(margin=0.2)(a, b, negatives=hard, plan=plan), expected, a, b, hard)


def test_the_hinge_of_one_positive_is_the_batch_hard_triplet():
    z, y = rows(6), torch.arange(3).repeat(2)
    agree(EnergyMargin(margin=0.3)(z, labels=y), BatchHardTriplet(margin=0.3)(z, labels=y), z)
    soft = BatchHardTriplet(margin=0.3, soft=True)(z, labels=y)
    agree(EnergyMargin(margin=0.3, shape=EnergyShape.LOG)(z, labels=y), soft, z)


def test_the_logarithm_of_two_answers_is_info_nce():
    """An energy model of the right label and one wrong one: the share of exp(-E)."""
    a, b = rows(2), rows(2, seed=1)
    agree(EnergyMargin(margin=0.0, shape=EnergyShape.LOG)(a, b), InfoNCE(temperature=1.0)(a, b), a, b)


def test_squares_by_hand():
    """Positives at energy 2, the nearest negative at 1: 4 and, from a margin of 1.5, a quarter."""
    z = torch.tensor([[1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    found = EnergyMargin(margin=1.5, shape=EnergyShape.SQUARE)(z, -z)
    assert found.item() == pytest.approx(4.25, rel=1e-12)
    assert EnergyMargin(margin=1.0, shape=EnergyShape.SQUARE)(z, z).item() == 0


def test_no_negatives():
    with pytest.raises(InputError, match="EnergyMargin needs at least one negative"):
        EnergyMargin()(rows(1), rows(1))
