"""Indexes of faiss against exact search, and the figure that says how near they come."""

import numpy as np
import pytest

from counterpoint.base.errors import InputError, MissingExtraError
from counterpoint.retrieval import HNSW, IVF, AnnIndex, Flat, measured_recall, search

DRAW = np.random.default_rng(0)
CORPUS = DRAW.normal(size=(600, 12)).astype(np.float32) * 3
QUERIES = DRAW.normal(size=(20, 12)).astype(np.float32)


@pytest.mark.parametrize("kind", [Flat(), IVF(lists=8, probes=8), HNSW(effort=600)])
def test_an_index_with_all_the_effort_is_exact(kind):
    found, exact = AnnIndex(CORPUS, kind)(QUERIES, 10), search(QUERIES, CORPUS, 10)
    np.testing.assert_array_equal(found.rows, exact.rows)
    np.testing.assert_allclose(found.scores, exact.scores, atol=1e-6)
    assert measured_recall(AnnIndex(CORPUS, kind), QUERIES, CORPUS, 10).value == 1


def test_recall_is_the_share_of_exact_rows_found():
    index = AnnIndex(CORPUS, IVF(lists=32, probes=1))
    figure = measured_recall(index, QUERIES, CORPUS, 30)
    unit = CORPUS / np.linalg.norm(CORPUS, axis=1, keepdims=True)
    exact = np.argsort(-(QUERIES @ unit.T), axis=1)[:, :30]
    shares = [len(set(a.tolist()) & set(b.tolist())) / 30 for a, b in zip(index(QUERIES, 30).rows, exact, strict=True)]
    assert 0 < figure.value < 0.9
    assert figure.value == pytest.approx(np.mean(shares))
    assert figure.error == pytest.approx(np.std(shares, ddof=1) / 20**0.5)
    assert (figure.queries, figure.k) == (20, 30)


def test_rows_that_an_index_does_not_find_are_marked():
    hits = AnnIndex(CORPUS, IVF(lists=100, probes=1))(QUERIES, 50)
    assert (hits.rows == -1).any()
    assert np.isneginf(hits.scores[hits.rows == -1]).all()
    assert np.isfinite(hits.scores[hits.rows >= 0]).all()


@pytest.mark.parametrize("kind", [IVF(), HNSW()])
def test_an_index_is_a_function_of_the_vectors(kind):
    first, again = (AnnIndex(CORPUS, kind)(QUERIES, 20) for _ in range(2))
    np.testing.assert_array_equal(first.rows, again.rows)


def test_bad_input_is_refused(monkeypatch):
    index = AnnIndex(CORPUS, Flat())
    with pytest.raises(InputError, match="k must be between 1 and the 600 rows of the index, got 601"):
        index(QUERIES, 601)
    with pytest.raises(InputError, match="D = 3"):
        index(QUERIES[:, :3], 5)
    with pytest.raises(InputError, match="the corpus, row 7 holds NaN"):
        AnnIndex(np.where(np.arange(600)[:, None] == 7, np.nan, CORPUS), Flat())
    with pytest.raises(InputError, match="probes must be at least 1, got 0"):
        IVF(probes=0)
    with pytest.raises(InputError, match="sampled queries"):
        measured_recall(index, QUERIES[:0], CORPUS, 5)
    monkeypatch.setitem(__import__("sys").modules, "faiss", None)
    with pytest.raises(MissingExtraError, match=r"counterpoint\[ann\]"):
        AnnIndex(CORPUS, HNSW())
