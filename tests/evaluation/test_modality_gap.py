import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.evaluation import gain_without_gap, modality_gap, relative_gap, without_gap

RNG = np.random.default_rng(0)


def pairs(gap, noise=0.3, n=300, d=16):
    """Both sides share a signal and differ by an offset along the last axis, which carries no signal."""
    signal = RNG.normal(size=(n, d))
    signal[:, -1] = 0
    offset = np.zeros(d)
    offset[-1] = gap
    noises = RNG.normal(size=(2, n, d)) * noise
    return signal + offset + noises[0], signal - offset + noises[1]


def test_the_gap_is_the_distance_of_the_means_of_unit_rows():
    x, y = pairs(2.0)
    unit = [one / np.linalg.norm(one, axis=1, keepdims=True) for one in (x, y)]
    found = modality_gap(x, y)
    assert found.value == pytest.approx(np.linalg.norm(unit[0].mean(axis=0) - unit[1].mean(axis=0)), rel=1e-10)
    assert found.low < found.value < found.high
    assert found.value > 5 * modality_gap(*pairs(0.0)).value


def test_at_both_ends():
    points = np.tile([[1.0, 0.0]], (5, 1))
    assert modality_gap(points, -points).value == pytest.approx(2)
    assert relative_gap(points, -points) == pytest.approx(1)
    x = RNG.normal(size=(50, 4))
    assert relative_gap(x, x) == pytest.approx(0, abs=1e-12)


def test_a_shrunken_space_has_a_small_gap_and_a_large_share():
    centre, apart = np.eye(8)[0] * 50, np.eye(8)[1] * 5
    noise = RNG.normal(size=(2, 200, 8))
    x, y = centre + apart + noise[0], centre - apart + noise[1]
    assert modality_gap(x, y).value < 0.25
    assert relative_gap(x, y) > 0.7


def test_without_gap_nothing_is_left_of_it_and_recall_rises():
    x, y = pairs(3.0, noise=1.0)
    closed = without_gap(x, y)
    assert modality_gap(*closed).value < 0.05 < modality_gap(x, y).value
    gain = gain_without_gap(x, y, k=1)
    assert gain.value >= 0
    assert gain.name == "recall@1 without gap difference"


def test_bad_calls():
    with pytest.raises(InputError, match="first has 3 rows and second has 2"):
        modality_gap(np.ones((3, 2)), np.ones((2, 2)))
    with pytest.raises(InputError, match="one direction"):
        relative_gap(np.ones((3, 2)), np.ones((3, 2)))
