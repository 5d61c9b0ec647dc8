"""Gaussian naive Bayes with one variance per feature: the generative twin of the logistic probe."""

from dataclasses import dataclass

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks


@dataclass(frozen=True, eq=False)
class NaiveBayes:
    """Class means under a variance per feature that all classes share; the class scores are linear.

    Attributes:
        means: `[K, D]` float64.
        variance: `[D]`, within classes.
        prior: `[K]` frequencies.
        classes: `[K]` labels.
    """

    means: np.ndarray
    variance: np.ndarray
    prior: np.ndarray
    classes: np.ndarray

    def scores(self, embeddings: np.ndarray) -> np.ndarray:
        """Log densities with their priors, up to what all classes share: float64 `[N, K]`.

        Raises:
            InputError: Another number of columns than it was fitted on.
        """
        rows = checks.dense("embeddings", embeddings, at_least=1).astype(np.float64)
        if rows.shape[1] != self.means.shape[1]:
            raise InputError(f"the probe reads {self.means.shape[1]} columns, embeddings has {rows.shape[1]}")
        weight = self.means / self.variance
        return rows @ weight.T - (weight * self.means).sum(axis=1) / 2 + np.log(self.prior)

    def predict(self, embeddings: np.ndarray) -> np.ndarray:
        """Labels `[N]` of embeddings `[N, D]`."""
        return self.classes[self.scores(embeddings).argmax(axis=1)]


def fit_naive_bayes(train: np.ndarray, labels: np.ndarray, *, smoothing: float = 1e-9) -> NaiveBayes:
    """Means of classes, one variance per feature within them, and frequencies: one pass, nothing to tune.

    Formula: score of class k ``log pi_k - sum_d (x_d - m_kd)^2 / (2 v_d)``.

    Zheng et al., "Revisiting Discriminative vs. Generative Classifiers: Theory and Implications" (2023),
    arXiv:2302.02334.

    Args:
        train: `[N, D]`.
        labels: `[N]` integers or strings, two classes or more.
        smoothing: Added to every variance, as a share of the largest variance of a feature over all rows.

    Raises:
        InputError: Shapes do not fit, one class only, or all rows are the same.
    """
    rows = checks.dense("train", train).astype(np.float64)
    labels = checks.labels("labels", labels, len(rows), classes=2)
    checks.positive("smoothing", smoothing)
    classes, index, count = np.unique(labels, return_inverse=True, return_counts=True)
    means = np.stack([rows[index == k].mean(axis=0) for k in range(len(classes))])
    largest = rows.var(axis=0).max()
    if not largest > 0:
        raise InputError("naive Bayes is undefined: all rows of train are the same")
    variance = np.square(rows - means[index]).mean(axis=0) + smoothing * largest
    return NaiveBayes(means, variance, count / len(rows), classes)
