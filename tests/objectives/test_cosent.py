"""CoSENT worked out by hand, and what it refuses."""

from math import exp, log1p

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.objectives import CoSENT

A = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 2.0]], dtype=torch.float64)
B = torch.tensor([[3.0, 0.0], [0.0, 1.0], [0.0, -1.0]], dtype=torch.float64)
"""Cosines 1, 0 and -1."""
T = 0.5


def loss(*scores):
    return CoSENT(temperature=T)(A, B, scores=torch.tensor(scores)).item()


def test_one_order_violated():
    """Only (1, 0) is out of order, by a difference of 1; the ordered pairs count as well."""
    ordered = [exp((-1 - 0) / T), exp((-1 - 1) / T)]
    assert loss(1.0, 2.0, 0.0) == pytest.approx(log1p(exp(1 / T) + sum(ordered)), rel=1e-12)


def test_right_order():
    assert loss(2.0, 1.0, 0.0) == pytest.approx(log1p(2 * exp(-1 / T) + exp(-2 / T)), rel=1e-12)


def test_ties_say_nothing():
    assert loss(1.0, 1.0, 0.0) == pytest.approx(log1p(exp(-2 / T) + exp(-1 / T)), rel=1e-12)
    assert loss(1.0, 1.0, 1.0) == 0


def test_only_the_order_of_scores_counts():
    assert loss(5, 1, 0) == loss(0.9, 0.3, 0.1) == loss(-1.0, -2.0, -30.0)


def test_half_precision_rows_are_compared_in_float32():
    g = torch.Generator().manual_seed(0)
    a, b = (torch.randn(6, 32, generator=g).bfloat16() for _ in range(2))
    y = torch.arange(6)
    found = CoSENT()(a, b, scores=y)
    assert found.item() == pytest.approx(CoSENT()(a.double(), b.double(), scores=y).item(), rel=1e-5)


ERRORS = {
    "CoSENT needs two sides of scored pairs": (A, B, {}),
    "CoSENT needs two sides": (A, None, {"scores": torch.ones(3)}),
    "labels cannot be used here: CoSENT orders pairs by their scores": (
        A,
        B,
        {"scores": torch.ones(3), "labels": torch.ones(3)},
    ),
    "negatives cannot be used here": (A, B, {"scores": torch.ones(3), "negatives": B}),
    "got 3 anchors, 2 candidates and scores of shape": (A, B[:2], {"scores": torch.ones(3)}),
    "got 3 anchors, 3 candidates and scores of shape": (A, B, {"scores": torch.ones(3, 1)}),
    "scores must be real numbers, and some are not": (A, B, {"scores": torch.tensor([1.0, torch.nan, 2.0])}),
}


@pytest.mark.parametrize("message", ERRORS)
def test_errors(message):
    a, b, given = ERRORS[message]
    with pytest.raises(InputError, match=message):
        CoSENT()(a, b, **given)
