import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics.pairwise import cosine_similarity

from counterpoint.evaluation import cosine


def _found(*args, **kwargs):
    parts = list(cosine.top_k(*args, **kwargs))
    assert [part.start for part in parts] == list(np.cumsum([0] + [len(part.index) for part in parts[:-1]]))
    return np.concatenate([part.similarity for part in parts]), np.concatenate([part.index for part in parts])


def _brute(similarity, k):
    """Descending similarity, then descending row number."""
    rows = np.arange(similarity.shape[1])
    index = np.stack([np.lexsort((-rows, -row))[:k] for row in similarity])
    return np.take_along_axis(similarity, index, axis=1), index


@pytest.mark.parametrize("tile", [(1, 1), (3, 7), (5, 4), (100, 100)])
@pytest.mark.parametrize("k", [1, 6, 31, 50])
def test_top_k_equals_a_full_sort(tile, k):
    rng = np.random.default_rng(0)
    queries, candidates = rng.normal(size=(17, 5)), rng.normal(size=(31, 5))
    found = _found(queries, candidates, k, query_block=tile[0], candidate_block=tile[1])
    similarity, index = _brute(cosine_similarity(queries, candidates), k)
    np.testing.assert_array_equal(found[1], index)
    np.testing.assert_allclose(found[0], similarity, atol=1e-12)


@pytest.mark.parametrize("tile", [(1, 1), (4, 3), (8, 11), (64, 64)])
@pytest.mark.parametrize("k", [1, 4, 13])
def test_ties_go_to_the_higher_row_whatever_the_tiles(tile, k):
    rng = np.random.default_rng(1)
    candidates = np.eye(4)[rng.integers(4, size=40)]
    queries = rng.integers(1, 5, size=(9, 4)).astype(float)
    found = _found(queries, candidates, k, query_block=tile[0], candidate_block=tile[1])
    np.testing.assert_array_equal(found[1], _brute(cosine.unit_rows(queries) @ candidates.T, k)[1])


@pytest.mark.parametrize("tile", [(1, 1), (4, 3), (64, 64)])
@pytest.mark.parametrize("k", [3, 19, 20])
def test_no_row_finds_itself(tile, k):
    points = np.random.default_rng(2).normal(size=(20, 4))
    _, index = _found(points, points, k, exclude_self=True, query_block=tile[0], candidate_block=tile[1])
    similarity = cosine_similarity(points)
    np.fill_diagonal(similarity, -np.inf)
    np.testing.assert_array_equal(index, _brute(similarity, min(k, 19))[1])


def test_sparse_equals_dense():
    rng = np.random.default_rng(3)
    queries, candidates = rng.poisson(0.5, size=(12, 30)).astype(float), rng.poisson(0.5, size=(25, 30)).astype(float)
    queries[0] = 0
    dense = _found(queries, candidates, 25)
    thin = _found(sparse.csr_matrix(queries), sparse.csr_array(candidates), 25, query_block=5, candidate_block=7)
    np.testing.assert_allclose(thin[0], dense[0], atol=1e-12)
    assert (thin[0][0] == 0).all()
    np.testing.assert_allclose(
        cosine.paired(sparse.csr_matrix(queries), sparse.csr_matrix(candidates[:12])),
        cosine.paired(queries, candidates[:12]),
        atol=1e-12,
    )


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_cosine_survives_extreme_lengths_and_zero_rows(scale):
    points = np.random.default_rng(4).normal(size=(6, 8)).astype(np.float32)
    unit = cosine.unit_rows(points * np.float32(scale))
    np.testing.assert_allclose(np.linalg.norm(unit, axis=1), 1, rtol=1e-6)
    points[2] = 0
    assert (cosine.unit_rows(points)[2] == 0).all()


def test_paired_is_the_diagonal_across_blocks(monkeypatch):
    monkeypatch.setattr(cosine, "CANDIDATE_BLOCK", 4)
    rng = np.random.default_rng(5)
    first, second = rng.normal(size=(2, 11, 3))
    np.testing.assert_allclose(cosine.paired(first, second), np.diag(cosine_similarity(first, second)), atol=1e-14)
