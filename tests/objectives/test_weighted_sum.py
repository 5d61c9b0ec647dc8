"""Sums of losses: their value, what they need, and how they are written down."""

import json

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.objectives import (
    CMC,
    Alignment,
    CodingRate,
    CoSENT,
    InfoNCE,
    KoLeo,
    NegativeCosine,
    RateReduction,
    SupCon,
    Uniformity,
    VICReg,
    WeightedSum,
)
from counterpoint.pairwise import Needs, Plan, SameKey

SIMDINO = WeightedSum(losses=(NegativeCosine(), CodingRate(eps=0.5)), weights=(1.0, 0.1))


def views(n: int = 6):
    g = torch.Generator().manual_seed(1)
    return [torch.randn(n, 4, generator=g, dtype=torch.float64).requires_grad_() for _ in range(2)]


def agree(one, other, *leaves):
    torch.testing.assert_close(one, other)
    for left, right in zip(torch.autograd.grad(one, leaves), torch.autograd.grad(other, leaves), strict=True):
        torch.testing.assert_close(left, right)


def test_it_is_the_sum():
    a, b = views()
    agree(SIMDINO(a, b), NegativeCosine()(a, b) + 0.1 * CodingRate(eps=0.5)(a, b), a, b)
    agree(WeightedSum()(a, b), Alignment()(a, b) + Uniformity()(a, b), a, b)


def test_arguments_reach_every_loss():
    a, b = views()
    y, w = torch.tensor([0, 1, 0, 1, 2, 2]), torch.arange(1.0, 7.0)
    both = WeightedSum(losses=(SupCon(), KoLeo()), weights=(1.0, 0.5))
    expected = SupCon()(a, b, labels=y, weights=w) + 0.5 * KoLeo()(a, b, labels=y, weights=w)
    agree(both(a, b, labels=y, weights=w, plan=Plan(2, 3)), expected, a, b)


def test_a_sum_of_sums():
    a, b = views()
    nested = WeightedSum(losses=(SIMDINO, Uniformity()), weights=(2.0, -1.0))
    agree(nested(a, b), 2 * SIMDINO(a, b) - Uniformity()(a, b), a, b)


def test_it_needs_what_its_losses_need():
    assert WeightedSum().needs == Needs.POSITIVES
    assert WeightedSum().joint
    assert not SIMDINO.joint
    found = WeightedSum(losses=(VICReg(), RateReduction()), weights=(1.0, 1.0))
    assert found.needs == Needs.VIEWS | Needs.LABELS
    assert WeightedSum(losses=(CoSENT(),), weights=(1.0,)).needs & Needs.SCORES


def test_what_one_loss_cannot_use_is_refused():
    a, b = views()
    with pytest.raises(InputError, match="labels cannot be used here: views of the same examples"):
        WeightedSum(losses=(SupCon(), CMC()), weights=(1.0, 1.0))(a, b, labels=torch.arange(6))
    with pytest.raises(InputError, match="scores"):
        WeightedSum()(a, b, scores=torch.arange(6.0))
    same = SameKey(torch.arange(6), torch.arange(6), local=True)
    with pytest.raises(InputError, match="relation has shape"):
        WeightedSum()(a, b, relation=same)


def test_numbers_of_its_losses_are_settings():
    a, b = views()
    one = WeightedSum(losses=(InfoNCE(), Uniformity()), weights=(1.0, 1.0))
    assert one.numbers() == ()
    with pytest.raises(InputError, match=r"WeightedSum has no number 'temperature' to learn; it has \[\]"):
        one(a, b, temperature=torch.tensor(0.1, requires_grad=True))


@pytest.mark.parametrize("one", [WeightedSum(), SIMDINO, WeightedSum(losses=(SIMDINO,), weights=(3,))])
def test_it_is_written_and_read_back(one):
    assert from_json(json.loads(json.dumps(to_json(one)))) == one
    assert eval(repr(one), vars(__import__("counterpoint.objectives", fromlist=["_"])) | {"Cosine": None}) == one


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"losses": (), "weights": ()}, "losses must be one or more losses"),
        ({"losses": (Alignment(), 3), "weights": (1.0, 1.0)}, "losses must be one or more losses"),
        ({"weights": (1.0,)}, "weights must be 2 numbers, one for each loss"),
        ({"weights": (1.0, float("nan"))}, "weights must be a finite number, got nan"),
    ],
)
def test_bad_settings(arguments, why):
    with pytest.raises(InputError, match=why):
        WeightedSum(**arguments)
