"""Reranking: each query orders a list of its own, such as what a first search returned."""

from collections.abc import Sequence

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks, cosine
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, mean_measure
from counterpoint.evaluation.checks import Embeddings
from counterpoint.evaluation.retrieval import MAP, MRR, NDCG, Ranked, RankingMeasure

MEASURES: tuple[RankingMeasure, ...] = (MAP(1000), MRR(10), NDCG(10))
ROWS_PER_BLOCK = 4096


def reranking(
    queries: Embeddings,
    candidates: Embeddings,
    owners: np.ndarray,
    grades: np.ndarray,
    *,
    measures: Sequence[RankingMeasure] = MEASURES,
    bootstrap: Bootstrap = DEFAULT,
) -> list[Measure]:
    """Order the candidates of each query by cosine and average ranking measures; equal to trec_eval on the lists.

    A candidate of equal cosine and higher row number comes first. Queries without a relevant candidate are left out
    and counted in ``Measure.excluded``.

    Args:
        queries: `[Q, D]`, or sparse.
        candidates: `[M, D]` the lists of all queries.
        owners: int `[M]` which query's list a candidate is on.
        grades: `[M]` relevance, 0 for none.
        measures: Ranking measures.
        bootstrap: Resamples, level and seed; queries are drawn.

    Raises:
        InputError: Lengths or widths differ, an owner is no query, a negative grade, or fewer than two queries with
            a relevant candidate.
    """
    queries, candidates = checks.embeddings("queries", queries), checks.embeddings("candidates", candidates)
    checks.same_width("queries", queries, "candidates", candidates)
    owners = checks.labels("owners", owners, candidates.shape[0])
    grades = checks.numbers("grades", grades, candidates.shape[0])
    if owners.dtype.kind not in "iu" or owners.min() < 0 or owners.max() >= queries.shape[0]:
        raise InputError(f"owners must be rows of queries, 0 to {queries.shape[0] - 1}, got {owners.dtype} values")
    if grades.min() < 0:
        raise InputError(f"grades must be 0 or more, got {grades.min():g}")
    ranked = rank_lists(paired_scores(queries, candidates, owners), owners, grades, queries.shape[0])
    asked = ranked.relevant > 0
    if asked.sum() < 2:
        raise InputError(f"at least 2 queries need a candidate with a grade above 0, got {int(asked.sum())}")
    ranked = Ranked(*(part[asked] for part in ranked))
    left_out = int((~asked).sum())
    return [mean_measure(f"rerank_{one.name}", one(ranked), bootstrap=bootstrap, excluded=left_out) for one in measures]


def paired_scores(queries: Embeddings, candidates: Embeddings, owners: np.ndarray) -> np.ndarray:
    """Cosine `[M]` of each candidate with the query whose list it is on."""
    blocks = range(0, len(owners), ROWS_PER_BLOCK)
    cut = [slice(start, start + ROWS_PER_BLOCK) for start in blocks]
    return np.concatenate([cosine.paired(queries[owners[one]], candidates[one]) for one in cut])


def rank_lists(scores: np.ndarray, owners: np.ndarray, grades: np.ndarray, n_queries: int) -> Ranked:
    """Grades in the order of scores and in the best order `[Q, L]`, L the longest list; lists are filled up with 0."""
    place = np.arange(len(scores))
    by_score, by_grade = np.lexsort((-place, -scores, owners)), np.lexsort((-grades, owners))
    sizes = np.bincount(owners, minlength=n_queries)
    column = place - np.repeat(np.cumsum(sizes) - sizes, sizes)
    gain, ideal = np.zeros((2, n_queries, int(sizes.max())))
    gain[owners[by_score], column] = grades[by_score]
    ideal[owners[by_grade], column] = grades[by_grade]
    return Ranked(gain, ideal, np.bincount(owners[grades > 0], minlength=n_queries))
