import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from counterpoint.base.errors import InputError
from counterpoint.evaluation import calibration_error, score_auc, score_overlap, tolerance

RNG = np.random.default_rng(0)


def test_auc_is_that_of_scikit_learn_with_ties():
    positive, negative = np.round(RNG.normal(0.8, 1, 70), 1), np.round(RNG.normal(0, 1, 90), 1)
    expected = roc_auc_score(np.repeat([1, 0], [70, 90]), np.concatenate([positive, negative]))
    assert score_auc(positive, negative).value == pytest.approx(expected, abs=1e-12)
    assert score_auc(negative, positive).value == pytest.approx(1 - expected, abs=1e-12)
    assert score_auc(np.arange(3) + 9, np.arange(3)).value == 1


def test_the_interval_of_the_auc_is_that_of_fresh_samples():
    values = [score_auc(RNG.normal(1, 1, 60), RNG.normal(0, 1, 80)).value for _ in range(400)]
    found = score_auc(RNG.normal(1, 1, 60), RNG.normal(0, 1, 80))
    assert (found.high - found.low) / (2 * 1.96) == pytest.approx(np.std(values), rel=0.25)


def test_overlap_at_both_ends_and_of_two_blocks():
    assert score_overlap(np.arange(10.0), np.arange(10.0)) == 1
    assert score_overlap(np.arange(10.0), np.arange(10.0) + 100) == 0
    assert score_overlap(np.array([0.0, 1, 2, 3]), np.array([2.0, 3, 4, 5]), bins=6) == pytest.approx(0.5)


def test_calibration_error_by_hand():
    probability, correct = np.array([0.95, 0.95, 0.55, 0.55]), np.array([1, 0, 1, 1])
    expected = 0.5 * abs(0.5 - 0.95) + 0.5 * abs(1 - 0.55)
    assert calibration_error(probability, correct, bins=10).value == pytest.approx(expected)


def test_who_says_what_happens_is_calibrated():
    probability = RNG.uniform(size=5000)
    right = RNG.uniform(size=5000) < probability
    assert calibration_error(probability, right).value < 0.03
    assert calibration_error(probability**3, right).value > 0.2


def test_tolerance_is_a_mean():
    assert tolerance(np.array([0.5, 0.7, 0.9])).value == pytest.approx(0.7)


def test_bad_calls():
    with pytest.raises(InputError, match="the number of positive pairs must be at least 2, got 1"):
        score_auc(np.array([1.0]), np.arange(3))
    with pytest.raises(InputError, match=r"probability must lie in \[0, 1\], got 0 to 2"):
        calibration_error(np.array([0.0, 2.0]), np.array([0, 1]))
