import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from counterpoint.experiments.report import SimilarityPlot
from counterpoint.experiments.report.similarity import auc, histograms


def test_auc_agrees_with_scikit_learn_with_ties() -> None:
    rng = np.random.default_rng(0)
    positive, negative = rng.normal(0.5, 1, 300).round(1), rng.normal(0, 1, 500).round(1)
    truth = np.r_[np.ones(300), np.zeros(500)]
    assert auc(positive, negative) == pytest.approx(roc_auc_score(truth, np.r_[positive, negative]), abs=1e-12)


def test_auc_by_hand() -> None:
    assert auc(np.array([1.0, 2.0]), np.array([1.0, 0.0])) == pytest.approx((0.5 + 1 + 1 + 1) / 4)
    assert auc(np.array([0.0]), np.array([1.0])) == 0.0


def test_histograms_share_their_bins_and_hold_every_pair() -> None:
    before = (np.array([0.1, 0.2]), np.array([-0.9]))
    after = (np.array([0.95, 0.9, 0.1]), np.array([0.0, 0.1]))
    first, second = histograms(SimilarityPlot(before=before, after=after))
    assert first["x"] == second["x"]
    assert first["range"] == second["range"]
    for moment in (first, second):
        assert sum(moment["positive"]) == pytest.approx(100, abs=0.1)
        assert sum(moment["negative"]) == pytest.approx(100, abs=0.1)
    where = first["x"][first["negative"].index(100.0)]
    assert where == pytest.approx(-0.9, abs=first["width"])
    assert (second["auc"], second["positive_mean"]) == ("0.917", "0.650")


def test_all_similarities_equal_is_still_a_drawing() -> None:
    (moment,) = histograms(SimilarityPlot(after=(np.ones(3), np.ones(2))))
    assert (moment["auc"], moment["title"]) == ("0.500", "After training")
    assert max(moment["positive"]) == 100.0
