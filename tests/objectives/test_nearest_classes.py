"""ICNN by hand, and what it asks for."""

from math import log

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.objectives import ICNN
from counterpoint.pairwise import Others, SameKey, Weighted


def line(*places: float) -> torch.Tensor:
    return torch.tensor(places, dtype=torch.float64)[:, None].requires_grad_()


def test_by_hand():
    """Rows at 0, 1 of one class and 4, 7 of the other; k = 2, looking at all three others."""
    z, y = line(0, 1, 4, 7), torch.tensor([0, 0, 1, 1])
    # Own distances 1, 1, 3, 3 over the larger of the nearest other (4, 3, 3, 6) and the second nearest (4, 3, 3, 6).
    near = 1 - (1 / 4 + 1 / 3 + 3 / 3 + 3 / 6) / 4
    # Of the two nearest, those of the other class: 4, 3, 3, 6.
    far = (4 + 3 + 3 + 6) / 4 / 6
    expected = -log((near + far) / 4 + 1 / 4)
    assert ICNN(neighbours=2, within=3)(z, labels=y).item() == pytest.approx(expected, rel=1e-6)


def test_separated_classes_cost_less():
    y = torch.tensor([0, 0, 0, 1, 1, 1])
    losses = [ICNN(neighbours=2, within=3)(line(0, 1, 2, gap, gap + 1, gap + 2), labels=y).item() for gap in (3, 9, 90)]
    assert losses == sorted(losses, reverse=True)


def test_without_another_class_in_sight_nothing_is_asked():
    y = torch.tensor([0, 0, 0, 1, 1, 1])
    z = line(0, 1, 2, 50, 51, 52)
    assert abs(ICNN(neighbours=2, within=2)(z, labels=y).item()) < 1e-12


def test_scale_means_nothing():
    y = torch.tensor([0, 1, 0, 1])
    one, other = (ICNN(neighbours=2, within=3)(line(*(k * x for x in (0, 1, 4, 9))), labels=y) for k in (1, 7))
    torch.testing.assert_close(one, other)


def test_settings_are_checked():
    with pytest.raises(InputError, match="within must be at least neighbours, 4, got 3"):
        ICNN(neighbours=4, within=3)


def test_pairs_cannot_be_weighed():
    y = torch.tensor([0, 1, 0])
    relation = Weighted(Others(SameKey(y, y)), torch.full((3, 3), 0.5))
    with pytest.raises(InputError, match="relation weighs its pairs by more than 0 and 1, and ICNN cannot"):
        ICNN()(line(0, 1, 2), relation=relation)
