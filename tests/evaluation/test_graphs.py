import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.evaluation.graphs import graph_classification


def test_classes_that_are_apart_are_told_and_noise_is_not():
    rng, labels = np.random.default_rng(0), np.repeat([0, 1], 30)
    apart = labels[:, None] * 5 + rng.normal(size=(60, 3))
    assert graph_classification(apart, labels, folds=3).value > 0.95
    assert graph_classification(rng.normal(size=(60, 3)), labels, folds=3).value < 0.75


def test_more_folds_than_a_class_has_graphs_are_refused():
    with pytest.raises(InputError, match=r"folds must lie in 2\.\.3, the size of the smallest class, got 10"):
        graph_classification(np.ones((9, 2)) * np.arange(9)[:, None], np.array([0] * 6 + [1] * 3))
