"""Prototypes: one parameter of unit rows, as many as there are classes, and one clear error when they are too few."""

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.encoders import LearnablePrototypes, Prototypes


def test_they_start_on_the_unit_sphere():
    torch.manual_seed(0)
    weight = Prototypes(500, 8)()
    torch.testing.assert_close(weight.norm(dim=1), torch.ones(500))
    assert weight.mean(0).norm() < 0.1
    assert isinstance(weight, torch.nn.Parameter)


def test_there_is_one_per_class_unless_said_otherwise():
    assert LearnablePrototypes().build(7, 3)().shape == (7, 3)
    assert LearnablePrototypes(count=9).build(7, 3)().shape == (9, 3)
    assert LearnablePrototypes(count=9).build(None, 3)().shape == (9, 3)


def test_what_does_not_fit():
    with pytest.raises(InputError, match="count must be at least the 7 classes of the data, got 6"):
        LearnablePrototypes(count=6).build(7, 3)
    with pytest.raises(InputError, match="count must say how many, as there are no labels"):
        LearnablePrototypes().build(None, 3)
    with pytest.raises(InputError, match="count must be at least 2 prototypes"):
        LearnablePrototypes(count=1)
