"""How much of the exact answer an approximate search finds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from counterpoint.retrieval.checks import at_least
from counterpoint.retrieval.search import Hits, search

Search = Callable[[np.ndarray, int], Hits]
"""From queries `[Q, D]` and k to the k best rows of a corpus; a row that was not found is -1 with score -inf."""


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


def measured_recall(
    found: Search, queries: np.ndarray, corpus: np.ndarray, k: int, *, without: Sequence[int] | np.ndarray = ()
) -> Recall:
    """Compare a search with the exact one; of equal scores another row counts as missed.

    Args:
        found: The search in question.
        queries: `[Q, D]`, a sample.
        corpus: `[M, D]`, what is searched.
        k: 1 to M, less the rows left out.
        without: Rows of the corpus that are not there for ``found``; exact search leaves them out too.

    Raises:
        InputError: No queries, or what either search refuses.
    """
    at_least("the number of sampled queries", len(queries), 1)
    pairs = zip(found(queries, k).rows, search(queries, corpus, k + len(without)).rows, strict=True)
    shares = np.array([np.isin(exact[~np.isin(exact, without)][:k], rows).mean() for rows, exact in pairs])
    error = shares.std(ddof=1) / len(shares) ** 0.5 if len(shares) > 1 else 0.0
    return Recall(float(shares.mean()), float(error), len(shares), k)
