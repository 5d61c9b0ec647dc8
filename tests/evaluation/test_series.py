import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifierCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from counterpoint.base.errors import InputError
from counterpoint.evaluation.series import series_classification


def test_accuracies_equal_scikit_learn():
    rng = np.random.default_rng(0)
    labels = np.arange(120) % 3
    x = 1.5 * np.eye(3, 8)[labels] + rng.normal(size=(120, 8))
    ridge = make_pipeline(StandardScaler(), RidgeClassifierCV(alphas=np.logspace(-3, 3, 10))).fit(x[:60], labels[:60])
    nearest = KNeighborsClassifier(1, metric="cosine").fit(x[:60], labels[:60])
    accuracy, f1, neighbour = series_classification(x[:60], labels[:60], x[60:], labels[60:])
    assert accuracy.value == pytest.approx(ridge.score(x[60:], labels[60:]))
    assert neighbour.value == pytest.approx(nearest.score(x[60:], labels[60:]))
    assert 0.4 < f1.value < 1
    with pytest.raises(InputError, match="2 classes"):
        series_classification(x, np.zeros(120, dtype=int), x, labels)
