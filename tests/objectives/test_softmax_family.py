"""InfoNCE, CLIP, NT-Xent, SupCon and DCL worked out by hand on a few unit vectors."""

from math import exp, log

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.objectives import CLIP, DCL, InfoNCE, NTXent, SupCon
from counterpoint.pairwise import SameKey

T = 0.5
HIT = exp(1 / T)
"""exp(s / t) of equal unit vectors; orthogonal ones give 1, opposite ones 1 / HIT."""
EYE = torch.eye(4, dtype=torch.float64)


def worth(value):
    return pytest.approx(value, rel=1e-12)


def test_info_nce_of_orthogonal_pairs():
    assert InfoNCE(temperature=T)(EYE, EYE).item() == worth(log((HIT + 3) / HIT))


def test_info_nce_of_wrong_pairs():
    assert InfoNCE(temperature=T)(EYE, EYE.roll(1, 0)).item() == worth(log(HIT + 3))


def test_info_nce_gradient_is_softmax_minus_one_hot():
    candidates = EYE.clone().requires_grad_()
    InfoNCE(temperature=T)(EYE, candidates).backward()
    probability = 1 / (HIT + 3)
    # Along its own direction a unit row cannot move; each other anchor pushes it away.
    expected = (1 - EYE) * probability / T / 4
    torch.testing.assert_close(candidates.grad, expected)


def test_info_nce_with_negatives():
    found = InfoNCE(temperature=T)(EYE, EYE, negatives=EYE[:1])
    assert found.item() == worth((log(2 * HIT + 3) + 3 * log(HIT + 4)) / 4 - 1 / T)


def test_info_nce_with_several_positives_is_their_mean():
    """Anchor 0 has candidates 0 (equal) and 1 (orthogonal); anchor 1 has candidate 2, which is anchor 0."""
    candidates = EYE[[0, 1, 0]]
    relation = SameKey(torch.arange(2), torch.tensor([0, 0, 1]))
    first = log(2 * HIT + 1) - (1 / T + 0) / 2
    second = log(2 + HIT) - 0
    assert InfoNCE(temperature=T)(EYE[:2], candidates, relation=relation).item() == worth((first + second) / 2)


def test_clip_counts_negatives_for_rows_only():
    found = CLIP(temperature=T)(EYE, EYE, negatives=EYE[:1])
    rows = (log(2 * HIT + 3) + 3 * log(HIT + 4)) / 4 - 1 / T
    cols = log(HIT + 3) - 1 / T
    assert found.item() == worth((rows + cols) / 2)


def test_clip_directions_differ():
    """Both texts are the first image: images cannot tell them apart, nor can texts choose."""
    images, texts = EYE[:2], EYE[[0, 0]]
    rows = (log(2 * HIT) - 1 / T + log(2)) / 2
    cols = (log(HIT + 1) - 1 / T + log(HIT + 1)) / 2
    assert CLIP(temperature=T)(images, texts).item() == worth((rows + cols) / 2)


def test_ntxent_of_orthogonal_pairs():
    """Of a row's seven others, one is its equal."""
    assert NTXent(temperature=T)(EYE, EYE).item() == worth(log((HIT + 6) / HIT))


def test_ntxent_of_opposite_views():
    found = NTXent(temperature=T)(EYE, -EYE)
    assert found.item() == worth(log(1 / HIT + 6) + 1 / T)


def test_dcl_leaves_the_positive_out():
    assert DCL(temperature=T)(EYE, EYE).item() == worth(log(6) - 1 / T)


def test_dcl_is_one_log_sum_exp_over_both_views():
    """Not the sum of one for each view, as a popular implementation had it for three years."""
    a = EYE[[0, 0, 1]]
    row = log(2 * HIT + 2) - 1 / T  # two equal negatives and two orthogonal ones
    last = log(4) - 1 / T
    assert DCL(temperature=T)(a, a).item() == worth((2 * row + last) / 3)


def test_supcon_by_label():
    """Two orthogonal directions; the first class has one row in each, the second is alone in its direction."""
    z = EYE[[0, 1, 2, 2]]
    y = torch.tensor([0, 0, 1, 1])
    apart = log(3)
    together = log(HIT + 2) - 1 / T
    assert SupCon(temperature=T)(z, labels=y).item() == worth((2 * apart + 2 * together) / 4)


def test_anchors_without_positives_are_left_out_and_counted():
    y = torch.tensor([0, 0, 1, 2])
    with pytest.warns(UserWarning, match="2 of 4 anchors have no positive and are left out of the mean"):
        found = SupCon(temperature=T)(EYE, labels=y)
    assert found.item() == worth(log(3))


@pytest.mark.parametrize("objective", [InfoNCE(), CLIP(), NTXent(), SupCon(), DCL()], ids=str)
def test_no_anchor_with_a_positive(objective):
    with pytest.raises(InputError, match="none of the 4 anchors has a positive: nothing to attract"):
        objective(EYE, labels=torch.arange(4))


def test_dcl_without_negatives():
    with pytest.raises(InputError, match="DCL needs at least one negative for every anchor"):
        DCL()(EYE[:1], EYE[:1])


@pytest.mark.parametrize("objective", [InfoNCE, CLIP, NTXent, SupCon, DCL])
@pytest.mark.parametrize("value", [0, -0.1, float("nan"), float("inf")])
def test_temperature_is_positive(objective, value):
    with pytest.raises(InputError, match="temperature must be a positive number"):
        objective(temperature=value)
