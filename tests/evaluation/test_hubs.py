import numpy as np
import pytest
from scipy import stats
from sklearn.neighbors import NearestNeighbors

from counterpoint.base.errors import InputError
from counterpoint.evaluation import cosine, hubness, neighbour_counts, orphans


def drawn(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


def test_counts_are_those_of_scikit_learn(monkeypatch):
    monkeypatch.setattr(cosine, "QUERY_BLOCK", 7)
    x = drawn(60, 6)
    found = NearestNeighbors(n_neighbors=5, metric="cosine").fit(x).kneighbors(return_distance=False)
    assert (neighbour_counts(x, k=5) == np.bincount(found.ravel(), minlength=60)).all()
    queries = drawn(40, 6, 1)
    found = NearestNeighbors(n_neighbors=5, metric="cosine").fit(x).kneighbors(queries, return_distance=False)
    assert (neighbour_counts(queries, x, k=5) == np.bincount(found.ravel(), minlength=60)).all()


def test_hubness_is_the_skewness_and_needs_many_dimensions_and_a_centre():
    """On a whole sphere nobody is central; in a cone of many dimensions the rows near its axis are near everybody."""
    sphere, few, many = (
        neighbour_counts(drawn(800, d) + offset, k=5) for d, offset in ((200, 0.0), (2, 1.0), (200, 1.0))
    )
    assert hubness(many).value == pytest.approx(stats.skew(many), rel=1e-10)
    assert hubness(sphere).value < 1
    assert hubness(few).value < 1 < 2 < hubness(many).value
    assert orphans(many).value > 2 * orphans(sphere).value
    assert not hubness(many).greater_is_better


def test_orphans_are_never_found():
    counts = np.array([3, 0, 2, 0, 5])
    assert orphans(counts).value == pytest.approx(0.4)


def test_bad_calls():
    with pytest.raises(InputError, match="number of candidates must be at least 7"):
        neighbour_counts(drawn(6, 3), k=5)
    with pytest.raises(InputError, match="counts is 2 in every row"):
        hubness(np.full(5, 2))
