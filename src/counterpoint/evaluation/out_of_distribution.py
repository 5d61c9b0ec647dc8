"""Out-of-distribution detection: how well a frozen space tells what it knows from what it has never seen.

Every ``_familiarity`` gives a score per row, high for what resembles the known rows.
"""

import numpy as np
from scipy import linalg

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks, cosine
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure
from counterpoint.evaluation.checks import Embeddings
from counterpoint.evaluation.detection import detection

SHRINKAGE = 1e-3
"""Share of the mean variance added to every direction before the covariance is inverted."""


def knn_familiarity(known: Embeddings, rows: Embeddings, *, k: int = 50) -> np.ndarray:
    """Cosine `[M]` with the k-th nearest known row, which orders as minus the distance of unit rows does.

    Sun, Ming, Zhu and Li, "Out-of-Distribution Detection with Deep Nearest Neighbors" (2022), arXiv:2204.06507.

    Args:
        known: `[N, D]`, or sparse.
        rows: `[M, D]`.
        k: The last of all known rows where there are fewer.

    Raises:
        InputError: Widths differ, or k is below 1.
    """
    known, rows = _checked(known, rows)
    checks.at_least("k", k, 1)
    return np.concatenate([found.similarity[:, -1] for found in cosine.top_k(rows, known, k)]).astype(np.float64)


def mahalanobis_familiarity(known: np.ndarray, rows: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
    """Minus the squared Mahalanobis distance `[M]` to the nearest class mean, with one covariance for all classes.

    Lee, Lee, Lee and Shin, "A Simple Unified Framework for Detecting Out-of-Distribution Samples and Adversarial
    Attacks" (2018), arXiv:1807.03888, Eqs. 1-2. Every direction gets ``SHRINKAGE`` times the mean variance on top.

    Args:
        known: `[N, D]`, as they are.
        rows: `[M, D]`.
        labels: `[N]` classes of the known rows; one class for all by default.

    Raises:
        InputError: Widths differ, or the known rows are all the same.
    """
    known, rows = _checked(known, rows)
    x, y = checks.dense("known", known).astype(np.float64), checks.dense("rows", rows).astype(np.float64)
    classes = np.zeros(len(x), dtype=np.int64) if labels is None else checks.labels("labels", labels, len(x))
    means, inside = _class_means(x, classes)
    covariance = (x - means[inside]).T @ (x - means[inside]) / len(x)
    variance = np.trace(covariance) / len(covariance)
    if not variance > 0:
        raise InputError("the Mahalanobis distance is undefined: the known rows of a class are all the same")
    root = linalg.cholesky(covariance + SHRINKAGE * variance * np.eye(len(covariance)), lower=True)
    white, centres = (linalg.solve_triangular(root, side.T, lower=True).T for side in (y, means))
    square = np.square(white).sum(axis=1)[:, None] - 2 * white @ centres.T + np.square(centres).sum(axis=1)
    return -square.min(axis=1)


def class_familiarity(known: np.ndarray, rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Largest cosine `[M]` with a class mean of the known unit rows.

    The maximum over classes is that of Hendrycks and Gimpel (2017), arXiv:1610.02136, on cosines instead of softmax
    probabilities.

    Args:
        known: `[N, D]`.
        rows: `[M, D]`.
        labels: `[N]` classes of the known rows.

    Raises:
        InputError: Widths or lengths differ.
    """
    known, rows = _checked(known, rows)
    labels = checks.labels("labels", labels, known.shape[0], classes=2)
    means = _class_means(cosine.unit_rows(checks.dense("known", known)), labels)[0]
    return cosine.similarities(cosine.unit_rows(rows), cosine.unit_rows(means)).max(axis=1).astype(np.float64)


def out_of_distribution(
    known: np.ndarray,
    inside: np.ndarray,
    outside: np.ndarray,
    labels: np.ndarray | None = None,
    *,
    k: int = 50,
    bootstrap: Bootstrap = DEFAULT,
) -> list[Measure]:
    """AUROC, AUPR and FPR95 of three scores: k-th neighbour, Mahalanobis and, with labels, class similarity.

    What is inside counts as positive: FPR95 is the share of outside rows that pass when 95 % of the inside rows do.

    Args:
        known: `[N, D]` rows that the scores learn from.
        inside: `[P, D]` other rows of the same kind.
        outside: `[Q, D]` rows of another kind.
        labels: `[N]` classes of the known rows.
        k: Neighbour that is looked at.
        bootstrap: Resamples, level and seed.

    Raises:
        InputError: Widths or lengths differ, or fewer than two rows of a side.
    """
    scores = {
        "ood_knn_": lambda rows: knn_familiarity(known, rows, k=k),
        "ood_mahalanobis_": lambda rows: mahalanobis_familiarity(known, rows, labels),
    }
    if labels is not None:
        scores["ood_class_"] = lambda rows: class_familiarity(known, rows, labels)
    return [
        one
        for prefix, score in scores.items()
        for one in detection(score(inside), score(outside), prefix=prefix, bootstrap=bootstrap)
    ]


def _checked(known: Embeddings, rows: Embeddings) -> tuple[Embeddings, Embeddings]:
    known, rows = checks.embeddings("known", known), checks.embeddings("rows", rows, at_least=1)
    checks.same_width("known", known, "rows", rows)
    return known, rows


def _class_means(rows: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means `[K, D]` and the class `[N]` of every row."""
    _, index, count = np.unique(labels, return_inverse=True, return_counts=True)
    return np.stack([np.bincount(index, column) for column in rows.T], axis=1) / count[:, None], index
