"""Heads of low rank: the full rank is logistic regression, the true rank is enough, and less costs."""

import numpy as np
import pytest
from scipy import special
from sklearn.linear_model import LogisticRegression

from counterpoint.base.errors import InputError
from counterpoint.evaluation import fit_head, spectrum_entropy

RNG = np.random.default_rng(0)
FEATURES = RNG.normal(size=(300, 6)) + 1
TRUE = 2 * np.linalg.qr(RNG.normal(size=(6, 3)))[0] @ np.linalg.qr(RNG.normal(size=(12, 3)))[0].T
PROBABILITIES = special.softmax(FEATURES @ TRUE, axis=1)
ENTROPY = special.entr(PROBABILITIES).sum(axis=1).mean()


def test_the_true_rank_reaches_the_entropy_and_less_does_not():
    excess = [fit_head(FEATURES, PROBABILITIES, rank=r).loss(FEATURES, PROBABILITIES) - ENTROPY for r in (1, 2, 3, 6)]
    assert excess[0] > excess[1] > 0.02
    assert 0 <= excess[2] < 0.005
    assert 0 <= excess[3] < 0.005


def test_a_head_has_its_rank_and_reads_raw_features():
    head = fit_head(FEATURES, PROBABILITIES, rank=2)
    assert np.linalg.matrix_rank(head.weight, tol=1e-8) == 2
    logits = FEATURES @ head.weight + head.bias
    expected = -(PROBABILITIES * special.log_softmax(logits, axis=1)).sum(axis=1).mean()
    assert head.loss(FEATURES, PROBABILITIES) == pytest.approx(expected)


def test_full_rank_on_labels_is_logistic_regression():
    labels = np.array([RNG.choice(12, p=p) for p in PROBABILITIES]) % 3
    ours = fit_head(FEATURES, np.eye(3)[labels], rank=3, penalty=1e-8).loss(FEATURES, np.eye(3)[labels])
    peer = LogisticRegression(C=1e8, max_iter=2000).fit(FEATURES, labels)
    assert ours == pytest.approx(-np.log(peer.predict_proba(FEATURES)[np.arange(300), labels]).mean(), abs=1e-3)


def test_the_entropy_of_a_spectrum_at_both_ends_and_by_its_formula():
    assert spectrum_entropy(3 * np.eye(5, 8)) == pytest.approx(1)
    assert spectrum_entropy(np.outer(np.arange(1.0, 5), np.ones(3))) == pytest.approx(0, abs=1e-9)
    share = np.array([4.0, 2.0, 1.0]) / 7
    assert spectrum_entropy(np.diag([4.0, 2.0, 1.0])) == pytest.approx(-(share * np.log(share)).sum() / np.log(3))


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda: fit_head(FEATURES, PROBABILITIES, rank=7), "rank must lie between 1 and 6, got 7"),
        (lambda: fit_head(FEATURES, PROBABILITIES[:5], rank=1), "300 rows and probabilities 5"),
        (lambda: fit_head(FEATURES, 2 * PROBABILITIES, rank=1), "must be a distribution"),
        (lambda: fit_head(FEATURES, PROBABILITIES, rank=1, penalty=0), "penalty must be a positive"),
        (lambda: spectrum_entropy(np.zeros((3, 3))), "weight is zero"),
        (lambda: spectrum_entropy(np.ones((3, 1))), "columns of weight must be at least 2"),
    ],
)
def test_what_has_no_value_is_refused(call, why):
    with pytest.raises(InputError, match=why):
        call()
