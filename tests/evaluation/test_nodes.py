import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, adjusted_rand_score, f1_score, normalized_mutual_info_score

from counterpoint.base.errors import InputError
from counterpoint.evaluation.bootstrap import Bootstrap
from counterpoint.evaluation.clustering import kmeans_assignment
from counterpoint.evaluation.confusion import macro_f1, macro_f1_of
from counterpoint.evaluation.nodes import (
    cluster_agreement,
    matched_classes,
    node_classification,
    node_classification_over_splits,
    node_clustering,
)
from counterpoint.evaluation.probe import fit_classifier


def _nodes(seed=0, n=150, spread=1.3):
    rng = np.random.default_rng(seed)
    labels = np.array(["a", "b", "c"])[np.arange(n) % 3]
    return 2 * np.eye(3, 5)[np.arange(n) % 3] + spread * rng.normal(size=(n, 5)), labels


def unit(x):
    """Rows of length 1, which the probe scales by one number as they are sparse."""
    return sparse.csr_array(x / np.linalg.norm(x, axis=1, keepdims=True))


def test_macro_f1_equals_scikit_learn_on_data_and_on_resamples():
    rng = np.random.default_rng(0)
    true, predicted = rng.integers(0, 4, 60), rng.integers(1, 5, 60)
    assert macro_f1(true, predicted).value == pytest.approx(f1_score(true, predicted, average="macro"))
    drawn = rng.integers(60, size=(10, 60))
    counts = np.stack([np.bincount(rows, minlength=60) for rows in drawn]).astype(float)
    expected = [f1_score(true[rows], predicted[rows], average="macro") for rows in drawn]
    np.testing.assert_allclose(macro_f1_of(true, predicted, 5)(counts), expected, atol=1e-12)


def test_classification_equals_scikit_learn_on_the_probes_answers():
    x, y = _nodes()
    train, test = np.arange(60), np.arange(60, 150)
    accuracy, f1 = node_classification(x, y, train, test)
    rows = unit(x)
    predicted = fit_classifier(rows[train], y[train]).predict(rows[test])
    assert accuracy.value == pytest.approx(accuracy_score(y[test], predicted))
    assert f1.value == pytest.approx(f1_score(y[test], predicted, average="macro"))
    assert accuracy.n == 90


def test_the_penalty_is_chosen_on_validation_nodes():
    x, y = _nodes()
    train, unseen, test = np.arange(12), np.arange(12, 100), np.arange(100, 150)
    accuracy, _ = node_classification(x, y, train, test, validation=unseen)
    rows = unit(x)
    probe = fit_classifier(rows[train], y[train], validation=(rows[unseen], y[unseen]))
    assert accuracy.value == np.mean(probe.predict(rows[test]) == y[test])
    with pytest.raises(InputError, match="test and validation share 1 nodes"):
        node_classification(x, y, train, test, validation=np.arange(90, 101))


@pytest.mark.parametrize("parts", ["public", "splits"])
def test_the_length_of_a_row_tells_nothing(parts):
    x, y = _nodes()
    longer = x * np.random.default_rng(1).uniform(0.1, 10, size=(len(x), 1))
    if parts == "splits":
        first, second = (node_classification_over_splits(one, y, share=0.3, splits=4) for one in (x, longer))
        assert first.value == pytest.approx(second.value, abs=0.01)
    else:
        train, test = np.arange(60), np.arange(60, 150)
        first, second = (node_classification(one, y, train, test)[0] for one in (x, longer))
        assert first.value == second.value


def test_rare_words_are_not_blown_up():
    """Bags of words: 10 of 40 words tell the class, 2,000 occur in a node or two, as in citation graphs."""
    rng = np.random.default_rng(0)
    y = np.arange(300) % 4
    told = rng.random((300, 40)) < np.where(np.arange(40) // 10 == y[:, None], 0.4, 0.1)
    words = np.concatenate([told, rng.random((300, 2000)) < 0.005], axis=1).astype(np.float32)
    train, test = np.arange(80), np.arange(100, 300)
    (accuracy, _) = node_classification(words, y, train, test, validation=np.arange(80, 100))
    rows = words / np.linalg.norm(words, axis=1, keepdims=True)
    expected = LogisticRegression(C=100, max_iter=1000).fit(rows[train], y[train]).score(rows[test], y[test])
    assert accuracy.value > expected - 0.05
    assert accuracy.value > 0.6


def test_splits_are_seeded_and_the_interval_is_over_them():
    x, y = _nodes()
    first, again = (node_classification_over_splits(x, y, share=0.3, splits=4) for _ in range(2))
    assert first == again
    assert first.n == 4
    assert 0.5 < first.value < 1


def test_clustering_equals_scikit_learn():
    x, y = _nodes()
    found = {one.name: one.value for one in node_clustering(x, y)}
    assigned = kmeans_assignment(x, 3, n_init=20)
    named = matched_classes(y, assigned)
    assert found["clustering_accuracy"] == pytest.approx(accuracy_score(y, named))
    assert found["clustering_macro_f1"] == pytest.approx(f1_score(y, named, average="macro"))
    assert found["nmi"] == pytest.approx(normalized_mutual_info_score(y, assigned))
    assert found["ari"] == pytest.approx(adjusted_rand_score(y, assigned))


def test_matching_is_one_to_one_and_the_best():
    labels = np.repeat([0, 1, 2], [5, 3, 3])
    assigned = np.array([2, 2, 2, 2, 1, 2, 2, 2, 0, 0, 0])
    assert matched_classes(labels, assigned).tolist() == [0, 0, 0, 0, 1, 0, 0, 0, 2, 2, 2]
    with pytest.raises(InputError, match="at most one cluster per class"):
        matched_classes(labels, np.arange(11))


def test_bad_splits_are_refused():
    x, y = _nodes()
    with pytest.raises(InputError, match="share 2 nodes"):
        node_classification(x, y, np.arange(10), np.arange(8, 20))
    with pytest.raises(InputError, match="test must lie between 0 and 149"):
        node_classification(x, y, np.arange(10), np.array([149, 150]))
    with pytest.raises(InputError, match="share must lie"):
        node_classification_over_splits(x, y, share=1.0)


def test_clusters_beyond_the_classes_have_no_f1():
    labels, assigned = np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1])
    few = Bootstrap(resamples=10)
    found = {one.name: one.value for one in cluster_agreement(labels, assigned, bootstrap=few)}
    assert found == {"clustering_accuracy": 1.0, "nmi": 1.0, "ari": 1.0, "clustering_macro_f1": 1.0}
    for more, asked in ((np.array([0, 0, 1, 2]), None), (assigned, 3)):
        names = [one.name for one in cluster_agreement(labels, more, clusters=asked, bootstrap=few)]
        assert names == ["clustering_accuracy", "nmi", "ari"]
