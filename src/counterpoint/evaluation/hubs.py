"""Hubs and orphans: rows that are everybody's neighbour, and rows that no search will ever find."""

import numpy as np

from counterpoint.evaluation import checks, cosine
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, mean_measure, measure
from counterpoint.evaluation.checks import Embeddings


def neighbour_counts(queries: Embeddings, candidates: Embeddings | None = None, *, k: int = 10) -> np.ndarray:
    """How often each candidate is among the k nearest of a query, int64 `[M]`; exact, in blocks.

    Args:
        queries: `[N, D]`, or sparse.
        candidates: `[M, D]`; the queries themselves where not given, none of which finds itself.
        k: Neighbours looked at.

    Raises:
        InputError: Shapes do not fit, or there are not more candidates than k.
    """
    own = candidates is None
    queries = checks.embeddings("queries", queries)
    searched = queries if own else checks.embeddings("candidates", candidates)
    checks.same_width("queries", queries, "candidates", searched)
    checks.at_least("k", k, 1)
    checks.at_least("the number of candidates", searched.shape[0], k + 1 + own)
    counts = np.zeros(searched.shape[0], dtype=np.int64)
    for found in cosine.top_k(queries, searched, k, exclude_self=own):
        counts += np.bincount(found.index.ravel(), minlength=len(counts))
    return counts


def hubness(counts: np.ndarray, *, bootstrap: Bootstrap = DEFAULT) -> Measure:
    """Skewness of how often rows are neighbours: about 0 to 1 is healthy, several means a few rows are everywhere.

    Formula: ``E[(c - mean)^3] / std^3`` of :func:`neighbour_counts`.

    Radovanovic, Nanopoulos and Ivanovic, "Hubs in Space" (2010), JMLR 11, Section 2.

    Args:
        counts: `[M]`.
        bootstrap: Resamples, level and seed; candidates are drawn.

    Raises:
        InputError: The counts are all the same.
    """
    counts = checks.numbers("counts", counts, len(counts), varying=True)
    values, multiplicity = np.unique(counts, return_counts=True)

    def skewness(drawn: np.ndarray) -> np.ndarray:
        n = drawn.sum(axis=1)
        mean = drawn @ values / n
        centred = values[None] - mean[:, None]
        second, third = ((drawn * centred**power).sum(axis=1) / n for power in (2, 3))
        with np.errstate(divide="ignore", invalid="ignore"):
            return third / second**1.5

    return measure("hubness", skewness, multiplicity, bootstrap=bootstrap, greater_is_better=False)


def orphans(counts: np.ndarray, *, bootstrap: Bootstrap = DEFAULT) -> Measure:
    """Share of candidates that are nobody's neighbour: what a search over these queries never returns.

    Args:
        counts: `[M]` of :func:`neighbour_counts`.
        bootstrap: Resamples, level and seed; candidates are drawn.
    """
    counts = checks.numbers("counts", counts, len(counts))
    return mean_measure("orphans", counts == 0, bootstrap=bootstrap, greater_is_better=False)
