"""Exact search against a sort of all float64 scores."""

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.pairwise import NegativeSquaredEuclidean
from counterpoint.retrieval import Cosine, Dot, Similarity, Store, cosines, embed, search


def brute(queries: np.ndarray, corpus: np.ndarray, k: int, metric: Similarity) -> tuple[np.ndarray, np.ndarray]:
    """Every score in float64, as float32 numbers; best first, and of equal scores the lower row."""
    a, b = queries.astype(np.float64), corpus.astype(np.float64)
    if isinstance(metric, Cosine):
        a, b = (x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-300) for x in (a, b))
    scores = np.stack([[float(np.dot(x, y)) for y in b] for x in a]).astype(np.float32)
    rows = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return rows, np.take_along_axis(scores, rows, axis=1)


def check(queries: np.ndarray, corpus: np.ndarray, k: int, metric: Similarity, **given) -> None:
    rows, scores = brute(queries, corpus, k, metric)
    hits = search(queries, corpus, k, metric=metric, **given)
    np.testing.assert_array_equal(hits.rows, rows)
    np.testing.assert_allclose(hits.scores, scores, rtol=2e-7, atol=1e-7)
    assert (hits.rows.dtype, hits.scores.dtype) == (np.int64, np.float32)


@pytest.mark.parametrize("metric", [Cosine(), Dot()])
@pytest.mark.parametrize(
    ("n", "k", "block_rows"), [(1, 1, 8192), (200, 1, 64), (200, 10, 64), (200, 150, 33), (200, 200, 64), (97, 5, 1)]
)
def test_equals_a_sort_of_all_scores(metric, n, k, block_rows) -> None:
    random = np.random.default_rng(n + k)
    queries, corpus = random.normal(size=(9, 12)).astype(np.float32), random.normal(size=(n, 12)).astype(np.float32)
    check(queries, corpus, k, metric, block_rows=block_rows)


@pytest.mark.parametrize("metric", [Cosine(), Dot()])
@pytest.mark.parametrize("block_rows", [1, 7, 50, 1000])
def test_of_equal_scores_the_lower_row_wins(metric, block_rows) -> None:
    random = np.random.default_rng(3)
    few = random.integers(-2, 3, size=(6, 3)).astype(np.float32)  # whole numbers: equal scores are exactly equal
    corpus = few[random.integers(0, 6, size=180)]
    queries = random.integers(-2, 3, size=(5, 3)).astype(np.float32)
    hits = search(queries, corpus, 40, metric=Dot() if isinstance(metric, Dot) else metric, block_rows=block_rows)
    scores = queries.astype(np.float64) @ corpus.T.astype(np.float64)
    if isinstance(metric, Cosine):
        norms = np.linalg.norm(queries, axis=1)[:, None] * np.linalg.norm(corpus, axis=1)[None]
        scores = np.where(norms > 0, scores / np.where(norms > 0, norms, 1), 0)
    expected = np.argsort(-scores.round(9), axis=1, kind="stable")[:, :40]
    np.testing.assert_array_equal(hits.rows, expected)


def test_all_equal_scores_come_in_row_order() -> None:
    corpus = np.ones((500, 4), np.float32)
    np.testing.assert_array_equal(search(np.ones((3, 4)), corpus, 500, block_rows=77).rows, [np.arange(500)] * 3)
    zeros = search(np.zeros((1, 4)), np.random.default_rng(0).normal(size=(50, 4)), 50)
    np.testing.assert_array_equal(zeros.rows, [np.arange(50)])
    np.testing.assert_array_equal(zeros.scores, np.zeros((1, 50)))


@pytest.mark.parametrize("metric", [Cosine(), Dot()])
def test_blocks_do_not_change_a_bit(metric) -> None:
    random = np.random.default_rng(5)
    corpus = np.repeat(random.normal(size=(100, 16)).astype(np.float32), 4, axis=0)  # ties across blocks
    queries = random.normal(size=(300, 16)).astype(np.float32)  # more than one tile of queries
    whole = search(queries, corpus, 20, metric=metric)
    for block_rows in (1, 13, 64, 399, 400):
        parts = search(queries, corpus, 20, metric=metric, block_rows=block_rows)
        np.testing.assert_array_equal(parts.rows, whole.rows)
        np.testing.assert_array_equal(parts.scores, whole.scores)
    alone = search(queries[17:18], corpus, 20, metric=metric)
    np.testing.assert_array_equal(alone.rows[0], whole.rows[17])


def test_lengths_matter_to_dot_and_not_to_cosine() -> None:
    corpus = np.array([[1.0, 0.0], [10.0, 10.0], [0.0, 1.0]], np.float32)
    query = np.array([[2.0, 0.5]], np.float32)
    assert search(query, corpus, 3, metric=Dot()).rows.tolist() == [[1, 0, 2]]
    assert search(query, corpus, 3, metric=Cosine()).rows.tolist() == [[0, 1, 2]]
    scaled = corpus * np.array([[1e-18], [1e18], [3.0]], np.float32)
    assert search(query, scaled, 3, metric=Cosine()).rows.tolist() == [[0, 1, 2]]


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int32])
def test_numbers_of_any_kind_are_searched(dtype) -> None:
    random = np.random.default_rng(8)
    corpus, queries = ((random.normal(size=(n, 6)) * 5).astype(dtype) for n in (40, 4))
    check(queries.astype(np.float32), corpus.astype(np.float32), 7, Cosine())
    np.testing.assert_array_equal(
        search(queries, corpus, 7).rows, search(queries.astype(np.float32), corpus.astype(np.float32), 7).rows
    )


