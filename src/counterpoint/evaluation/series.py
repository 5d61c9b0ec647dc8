"""Classification of whole series by frozen representations: a ridge classifier and the nearest neighbour."""

import numpy as np
from sklearn.linear_model import RidgeClassifierCV

from counterpoint.evaluation import checks
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, mean_measure
from counterpoint.evaluation.confusion import macro_f1
from counterpoint.evaluation.knn import knn_predict

PENALTIES = np.logspace(-3, 3, 10)


def series_classification(
    train: np.ndarray,
    train_labels: np.ndarray,
    test: np.ndarray,
    test_labels: np.ndarray,
    *,
    bootstrap: Bootstrap = DEFAULT,
) -> list[Measure]:
    """Accuracy and macro F1 of a ridge classifier on standardised columns, and accuracy of the nearest neighbour.

    The ridge classifier (targets -1 and 1, ten penalties from 0.001 to 1000, the best by leaving one out) is the head
    of Dempster et al., "ROCKET" (2020), arXiv:1910.13051, Section 4; neighbours are those of largest cosine.

    Args:
        train: `[N, D]`, one row per series.
        train_labels: `[N]`, at least two classes.
        test: `[M, D]`.
        test_labels: `[M]`.
        bootstrap: Resamples, level and seed; test series are drawn.

    Raises:
        InputError: Lengths, widths or values do not fit, or there is only one class.
    """
    train, test = checks.dense("train", train), checks.dense("test", test)
    checks.same_width("train", train, "test", test)
    train_labels = checks.labels("train_labels", train_labels, len(train), classes=2)
    test_labels = checks.labels("test_labels", test_labels, len(test))
    centre, scale = train.mean(axis=0), train.std(axis=0)
    scale = np.where(scale > 1e-6 * np.abs(centre), scale, 1)
    fit = RidgeClassifierCV(alphas=PENALTIES).fit((train - centre) / scale, train_labels)
    predicted = fit.predict((test - centre) / scale)
    nearest = knn_predict(train, train_labels, test, k=1)
    return [
        mean_measure("series_accuracy", predicted == test_labels, bootstrap=bootstrap),
        macro_f1(test_labels, predicted, name="series_macro_f1", bootstrap=bootstrap),
        mean_measure("series_1nn_accuracy", nearest == test_labels, bootstrap=bootstrap),
    ]
