"""Naive Bayes with shared variances: densities by hand, the best rule where it is known, and a peer."""

import numpy as np
import pytest
from scipy import stats
from sklearn.naive_bayes import GaussianNB

from counterpoint.base.errors import InputError
from counterpoint.evaluation import fit_naive_bayes

RNG = np.random.default_rng(0)
MEANS = RNG.normal(size=(3, 4))
SPREAD = np.array([0.5, 1.0, 2.0, 0.1])


def draw(n, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.choice(3, size=n, p=[0.5, 0.3, 0.2])
    return MEANS[labels] + SPREAD * rng.normal(size=(n, 4)), labels


def test_scores_are_log_densities_up_to_what_classes_share():
    rows, labels = draw(60)
    found = fit_naive_bayes(rows, labels, smoothing=1e-15)
    mean = np.stack([rows[labels == k].mean(axis=0) for k in range(3)])
    sd = np.sqrt(((rows - mean[labels]) ** 2).mean(axis=0))
    density = stats.norm.logpdf(rows[:, None, :], mean, sd).sum(axis=2) + np.log(np.bincount(labels) / 60)
    difference = density - found.scores(rows)
    assert np.allclose(difference, difference[:, :1])
    assert (found.predict(rows) == density.argmax(axis=1)).all()


def test_with_many_rows_it_is_the_best_rule_and_agrees_with_scikit_learn():
    (rows, labels), (new, _) = draw(20_000), draw(2000, seed=1)
    found = fit_naive_bayes(rows, labels)
    best = (stats.norm.logpdf(new[:, None, :], MEANS, SPREAD).sum(axis=2) + np.log([0.5, 0.3, 0.2])).argmax(axis=1)
    assert (found.predict(new) == best).mean() > 0.985
    peer = GaussianNB().fit(rows, labels).predict(new)  # a variance for each class, which here are the same
    assert (found.predict(new) == peer).mean() > 0.985


def test_words_are_labels_and_features_without_variance_do_no_harm():
    rows, labels = draw(60)
    names = np.array(["a", "b", "c"])[labels]
    found = fit_naive_bayes(np.concatenate([rows, np.ones((60, 1))], axis=1), names)
    assert (found.predict(np.concatenate([rows, np.ones((60, 1))], axis=1)) == names).mean() > 0.7


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda: fit_naive_bayes(np.ones((4, 2)), np.array([0, 0, 1, 1])), "all rows of train are the same"),
        (lambda: fit_naive_bayes(MEANS, np.zeros(3, dtype=int)), "at least 2 classes"),
        (lambda: fit_naive_bayes(MEANS, np.arange(3), smoothing=0), "smoothing must be a positive"),
        (lambda: fit_naive_bayes(*draw(9)).predict(np.ones((2, 3))), "reads 4 columns, embeddings has 3"),
    ],
)
def test_what_has_no_value_is_refused(call, why):
    with pytest.raises(InputError, match=why):
        call()
