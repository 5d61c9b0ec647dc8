"""Which candidates are relevant to which query, and how much: graded, several to a query, stored as a sparse list."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from counterpoint.base.errors import InputError


@dataclass(frozen=True, eq=False)
class Qrels:
    """Relevance judgements; build them with :meth:`paired`, :meth:`of_lists` or :meth:`of_triples`.

    Attributes:
        n_queries: Number of queries, with or without judgements.
        n_candidates: Number of candidates.
        key: `[E]` int64 ``query * n_candidates + candidate``, ascending.
        grade: `[E]` float64, at least 0; a candidate is relevant when its grade is above 0, and unjudged means 0.
    """

    n_queries: int
    n_candidates: int
    key: np.ndarray
    grade: np.ndarray

    @staticmethod
    def paired(n: int) -> "Qrels":
        """Candidate i is the one relevant to query i."""
        rows = np.arange(n)
        return Qrels.of_triples(rows, rows, n_queries=n, n_candidates=n)

    @staticmethod
    def of_lists(relevant: Sequence[Sequence[int]], *, n_candidates: int) -> "Qrels":
        """``relevant[i]`` lists the candidates relevant to query i, each with grade 1; it may be empty."""
        query = np.repeat(np.arange(len(relevant)), [len(one) for one in relevant])
        candidate = np.array([c for one in relevant for c in one], dtype=np.int64)
        return Qrels.of_triples(query, candidate, n_queries=len(relevant), n_candidates=n_candidates)

    @staticmethod
    def of_triples(
        query: np.ndarray, candidate: np.ndarray, grade: np.ndarray | None = None, *, n_queries: int, n_candidates: int
    ) -> "Qrels":
        """Judgement e says that ``candidate[e]`` has ``grade[e]`` (default 1) for ``query[e]``.

        Raises:
            InputError: A row number out of range, a negative or infinite grade, or a pair judged twice.
        """
        query = _rows("query", query, n_queries)
        candidate = _rows("candidate", candidate, n_candidates)
        grade = np.ones(query.size) if grade is None else np.asarray(grade, dtype=np.float64)
        if not query.shape == candidate.shape == grade.shape:
            raise InputError(
                f"judgements need one query, candidate and grade each, got {query.size}, {candidate.size}, {grade.size}"
            )
        wrong = np.flatnonzero(~((grade >= 0) & np.isfinite(grade)))
        if wrong.size:
            raise InputError(f"grade must be 0 or more, judgement {wrong[0]} has {grade[wrong[0]]}")
        key = query * n_candidates + candidate
        order = np.argsort(key, kind="stable")
        key, grade = key[order], grade[order]
        twice = np.flatnonzero(key[1:] == key[:-1])
        if twice.size:
            first, second = divmod(int(key[twice[0]]), n_candidates)
            raise InputError(f"query {first} and candidate {second} are judged more than once; once is expected")
        return Qrels(n_queries, n_candidates, key, grade)

    def grades(self, start: int, candidates: np.ndarray) -> np.ndarray:
        """The grades `[Q, K]` of ``candidates`` `[Q, K]` for the queries from ``start`` on; 0 where unjudged."""
        if self.key.size == 0:
            return np.zeros(candidates.shape)
        wanted = np.arange(start, start + candidates.shape[0])[:, None] * self.n_candidates + candidates
        place = np.minimum(np.searchsorted(self.key, wanted), self.key.size - 1)
        return np.where(self.key[place] == wanted, self.grade[place], 0.0)

    def relevant_count(self) -> np.ndarray:
        """How many candidates are relevant to each query `[Q]`."""
        return np.bincount(self.key[self.grade > 0] // self.n_candidates, minlength=self.n_queries)

    def ideal(self, start: int, stop: int, k: int) -> np.ndarray:
        """The k best grades of each query, best first, padded with 0 `[stop - start, k]`."""
        low, high = np.searchsorted(self.key, [start * self.n_candidates, stop * self.n_candidates])
        query, grade = self.key[low:high] // self.n_candidates - start, self.grade[low:high]
        order = np.lexsort((-grade, query))
        query, grade = query[order], grade[order]
        rank = np.arange(query.size) - np.searchsorted(query, query)
        best = np.zeros((stop - start, k))
        kept = rank < k
        best[query[kept], rank[kept]] = grade[kept]
        return best


def _rows(name: str, value: np.ndarray, n: int) -> np.ndarray:
    rows = np.asarray(value)
    if rows.ndim != 1 or (rows.size and rows.dtype.kind not in "iu"):
        raise InputError(f"{name} must be row numbers [E], got shape {rows.shape} and dtype {rows.dtype}")
    rows = rows.astype(np.int64)
    wrong = np.flatnonzero((rows < 0) | (rows >= n))
    if wrong.size:
        raise InputError(f"{name} must lie between 0 and {n - 1}, judgement {wrong[0]} has {rows[wrong[0]]}")
    return rows
