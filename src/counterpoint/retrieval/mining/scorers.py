"""Scores of queries with rows and with positives: by embeddings, or by a function of two of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch

from counterpoint.base.content import Content
from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.retrieval.checks import finite, float32, matrix

ByNumber = Callable[[np.ndarray], np.ndarray]
"""From numbers int64 `[n]` to embeddings `[n, D]`; ``array.__getitem__`` is one."""
Contents = Callable[[np.ndarray], Content]
"""From numbers int64 `[n]` to texts, images or vectors."""


class Scorer(Protocol):
    """Larger is more relevant; only differences from the positive's score matter."""

    def positive_scores(self, queries: np.ndarray) -> np.ndarray:
        """Of each query `[q]` and its positive, `[q]`."""
        ...

    def scores(self, queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Of query ``queries[i]`` and row ``rows[i]``, both int64 `[n]`, `[n]`."""
        ...


@dataclass(frozen=True, eq=False)
class Space:
    """One model's embeddings, scored by cosine.

    Attributes:
        queries: Embeddings of queries by number.
        positives: Embeddings of their positives by number of the query.
        corpus: `[M, D]`, such as a memory map.
    """

    queries: ByNumber
    positives: ByNumber
    corpus: np.ndarray

    def positive_scores(self, queries: np.ndarray) -> np.ndarray:
        """Cosines of queries and their positives, float32 `[q]`."""
        return paired_cosines(self.queries(queries), self.positives(queries))

    def scores(self, queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Cosines of queries and rows of the corpus, float32 `[n]`."""
        once, place = np.unique(queries, return_inverse=True)
        return paired_cosines(np.asarray(self.queries(once))[place], self.corpus[rows])


@dataclass(frozen=True, eq=False)
class PairScorer:
    """A cross-encoder or another reranker: a function of pairs, of texts in most cases.

    Attributes:
        score: From n pairs (query, document) to n finite numbers.
        queries: What queries hold, by number.
        positives: What their positives hold, by number of the query.
        corpus: What the corpus holds, by row.
    """

    score: Callable[[list[tuple[Any, Any]]], Sequence[float] | np.ndarray]
    queries: Contents
    positives: Contents
    corpus: Contents

    def positive_scores(self, queries: np.ndarray) -> np.ndarray:
        """Scores of queries with their positives, `[q]`."""
        return self._of(self.queries(queries), self.positives(queries))

    def scores(self, queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Scores of queries with rows of the corpus, `[n]`."""
        return self._of(self.queries(queries), self.corpus(rows))

    def _of(self, left: Content, right: Content) -> np.ndarray:
        pairs = list(zip(left, right, strict=True))
        scores = np.asarray(self.score(pairs) if pairs else [], dtype=np.float64)
        if scores.shape != (len(pairs),) or not np.isfinite(scores).all():
            raise InputError(f"the reranker must give {len(pairs)} finite numbers, got shape {scores.shape}: {scores}")
        return scores


def paired_cosines(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Cosines of row i with row i of embeddings `[n, D]`, float32 `[n]`, from float64 products.

    Raises:
        InputError: Different shapes, NaN or infinity.
    """
    first, second = float32(matrix("queries", left)), float32(matrix("documents", right))
    if first.shape != second.shape:
        raise InputError(f"queries are {list(first.shape)} and documents {list(second.shape)}; one model gives both")
    finite("queries,", first)
    finite("documents,", second)
    a_nD, b_nD = (unit_rows(torch.from_numpy(one).double()) for one in (first, second))
    return (a_nD * b_nD).sum(dim=1).float().numpy()
