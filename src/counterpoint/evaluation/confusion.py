"""F1 of predicted classes, with an interval: a statistic of how often each pair of true and predicted was drawn."""

import numpy as np

from counterpoint.evaluation import checks
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, Statistic, measure


def macro_f1(
    labels: np.ndarray, predicted: np.ndarray, *, name: str = "macro_f1", bootstrap: Bootstrap = DEFAULT
) -> Measure:
    """Mean over classes of ``2 TP / (2 TP + FP + FN)``; a class is one that is true or predicted somewhere.

    Args:
        labels: `[N]` true classes.
        predicted: `[N]` predicted ones.
        name: Of the measure.
        bootstrap: Resamples, level and seed; rows are drawn. A class that a resample lacks is left out of its mean.

    Raises:
        InputError: Lengths differ, or fewer than two rows.
    """
    labels = checks.labels("labels", labels, len(labels))
    predicted = checks.labels("predicted", predicted, len(labels))
    classes, index = np.unique(np.concatenate([labels, predicted]), return_inverse=True)
    k = len(classes)
    cell, count = np.unique(index[: len(labels)] * k + index[len(labels) :], return_counts=True)
    return measure(name, macro_f1_of(*np.divmod(cell, k), k), count, bootstrap=bootstrap)


def macro_f1_of(true: np.ndarray, predicted: np.ndarray, classes: int) -> Statistic:
    """Macro F1 as a statistic of the counts of cells (class ``true[c]``, prediction ``predicted[c]``)."""
    one = np.eye(classes)
    hit = one[true] * (true == predicted)[:, None]
    total = one[true] + one[predicted]

    def statistic(counts: np.ndarray) -> np.ndarray:
        seen = counts @ total
        f1 = np.divide(2 * (counts @ hit), seen, out=np.zeros_like(seen), where=seen > 0)
        return f1.sum(axis=1) / (seen > 0).sum(axis=1)

    return statistic
