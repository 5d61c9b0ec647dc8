import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.neighbors import KNeighborsClassifier

from counterpoint.base.errors import InputError
from counterpoint.evaluation import cosine, knn
from counterpoint.evaluation.knn import knn_accuracy, knn_accuracy_leave_one_out, knn_predict


def _clouds(seed, n=120, classes=4, dim=6, noise=1.0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=n)
    return rng.normal(size=(classes, dim))[labels] + noise * rng.normal(size=(n, dim)), labels


def _brute(train, labels, test, k, temperature, leave_one_out=False):
    """Wu et al. 2018, section 3.4, one test row at a time."""
    similarity = cosine_similarity(test, train)
    if leave_one_out:
        np.fill_diagonal(similarity, -np.inf)
    out = []
    for row in similarity:
        votes = {}
        for j in np.argsort(-row)[: min(k, len(row) - leave_one_out)]:
            votes[labels[j]] = votes.get(labels[j], 0) + np.exp(row[j] / temperature)
        out.append(max(votes, key=votes.get))
    return np.array(out)


@pytest.mark.parametrize("k", [1, 5, 500])
@pytest.mark.parametrize("temperature", [0.02, 0.07, 5.0])
def test_equals_the_equation_written_as_a_loop(k, temperature, monkeypatch):
    monkeypatch.setattr(knn, "VOTES_PER_BLOCK", 1000)
    x, y = _clouds(0)
    names = np.array(["ape", "bee", "cat", "dog"])[y]
    predicted = knn_predict(x[:80], names[:80], x[80:], k=k, temperature=temperature)
    np.testing.assert_array_equal(predicted, _brute(x[:80], names[:80], x[80:], k, temperature))


def test_agrees_with_scikit_learn():
    x, y = _clouds(1)
    peer = KNeighborsClassifier(7, metric="cosine", weights=lambda distance: np.exp((1 - distance) / 0.07))
    found = knn_accuracy(x[:80], y[:80], x[80:], y[80:], k=7)
    assert found.value == pytest.approx(peer.fit(x[:80], y[:80]).score(x[80:], y[80:]), abs=1e-12)
    assert found.n == 40
    assert found.low < found.value < found.high


@pytest.mark.parametrize("k", [3, 200])
def test_leave_one_out(k):
    x, y = _clouds(2, n=50, noise=2.0)
    predicted = knn_predict(x, y, x, k=k, leave_one_out=True)
    np.testing.assert_array_equal(predicted, _brute(x, y, x, k, 0.07, leave_one_out=True))
    assert knn_accuracy_leave_one_out(x, y, k=k).value == pytest.approx(np.mean(predicted == y))
    assert knn_accuracy_leave_one_out(x, y, k=1).value < knn_accuracy(x, y, x, y, k=1).value == 1.0


def test_invariant_to_scale_rotation_and_order():
    x, y = _clouds(3)
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(6, 6)))[0]
    order = np.random.default_rng(1).permutation(80)
    expected = knn_predict(x[:80], y[:80], x[80:])
    np.testing.assert_array_equal(knn_predict(1e3 * x[:80] @ turn, y[:80], x[80:] @ turn), expected)
    np.testing.assert_array_equal(knn_predict(x[order], y[order], x[80:]), expected)


def test_equal_votes_go_to_the_nearest_neighbour():
    train = np.array([[1.0, 0.1], [1.0, -0.1]])
    assert knn_predict(train, np.array([7, 3]), np.array([[1.0, 0.01], [1.0, -0.01]]), temperature=1e9).tolist() == [
        7,
        3,
    ]


def test_tiny_temperature_does_not_overflow():
    x, y = _clouds(4)
    np.testing.assert_array_equal(
        knn_predict(x[:80], y[:80], x[80:], temperature=1e-5), knn_predict(x[:80], y[:80], x[80:], k=1)
    )


def test_working_memory_is_one_tile(monkeypatch):
    shapes = []
    real = cosine.similarities
    monkeypatch.setattr(cosine, "similarities", lambda a, b: shapes.append((len(a), len(b))) or real(a, b))
    rng = np.random.default_rng(5)
    train, test = rng.normal(size=(9000, 2)).astype(np.float32), rng.normal(size=(1100, 2)).astype(np.float32)
    knn_predict(train, rng.integers(2, size=9000), test)
    assert max(n * m for n, m in shapes) <= cosine.QUERY_BLOCK * cosine.CANDIDATE_BLOCK
    assert sum(n * m for n, m in shapes) == 9000 * 1100


def test_unseen_test_label_counts_as_wrong():
    x, y = _clouds(6, noise=0.01)
    test_labels = y[80:].copy()
    test_labels[:10] = 99
    assert knn_accuracy(x[:80], y[:80], x[80:], test_labels).value == 0.75


def test_errors_name_what_is_wrong():
    x, y = _clouds(7)
    broken = x.copy()
    broken[17, 2] = np.inf
    for message, call in {
        "test holds NaN or infinity, first in row 17": lambda: knn_predict(x, y, broken),
        "train has 6 columns and test has 5": lambda: knn_predict(x, y, x[:, :5]),
        "train_labels has 119 entries for 120 rows": lambda: knn_predict(x, y[1:], x),
        r"train_labels must hold at least 2 classes, got only \[0\]": lambda: knn_predict(x, 0 * y, x),
        "train_labels must hold integers or strings": lambda: knn_predict(x, y / 2, x),
        "k must be at least 1, got 0": lambda: knn_predict(x, y, x, k=0),
        "temperature must be a positive number, got 0": lambda: knn_predict(x, y, x, temperature=0),
        "leave_one_out needs test to be train, got 5 and 120": lambda: knn_predict(x, y, x[:5], leave_one_out=True),
        r"test must have two axes \[N, D\], got shape \(6,\)": lambda: knn_predict(x, y, x[0]),
    }.items():
        with pytest.raises(InputError, match=message):
            call()
