"""What a search found for some queries, and pairs of query and row that are known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from counterpoint.base.errors import InputError


@dataclass(frozen=True, eq=False)
class Candidates:
    """The K nearest rows of each of q queries, best first, and which of them no rule has removed yet.

    Attributes:
        queries: int64 `[q]`, their numbers.
        rows: int64 `[q, K]`, rows of the corpus; -1 where the search found fewer.
        scores: float32 `[q, K]`, cosines to the query.
        positive_scores: float32 `[q]`, cosine of query and positive.
        positives: float32 `[q, D]`, embeddings of the positives.
        kept: bool `[q, K]`.
    """

    queries: np.ndarray
    rows: np.ndarray
    scores: np.ndarray
    positive_scores: np.ndarray
    positives: np.ndarray
    kept: np.ndarray


class KnownPairs:
    """Pairs (query, row of the corpus) as a sorted list: memory is that of the pairs alone."""

    def __init__(self, query: Sequence[int] | np.ndarray, row: Sequence[int] | np.ndarray, *, rows: int) -> None:
        """Take int64 numbers of queries `[E]` and rows `[E]` of a corpus of ``rows`` rows; repeats do no harm.

        Raises:
            InputError: Lengths differ, a negative query, or a row that is not in the corpus.
        """
        queries_E, rows_E = np.asarray(query, dtype=np.int64), np.asarray(row, dtype=np.int64)
        if queries_E.shape != rows_E.shape or queries_E.ndim != 1:
            raise InputError(f"known pairs need one query and one row each, got {queries_E.shape} and {rows_E.shape}")
        if rows_E.size and (queries_E.min() < 0 or rows_E.min() < 0 or rows_E.max() >= rows):
            raise InputError(f"known pairs must have queries from 0 on and rows of 0..{rows - 1}")
        self._rows = rows
        self._keys = np.unique(queries_E * rows + rows_E)

    def holds(self, queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Whether each of ``rows`` `[q, K]` is known for its query `[q]`; bool `[q, K]`, False for row -1."""
        if self._keys.size == 0:
            return np.zeros(rows.shape, dtype=bool)
        wanted = queries[:, None] * self._rows + rows
        place = np.minimum(np.searchsorted(self._keys, wanted), self._keys.size - 1)
        return (self._keys[place] == wanted) & (rows >= 0)
