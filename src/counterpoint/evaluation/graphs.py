"""Whole graphs by their frozen embeddings: classification by a support vector machine over ten folds."""

import numpy as np
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, mean_measure

STRENGTHS = (0.1, 1.0, 10.0, 100.0)


def graph_classification(
    embeddings: np.ndarray, labels: np.ndarray, *, folds: int = 10, seed: int = 0, bootstrap: Bootstrap = DEFAULT
) -> Measure:
    """Mean accuracy over folds of a support vector machine, its strength chosen within the training folds.

    The protocol of Sun, Hoffmann, Verma and Tang, "InfoGraph" (2020), arXiv:1908.01000, Section 5.1; the interval is
    over graphs.

    Args:
        embeddings: `[G, D]`.
        labels: `[G]` classes.
        folds: Number of folds, at most the size of the smallest class.
        seed: Seed of the folds.
        bootstrap: Resamples, level and seed; graphs are drawn.

    Raises:
        InputError: Lengths differ, one class only, or more folds than the smallest class has graphs.
    """
    embeddings = checks.embeddings("embeddings", embeddings)
    labels = checks.labels("labels", labels, embeddings.shape[0], classes=2)
    least = int(np.unique(labels, return_counts=True)[1].min())
    if not 2 <= folds <= least:
        raise InputError(f"folds must lie in 2..{least}, the size of the smallest class, got {folds}")
    right = np.zeros(len(labels), dtype=bool)
    for train, test in StratifiedKFold(folds, shuffle=True, random_state=seed).split(embeddings, labels):
        machine = make_pipeline(StandardScaler(), SVC())
        inner = StratifiedKFold(min(5, folds - 1), shuffle=True, random_state=seed) if folds > 2 else 2
        search = GridSearchCV(machine, {"svc__C": STRENGTHS}, cv=inner).fit(embeddings[train], labels[train])
        right[test] = search.predict(embeddings[test]) == labels[test]
    return mean_measure("graph_accuracy", right, bootstrap=bootstrap)
