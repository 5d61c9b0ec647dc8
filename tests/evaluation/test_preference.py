import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.evaluation.preference import preference, preference_values


def test_nearer_is_preferred_and_ties_count_half():
    anchors = np.array([[1.0, 0], [1, 0], [1, 0]])
    right = np.array([[1.0, 0.1], [0, 1], [2, 2]])
    wrong = np.array([[1.0, 1.0], [1, 1], [1, 1 + 1e-9]])
    assert preference_values(anchors, right, wrong).tolist() == [1, 0, 0.5]
    swapped = preference_values(anchors, wrong, right)
    np.testing.assert_array_equal(swapped, 1 - preference_values(anchors, right, wrong))


def test_kinds_are_judged_apart_and_average_to_the_whole():
    rng = np.random.default_rng(0)
    anchors, right, wrong = rng.normal(size=(3, 60, 5))
    kinds = np.array(["swap", "add"])[np.arange(60) % 2]
    kinds[0] = "alone"
    whole, add, swap = preference(anchors, right, wrong, kinds, name="p")
    assert (whole.name, add.name, swap.name) == ("p", "p/add", "p/swap")
    assert (add.n, swap.n) == (30, 29)
    values = preference_values(anchors, right, wrong)
    assert swap.value == pytest.approx(values[kinds == "swap"].mean())
    assert whole.value == pytest.approx((30 * add.value + 29 * swap.value + values[0]) / 60)


def test_random_descriptions_are_at_chance():
    rng = np.random.default_rng(1)
    (found,) = preference(*rng.normal(size=(3, 2000, 8)))
    assert found.low < 0.5 < found.high


def test_shapes_must_agree():
    with pytest.raises(InputError, match="anchors has 3 rows and wrong has 2"):
        preference(np.eye(3), np.eye(3), np.eye(3)[:2])
