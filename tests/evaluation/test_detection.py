import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from counterpoint.base.errors import InputError
from counterpoint.evaluation.detection import auroc_of, average_precision_of, detection, fpr_of


def _scores(seed, ties=False):
    rng = np.random.default_rng(seed)
    positive, negative = rng.normal(0.7, 1, 60), rng.normal(0, 1, 80)
    return (np.round(positive, 1), np.round(negative, 1)) if ties else (positive, negative)


def _fpr95(y, score):
    fpr, tpr, _ = roc_curve(y, score, drop_intermediate=False)
    return fpr[np.argmax(tpr >= 0.95 - 1e-12)]


PEERS = {auroc_of: roc_auc_score, average_precision_of: average_precision_score, fpr_of: _fpr95}


@pytest.mark.parametrize("ties", [False, True])
def test_values_equal_scikit_learn(ties):
    positive, negative = _scores(0, ties)
    score, y = np.concatenate([positive, negative]), np.repeat([1, 0], [60, 80])
    found = detection(positive, negative, prefix="x_")
    assert [one.name for one in found] == ["x_auroc", "x_aupr", "x_fpr95"]
    assert [one.greater_is_better for one in found] == [True, True, False]
    for one, peer in zip(found, PEERS.values(), strict=True):
        assert one.value == pytest.approx(peer(y, score), abs=1e-12)
        assert one.low <= one.value <= one.high


@pytest.mark.parametrize("statistic", PEERS)
def test_each_resample_equals_scikit_learn_on_the_drawn_rows(statistic):
    positive, negative = _scores(1, ties=True)
    score, y = np.concatenate([positive, negative]), np.repeat([1, 0], [60, 80])
    drawn = np.random.default_rng(2).integers(140, size=(20, 140))
    counts = np.stack([np.bincount(rows, minlength=140) for rows in drawn]).astype(float)
    expected = [PEERS[statistic](y[rows], score[rows]) for rows in drawn]
    np.testing.assert_allclose(statistic(score, y)(counts), expected, atol=1e-12)


def test_a_resample_without_one_side_is_undefined():
    counts = np.array([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    score, y = np.array([1.0, 0.0]), np.array([True, False])
    assert np.isnan(auroc_of(score, y)(counts)).tolist() == [True, True, False]


def test_bad_scores_are_refused():
    with pytest.raises(InputError, match="negative scores"):
        detection(np.array([1.0, 2.0]), np.array([1.0]))
    with pytest.raises(InputError, match="positive scores must be finite"):
        detection(np.array([1.0, np.nan]), np.array([1.0, 2.0]))
