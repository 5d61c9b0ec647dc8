"""Inverse propensity: the formula, and what it does where the surface misleads."""

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.pairs.propensity import InversePropensity

MEANING = torch.tensor([[0.9, 0.9, 0.2, 0.2]], dtype=torch.float64)
SURFACE = torch.tensor([[0.8, 0.1, 0.8, 0.1]], dtype=torch.float64)


def test_chances_are_those_of_the_formula():
    rule = InversePropensity(temperature=0.5, floor=0.2)
    wanted = (MEANING / 0.5).exp() / (SURFACE + 0.2)
    torch.testing.assert_close(rule.positives(MEANING, SURFACE), wanted / wanted.sum())
    wanted = (-MEANING / 0.5).exp() * (SURFACE + 0.2)
    torch.testing.assert_close(rule.negatives(MEANING, SURFACE), wanted / wanted.sum())


def test_alike_in_meaning_alone_is_the_positive_and_alike_in_words_alone_the_negative():
    rule = InversePropensity()
    assert int(rule.positives(MEANING, SURFACE).argmax()) == 1
    assert int(rule.negatives(MEANING, SURFACE).argmax()) == 2


def test_draws_undo_a_bias_of_the_surface():
    """Equal in meaning, the words in common no longer decide: each is as rare as it is alike."""
    surface = torch.rand(1, 50, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    chances = InversePropensity(floor=1e-9).positives(torch.ones_like(surface), surface)
    torch.testing.assert_close(chances * surface, (chances * surface).mean().expand_as(chances))


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="temperature and floor must be positive"):
        InversePropensity(floor=0.0)
    with pytest.raises(InputError, match=r"must be \[N, K\] both"):
        InversePropensity().positives(MEANING, SURFACE[:, :2])
    with pytest.raises(InputError, match="surface must not be negative"):
        InversePropensity().negatives(MEANING, -SURFACE)