def test_a_store_is_searched_through_its_map(kit, copy, tmp_path) -> None:
    store = Store(copy())
    queries = kit.expected(30)[20:]
    hits = search(queries, store, 5, block_rows=4)
    rows, _ = brute(queries, kit.expected(23), 5, Cosine())
    np.testing.assert_array_equal(hits.rows, rows)
    assert hits.rows[0, 0] == 20
    assert (store.folder / "vectors.npy").exists()
    mapped = np.load(store.folder / "vectors.npy", mmap_mode="r")
    np.testing.assert_array_equal(search(queries, mapped, 5).rows, rows)
    one = embed(kit.Texts(1), kit.Counting(), tmp_path / "one", model="m")
    assert search(queries, one, 1).rows.tolist() == [[0]] * 10


def test_no_queries_find_nothing() -> None:
    hits = search(np.zeros((0, 4), np.float32), np.ones((9, 4)), 3)
    assert hits.rows.shape == hits.scores.shape == (0, 3)


@pytest.mark.parametrize(
    ("queries", "corpus", "k", "message"),
    [
        (np.ones((1, 3)), np.ones((5, 3)), 6, "k must be between 1 and the 5 rows of the corpus, got 6"),
        (np.ones((1, 3)), np.ones((5, 3)), 0, "k must be between 1 and the 5 rows of the corpus, got 0"),
        (np.ones((1, 3)), np.ones((0, 3)), 1, "the corpus has 0 rows"),
        (np.ones((1, 3)), np.ones((5, 4)), 1, "queries have D = 3 and the corpus has D = 4"),
        (np.ones(3), np.ones((5, 3)), 1, r"queries must have two axes \[N, D\].*got shape \(3,\)"),
        (np.array([["a"]]), np.ones((5, 1)), 1, "queries must hold numbers"),
        (np.array([[1.0], [np.nan]]), np.ones((5, 1)), 1, "queries, row 1 holds NaN"),
        (np.array([[1.0], [1e39]]), np.ones((5, 1)), 1, "queries, row 1 holds an infinity"),
        (np.ones((1, 1)), np.array([[1.0], [1.0], [np.nan]]), 1, "the corpus, row 2 holds NaN"),
        (np.ones((1, 1)), np.array([[1.0], [-np.inf], [1.0]]), 1, "the corpus, row 1 holds an infinity"),
    ],
)
def test_bad_input_is_named(queries, corpus, k, message) -> None:
    for block_rows in (2, 100):
        with pytest.raises(InputError, match=message):
            search(queries, corpus, k, metric=Dot(), block_rows=block_rows)


def test_scores_beyond_float32_are_refused() -> None:
    with pytest.raises(InputError, match=r"scores of the corpus overflow float32 between rows 2 and 4"):
        search(np.full((1, 2), 1e30), np.array([[1, 1], [1, 1], [1, 1], [1e30, 0]]), 1, metric=Dot(), block_rows=2)
    with pytest.raises(InputError, match="block_rows must be at least 1, got 0"):
        search(np.ones((1, 2)), np.ones((2, 2)), 1, block_rows=0)


@pytest.mark.parametrize("k", [1, 5, 20])
def test_near_ties_are_decided_in_float64(k) -> None:
    # Big terms that cancel, in another order in every row: in float32 rounding decides, in float64 the last column.
    random = np.random.default_rng(1)
    half = random.normal(size=128) * 1e3
    corpus = np.stack([[*random.permutation([*half, *-half]), score * 1e-4] for score in random.permutation(20)])
    query, corpus = np.ones((1, 257), np.float32), corpus.astype(np.float32)
    rows, _ = brute(query, corpus, k, Dot())
    assert rows[0].tolist() != list(range(k))
    for block_rows in (1, 3, 20):
        np.testing.assert_array_equal(search(query, corpus, k, metric=Dot(), block_rows=block_rows).rows, rows)


def test_cosines() -> None:
    random = np.random.default_rng(2)
    a, b = random.normal(size=(4, 6)), random.normal(size=(3, 6)) * 1e-15
    b[1] = 0
    expected = [[0 if j == 1 else x @ y / np.linalg.norm(x) / np.linalg.norm(y) for j, y in enumerate(b)] for x in a]
    found = cosines(a, b)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-6)
    with pytest.raises(InputError, match="the first embeddings have D = 6 and the second array has D = 5"):
        cosines(a, np.ones((2, 5)))
    with pytest.raises(InputError, match="the second embeddings, row 1 holds NaN"):
        cosines(a, np.array([[0.0] * 6, [np.nan] * 6]))


def test_a_similarity_that_prepares_documents_otherwise() -> None:
    random = np.random.default_rng(5)
    queries, corpus = random.normal(size=(4, 6)).astype(np.float32), random.normal(size=(60, 6)).astype(np.float32)
    distances = ((queries[:, None].astype(np.float64) - corpus[None]) ** 2).sum(2)
    hits = search(queries, corpus, 7, metric=NegativeSquaredEuclidean(), block_rows=13)
    np.testing.assert_array_equal(hits.rows, np.argsort(distances, axis=1, kind="stable")[:, :7])
