import itertools

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from counterpoint.base.errors import InputError
from counterpoint.evaluation.clustering import agreement, ari_of, clustering, kmeans_assignment, nmi_of


def _assignment(seed, n=120, classes=4, clusters=5):
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=n)
    return labels, np.where(rng.random(n) < 0.5, labels, rng.integers(clusters, size=n))


def _values(measures):
    return {m.name: m.value for m in measures}


@pytest.mark.parametrize("clusters", [2, 4, 6])
def test_agreement_equals_scikit_learn_and_the_best_of_all_matchings(clusters):
    labels, assigned = _assignment(0, clusters=clusters)
    found = _values(agreement(labels, assigned))
    assert found["nmi"] == pytest.approx(normalized_mutual_info_score(labels, assigned), abs=1e-12)
    assert found["ari"] == pytest.approx(adjusted_rand_score(labels, assigned), abs=1e-12)
    size = max(labels.max(), assigned.max()) + 1
    best = max(np.mean(np.array(order)[assigned] == labels) for order in itertools.permutations(range(size)))
    assert found["clustering_accuracy"] == pytest.approx(best)


def test_statistics_equal_scikit_learn_on_drawn_points():
    labels, assigned = _assignment(1, n=40)
    rng = np.random.default_rng(2)
    drawn = np.concatenate([rng.integers(40, size=(20, 40)), np.zeros((1, 40), dtype=int)])
    cells, cell = np.unique(np.stack([labels, assigned]), axis=1, return_inverse=True)
    counts = np.stack([np.bincount(cell[row], minlength=cells.shape[1]) for row in drawn]).astype(float)
    for statistic, peer in ((nmi_of, normalized_mutual_info_score), (ari_of, adjusted_rand_score)):
        expected = [peer(labels[row], assigned[row]) for row in drawn]
        np.testing.assert_allclose(statistic(*cells)(counts), expected, atol=1e-12)


def test_renaming_and_reordering_change_nothing():
    labels, assigned = _assignment(3)
    order = np.random.default_rng(0).permutation(120)
    renamed = np.array(["w", "x", "y", "z"])[labels][order]
    moved = _values(agreement(renamed, 10 - assigned[order]))
    assert moved == pytest.approx(_values(agreement(labels, assigned)))


def test_perfect_and_useless_clusters():
    labels, _ = _assignment(4)
    assert _values(agreement(labels, 3 - labels)) == pytest.approx({"clustering_accuracy": 1, "nmi": 1, "ari": 1})
    one_cluster = _values(agreement(labels, np.zeros(120, dtype=int)))
    assert one_cluster["clustering_accuracy"] == pytest.approx(np.bincount(labels).max() / 120)
    assert one_cluster["nmi"] == pytest.approx(0, abs=1e-12)
    assert one_cluster["ari"] == pytest.approx(0, abs=1e-12)


def test_intervals_hold_the_value_and_have_the_spread_of_fresh_samples():
    truth = np.random.default_rng(5)
    values = {"nmi": [], "ari": []}
    for _ in range(150):
        labels = truth.integers(4, size=200)
        assigned = np.where(truth.random(200) < 0.7, labels, truth.integers(4, size=200))
        values["nmi"].append(normalized_mutual_info_score(labels, assigned))
        values["ari"].append(adjusted_rand_score(labels, assigned))
    for found in agreement(labels, assigned)[1:]:
        assert found.low < found.value < found.high
        assert found.high - found.low == pytest.approx(2 * 1.96 * np.std(values[found.name]), rel=0.3)


def test_kmeans_finds_separated_clouds_by_direction_or_by_place():
    rng = np.random.default_rng(6)
    labels = np.repeat(np.arange(3), 30)
    directions = np.eye(3)[labels] * rng.uniform(1, 50, size=(90, 1)) + 0.01 * rng.normal(size=(90, 3))
    assert _values(clustering(directions, labels))["clustering_accuracy"] == 1.0
    assert _values(clustering(directions, labels, normalize=False))["clustering_accuracy"] < 1.0
    places = np.array([1.0, 2.0, 3.0])[labels][:, None] * [[1.0, 1.0]] + 0.01 * rng.normal(size=(90, 2))
    assert _values(clustering(places, labels, normalize=False))["clustering_accuracy"] == 1.0
    np.testing.assert_array_equal(kmeans_assignment(places, 3), kmeans_assignment(places, 3))


def test_a_collapsed_model_is_scored_without_a_warning():
    found = _values(clustering(np.ones((40, 3)), np.arange(40) % 4))
    assert found["clustering_accuracy"] == pytest.approx(0.25)


def test_errors_name_what_is_wrong():
    x = np.random.default_rng(7).normal(size=(6, 2))
    with pytest.raises(InputError, match="labels must hold at least 2 classes"):
        clustering(x, np.zeros(6, dtype=int))
    with pytest.raises(InputError, match="embeddings must have at least 7 rows"):
        clustering(x, np.arange(6), clusters=7)
    with pytest.raises(InputError, match="assigned has 5 entries for 6 rows"):
        agreement(np.arange(6), np.arange(5))
