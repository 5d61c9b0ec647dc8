"""Approximate search with faiss, and how much of the exact answer it finds."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import torch

from counterpoint.base.errors import InputError
from counterpoint.base.extras import require
from counterpoint.base.numerics import unit_rows
from counterpoint.retrieval.checks import at_least, finite, float32, matrix, same_width
from counterpoint.retrieval.search import BLOCK_ROWS, Hits, search

Search = Callable[[np.ndarray, int], Hits]
"""From queries `[Q, D]` and k to the k best rows of a corpus; a row that was not found is -1 with score -inf."""

_TRAINED_ON = 64
"""Vectors for each list of an inverted file, at most: what its k-means is given."""


@dataclass(frozen=True, kw_only=True)
class Flat:
    """All vectors are compared, in faiss."""

    def make(self, faiss: ModuleType, dim: int, rows: int) -> Any:
        """An empty index."""
        return faiss.IndexFlatIP(dim)


@dataclass(frozen=True, kw_only=True)
class IVF:
    """Vectors in lists by k-means; a query looks into the nearest lists (Sivic and Zisserman 2003, "Video Google").

    Attributes:
        lists: How many; 0 stands for the square root of the number of vectors.
        probes: Lists a query looks into; all of them make the search exact.
    """

    lists: int = 0
    probes: int = 16

    def __post_init__(self) -> None:
        """Check the numbers."""
        at_least("lists", self.lists, 0)
        at_least("probes", self.probes, 1)

    def make(self, faiss: ModuleType, dim: int, rows: int) -> Any:
        """An index that still has to be trained."""
        lists = min(self.lists or max(1, round(rows**0.5)), rows)
        index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dim), dim, lists, faiss.METRIC_INNER_PRODUCT)
        index.nprobe = min(self.probes, lists)
        index.cp.min_points_per_centroid = 1  # a small corpus is no reason for faiss to print a warning
        return index


@dataclass(frozen=True, kw_only=True)
class HNSW:
    """A layered graph of neighbours (Malkov and Yashunin 2018, arXiv:1603.09320).

    Attributes:
        neighbours: Edges of a vector.
        build_effort: Candidates kept while a vector is added.
        effort: Candidates kept while a query is answered; at least k are kept.
    """

    neighbours: int = 32
    build_effort: int = 200
    effort: int = 128

    def __post_init__(self) -> None:
        """Check the numbers."""
        at_least("neighbours", self.neighbours, 2)
        at_least("build_effort", self.build_effort, 1)
        at_least("effort", self.effort, 1)

    def make(self, faiss: ModuleType, dim: int, rows: int) -> Any:
        """An empty index."""
        index = faiss.IndexHNSWFlat(dim, self.neighbours, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = self.build_effort
        index.hnsw.efSearch = self.effort
        return index


class AnnIndex:
    """A faiss index of cosines. It holds all vectors in memory, unlike exact search of a store."""

    def __init__(self, corpus: np.ndarray, kind: Flat | IVF | HNSW) -> None:
        """Build it in one thread, so that the index depends on nothing but the vectors and the settings.

        Args:
            corpus: `[M, D]`, read in blocks.
            kind: Which index, with its settings.

        Raises:
            InputError: No vectors, NaN or infinity (the row is named).
            MissingExtraError: faiss is not installed.
        """
        faiss = require("faiss", extra="ann", purpose="approximate search")
        corpus_MD = matrix("the corpus", corpus)
        at_least("the number of rows to index", len(corpus_MD), 1)
        self.rows, self.dim = corpus_MD.shape
        self._index = kind.make(faiss, self.dim, self.rows)
        threads = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)
        try:
            if not self._index.is_trained:
                sample = min(self.rows, _TRAINED_ON * self._index.nlist)
                spread = np.linspace(0, self.rows - 1, sample).astype(np.int64)
                self._index.train(_unit("the corpus,", corpus_MD[spread]))
            for start in range(0, self.rows, BLOCK_ROWS):
                self._index.add(_unit("the corpus,", corpus_MD[start : start + BLOCK_ROWS], start))
        finally:
            faiss.omp_set_num_threads(threads)

    def __call__(self, queries: np.ndarray, k: int) -> Hits:
        """The k vectors of largest cosine, as far as the index finds them.

        Args:
            queries: `[Q, D]`.
            k: 1 to M.

        Raises:
            InputError: Another D, NaN or infinity, or k out of range.
        """
        queries_QD = matrix("queries", queries)
        same_width("queries", queries_QD.shape[1], "the index", self.dim)
        if not 1 <= k <= self.rows:
            raise InputError(f"k must be between 1 and the {self.rows} rows of the index, got {k}")
        scores, rows = self._index.search(_unit("queries,", queries_QD), k)
        return Hits(rows.astype(np.int64), np.where(rows < 0, -np.inf, scores).astype(np.float32))


@dataclass(frozen=True)
class Recall:
    """Share of the exact k best rows that a search found, averaged over sampled queries.

    Attributes:
        value: Between 0 and 1.
        error: Standard error of that mean over queries; 0 for a single query.
        queries: How many were sampled.
        k: How many rows each.
    """

    value: float
    error: float
    queries: int
    k: int


def measured_recall(found: Search, queries: np.ndarray, corpus: np.ndarray, k: int) -> Recall:
    """Compare a search with the exact one; of equal scores another row counts as missed.

    Args:
        found: The search in question.
        queries: `[Q, D]`, a sample.
        corpus: `[M, D]`, what is searched.
        k: 1 to M.

    Raises:
        InputError: No queries, or what either search refuses.
    """
    at_least("the number of sampled queries", len(queries), 1)
    pairs = zip(found(queries, k).rows, search(queries, corpus, k).rows, strict=True)
    shares = np.array([np.isin(exact, rows).mean() for rows, exact in pairs])
    error = shares.std(ddof=1) / len(shares) ** 0.5 if len(shares) > 1 else 0.0
    return Recall(float(shares.mean()), float(error), len(shares), k)


def _unit(name: str, vectors: np.ndarray, first_row: int = 0) -> np.ndarray:
    plain = float32(vectors)
    finite(name, plain, first_row=first_row)
    return unit_rows(torch.from_numpy(plain)).numpy()
