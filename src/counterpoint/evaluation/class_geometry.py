"""Classes as clouds of points: how tight they are, and how near to the regular simplex of neural collapse."""

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from counterpoint.evaluation import checks, cosine
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, measure


@dataclass(frozen=True)
class NeuralCollapse:
    """Where classes stand on the way to a simplex of points; all three are 0 at its end.

    Papyan, Han and Donoho, "Prevalence of neural collapse during the terminal phase of deep learning training" (2020),
    arXiv:2008.08186.

    Attributes:
        variability: ``tr(S_W pinv(S_B)) / K``: spread within classes against that between them (NC1).
        lengths: Deviation of the lengths of centred class means over their mean length (NC2, equal norms).
        angles: Deviation of cosines between different centred class means from their mean (NC2, equal angles).
        distance: Mean distance of those cosines from ``-1 / (K - 1)``, their value in a regular simplex.
    """

    variability: float
    lengths: float
    angles: float
    distance: float


def neural_collapse(embeddings: np.ndarray, labels: np.ndarray) -> NeuralCollapse:
    """The geometry of class means, of rows as they are.

    Args:
        embeddings: `[N, D]`.
        labels: `[N]` integers or strings, three classes or more.

    Raises:
        InputError: Shapes do not fit, or there are fewer than three classes.
    """
    rows = checks.dense("embeddings", embeddings).astype(np.float64)
    labels = checks.labels("labels", labels, len(rows), classes=3)
    means, index = _class_means(rows, labels)
    middle = means - means.mean(axis=0)
    inner = rows - means[index]
    within, between = inner.T @ inner / len(rows), middle.T @ middle / len(means)
    length, unit = np.linalg.norm(middle, axis=1), cosine.unit_rows(middle)
    cosines = (unit @ unit.T)[~np.eye(len(means), dtype=bool)]
    return NeuralCollapse(
        variability=float(np.trace(within @ linalg.pinvh(between))) / len(means),
        lengths=float(length.std() / max(length.mean(), np.finfo(np.float64).tiny)),
        angles=float(cosines.std()),
        distance=float(np.abs(cosines + 1 / (len(means) - 1)).mean()),
    )


def class_spread(embeddings: np.ndarray, labels: np.ndarray, *, bootstrap: Bootstrap = DEFAULT) -> Measure:
    """Share of the variance of unit rows that lies within classes: 0 is class collapse, 1 knows no classes.

    Formula: ``sum_i |z_i - m_{y_i}|^2 / sum_i |z_i - m|^2``. Near 0 nothing but the class is left in an embedding.

    Args:
        embeddings: `[N, D]`.
        labels: `[N]` integers or strings, two classes or more.
        bootstrap: Resamples, level and seed; rows are drawn, with the means as they are.

    Raises:
        InputError: Shapes do not fit, there is one class, or all rows are the same.
    """
    rows = checks.dense("embeddings", embeddings).astype(np.float64)
    labels = checks.labels("labels", labels, len(rows), classes=2)
    unit = cosine.unit_rows(rows)
    means, index = _class_means(unit, labels)
    own, common = (np.square(unit - centre).sum(axis=1) for centre in (means[index], unit.mean(axis=0)))

    def share(counts: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            return (counts @ own) / (counts @ common)

    return measure("class_spread", share, np.ones(len(unit), dtype=np.int64), bootstrap=bootstrap)


def _class_means(rows: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means `[K, D]`, and the class of each row `[N]`."""
    _, index, count = np.unique(labels, return_inverse=True, return_counts=True)
    means = np.stack([np.bincount(index, column) for column in rows.T], axis=1) / count[:, None]
    return means, index
