import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors

from counterpoint.base.errors import InputError
from counterpoint.evaluation.cosine import unit_rows
from counterpoint.evaluation.out_of_distribution import (
    SHRINKAGE,
    class_familiarity,
    knn_familiarity,
    mahalanobis_familiarity,
    out_of_distribution,
)


def _known(seed=0, n=90):
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    return 4 * np.eye(3, 6)[labels] + rng.normal(size=(n, 6)), labels, rng


def test_nearest_neighbours_order_as_the_distance_of_unit_rows():
    known, _, rng = _known()
    rows = rng.normal(size=(20, 6))
    distance = NearestNeighbors(n_neighbors=5).fit(unit_rows(known)).kneighbors(unit_rows(rows))[0][:, -1]
    np.testing.assert_allclose(knn_familiarity(known, rows, k=5), 1 - distance**2 / 2, atol=1e-12)


@pytest.mark.parametrize("labelled", [True, False])
def test_mahalanobis_equals_scipy(labelled):
    known, labels, rng = _known()
    rows = rng.normal(size=(20, 6))
    labels = labels if labelled else np.zeros(len(known), dtype=int)
    means = np.stack([known[labels == one].mean(axis=0) for one in np.unique(labels)])
    inside = known - means[labels]
    covariance = inside.T @ inside / len(known)
    covariance += SHRINKAGE * np.trace(covariance) / 6 * np.eye(6)
    expected = cdist(rows, means, "mahalanobis", VI=np.linalg.inv(covariance)).min(axis=1) ** 2
    found = mahalanobis_familiarity(known, rows, labels if labelled else None)
    np.testing.assert_allclose(found, -expected, rtol=1e-9)


def test_class_similarity_is_the_largest_cosine_with_a_mean():
    known, labels, rng = _known()
    rows = rng.normal(size=(10, 6))
    means = np.stack([unit_rows(known[labels == one]).mean(axis=0) for one in range(3)])
    expected = (unit_rows(rows) @ unit_rows(means).T).max(axis=1)
    np.testing.assert_allclose(class_familiarity(known, rows, labels), expected, atol=1e-12)


def test_far_rows_are_told_apart_and_like_rows_are_not():
    known, labels, rng = _known(n=300)
    inside, far = known[:100], 4 * np.eye(3, 6, k=3)[np.arange(80) % 3] + rng.normal(size=(80, 6))
    found = {one.name: one for one in out_of_distribution(known[100:], inside, far, labels[100:], k=10)}
    assert len(found) == 9
    assert min(one.value for name, one in found.items() if name.endswith("auroc")) > 0.95
    same = {one.name: one for one in out_of_distribution(known[100:200], inside, known[200:], k=10)}
    assert len(same) == 6  # without labels there is no class to resemble
    assert abs(same["ood_knn_auroc"].value - 0.5) < 0.1
    assert same["ood_knn_fpr95"].value > 0.8


def test_bad_input_is_refused():
    known, labels, _ = _known()
    with pytest.raises(InputError, match="columns"):
        out_of_distribution(known, known, known[:, :3])
    with pytest.raises(InputError, match="all the same"):
        mahalanobis_familiarity(np.ones((5, 3)), np.ones((2, 3)))
    with pytest.raises(InputError, match="labels has 4 entries"):
        class_familiarity(known, known, labels[:4])
