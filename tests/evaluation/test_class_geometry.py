import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.evaluation import class_spread, neural_collapse

LABELS = np.repeat(np.arange(4), 5)


def simplex(k=4):
    return np.eye(k) - 1 / k


def test_a_simplex_of_points_is_the_end():
    found = neural_collapse(3 * simplex()[LABELS] + 7, LABELS)
    assert found.variability == pytest.approx(0, abs=1e-12)
    assert (found.lengths, found.angles, found.distance) == pytest.approx((0, 0, 0), abs=1e-7)


def test_each_part_sees_its_own_fault():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(20, 4)) * 0.1
    assert neural_collapse(simplex()[LABELS] + noise, LABELS).variability > 0.01
    longer = simplex() * np.array([[3.0], [1], [1], [1]])
    assert neural_collapse(longer[LABELS], LABELS).lengths > 0.2
    line = np.array([[-3.0], [-1], [1], [3]])
    assert neural_collapse(line[LABELS], LABELS).angles > 0.9
    assert neural_collapse(line[LABELS], LABELS).distance > 0.6


def test_variability_by_its_formula():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(20, 3)) + 2 * rng.normal(size=(4, 3))[LABELS]
    means = np.stack([x[y == LABELS].mean(axis=0) for y in range(4)])
    within = np.mean([np.outer(a, a) for a in x - means[LABELS]], axis=0)
    between = np.mean([np.outer(a, a) for a in means - means.mean(axis=0)], axis=0)
    expected = np.trace(within @ np.linalg.pinv(between)) / 4
    assert neural_collapse(x, LABELS).variability == pytest.approx(expected, rel=1e-8)


def test_class_spread_from_collapse_to_chance():
    rng = np.random.default_rng(2)
    assert class_spread(simplex()[LABELS], LABELS).value == pytest.approx(0, abs=1e-12)
    many = np.arange(2000) % 4
    assert class_spread(rng.normal(size=(2000, 6)), many).value == pytest.approx(1, abs=0.01)
    half = class_spread(simplex()[LABELS] + rng.normal(size=(20, 4)) * 0.3, LABELS)
    assert 0.1 < half.low < half.value < half.high < 0.9


def test_bad_calls():
    with pytest.raises(InputError, match="at least 3 classes"):
        neural_collapse(np.ones((4, 2)), np.array([0, 0, 1, 1]))
    with pytest.raises(InputError, match="undefined"):
        class_spread(np.ones((4, 2)), np.array([0, 0, 1, 1]))
