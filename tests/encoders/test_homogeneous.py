import numpy as np
import pytest
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.encoders.homogeneous import co_occurrence, likeness, relatives

TAKEN = np.array([[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]])


def test_those_who_share_most_weigh_most():
    found = co_occurrence(sparse.csr_array(5 * TAKEN), 2).toarray()
    e = np.exp(1)
    expected = np.array(
        [[0, e / (1 + e), 1 / (1 + e), 0], [e / (1 + e), 0, 1 / (1 + e), 0], [0.5, 0.5, 0, 0], [0, 0, 0, 1]]
    )
    np.testing.assert_allclose(found, expected)


def test_one_neighbour_is_the_first_of_the_best():
    assert co_occurrence(sparse.csr_array(TAKEN), 1).toarray().argmax(1).tolist() == [1, 0, 0, 3]


def test_it_is_the_dense_softmax_of_shared_counts():
    taken = np.random.default_rng(0).random((1100, 30)) < 0.3  # more than one block of rows
    shared = (taken.astype(float) @ taken.T).astype(float)
    np.fill_diagonal(shared, 0)
    found = co_occurrence(sparse.csr_array(taken), 3).toarray()
    np.testing.assert_allclose(found.sum(1), 1)
    for i in (0, 1023, 1024, 1099):
        best = np.argsort(-shared[i], kind="stable")[:3]
        weights = np.exp(shared[i, best])
        np.testing.assert_allclose(found[i, best], weights / weights.sum())
        assert np.count_nonzero(found[i]) == 3


def test_likeness_is_a_mean_of_oneself_and_the_nearest():
    features = np.array([[1, 0], [0.9, 0.1], [0, 1], [0, 0]], dtype=float)
    expected = [[0.5, 0.5, 0, 0], [0.5, 0.5, 0, 0], [0, 0.5, 0.5, 0], [0, 0, 0, 1]]
    np.testing.assert_allclose(likeness(features, 1).toarray(), expected)


def test_both_are_mixed():
    features = np.eye(4) + 0.1
    taken = sparse.csr_array(TAKEN)
    found = relatives(taken, features, k=2, share=0.25).toarray()
    expected = 0.25 * co_occurrence(taken, 2).toarray() + 0.75 * likeness(features, 2).toarray()
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"share": 1.5}, "share must lie in 0..1, got 1.5"),
        ({"k": 0}, "k must be at least 1, got 0"),
        ({"features": np.eye(3)}, "must be of the same nodes"),
    ],
)
def test_bad_settings_are_named(change, told):
    settings = {"features": np.eye(4), "k": 2, "share": 0.5} | change
    with pytest.raises(InputError, match=told):
        relatives(sparse.csr_array(TAKEN), settings.pop("features"), **settings)
