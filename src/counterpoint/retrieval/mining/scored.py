"""Scores that somebody has made before: a reranker's, of the pairs it was asked about."""

from dataclasses import dataclass

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.retrieval.checks import at_least
from counterpoint.retrieval.mining.candidates import Candidates


class ScoredPairs:
    """Scores of pairs (query, row of the corpus), in the form of a :class:`Scorer`; memory is that of the pairs."""

    def __init__(self, queries: np.ndarray, rows: np.ndarray, scores: np.ndarray, *, positives: np.ndarray) -> None:
        """Sort the pairs.

        Args:
            queries: int64 `[E]`, numbers.
            rows: int64 `[E]`, rows of the corpus.
            scores: float64 `[E]`.
            positives: int64 `[N]`, the row of every query's positive.

        Raises:
            InputError: No pairs, lengths differ, a score is not finite, a pair has two scores, or a positive has none.
        """
        if not queries.shape == rows.shape == scores.shape or queries.ndim != 1:
            raise InputError(
                f"pairs need a query, row and score each, got {queries.shape}, {rows.shape}, {scores.shape}"
            )
        at_least("the number of scored pairs", len(scores), 1)
        if not np.isfinite(scores).all():
            raise InputError(f"scores of pairs must be finite numbers, pair {np.argmin(np.isfinite(scores))} has none")
        self._width = int(max(rows.max(initial=0), positives.max(initial=0))) + 1
        keys = queries * self._width + rows
        order = np.argsort(keys, kind="stable")
        self._keys, self._scores, self._positives = keys[order], scores[order], positives
        twice = np.flatnonzero((np.diff(self._keys) == 0) & (np.diff(self._scores) != 0))
        if twice.size:
            query, row = divmod(int(self._keys[twice[0]]), self._width)
            raise InputError(f"query {query} and row {row} have two different scores")
        numbers = np.arange(len(positives))
        missing = np.flatnonzero(~self.holds(numbers, positives))
        if missing.size:
            raise InputError(
                f"{missing.size} positives have no score, such as that of query {missing[0]} (row "
                f"{positives[missing[0]]}); negatives are compared with them"
            )

    def holds(self, queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Whether query ``queries[i]`` and row ``rows[i]`` have a score; bool `[n]`."""
        wanted = self._wanted(queries, rows)
        return self._keys[self._place(wanted)] == wanted

    def positive_scores(self, queries: np.ndarray) -> np.ndarray:
        """Of each query and its positive, `[q]`."""
        return self.scores(queries, self._positives[queries])

    def scores(self, queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Of pairs, `[n]`; infinity where there is none, so that no rule mistakes it for irrelevant."""
        return np.where(self.holds(queries, rows), self._scores[self._place(self._wanted(queries, rows))], np.inf)

    def _wanted(self, queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        # A row beyond the last one that is known must not look like a row of the next query.
        return np.where((rows >= 0) & (rows < self._width), queries * self._width + rows, -1)

    def _place(self, wanted: np.ndarray) -> np.ndarray:
        return np.minimum(np.searchsorted(self._keys, wanted), self._keys.size - 1)


@dataclass(frozen=True, eq=False)
class ExcludeUnscored:
    """Rows of which the reranker has said nothing for the query.

    Attributes:
        pairs: What it has said.
    """

    pairs: ScoredPairs
    name = "not scored"

    def removes(self, found: Candidates) -> np.ndarray:
        """Those without a score."""
        return ~self.pairs.holds(np.broadcast_to(found.queries[:, None], found.rows.shape), found.rows)
