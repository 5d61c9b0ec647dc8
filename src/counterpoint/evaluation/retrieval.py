"""Ranking measures of retrieval from embeddings: exact, streamed, and equal to trec_eval.

Where trec_eval leaves room: gains are the grades themselves (linear, as in trec_eval, not ``2^grade - 1``); candidates
of equal similarity stand in descending order of row number (trec_eval's order when documents are named by zero-padded
row numbers); a query without a relevant candidate is left out of every mean and counted in ``Measure.excluded``
(trec_eval would score it 0).
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks, cosine
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, mean_measure
from counterpoint.evaluation.checks import Embeddings
from counterpoint.evaluation.qrels import Qrels


class Ranked(NamedTuple):
    """What a ranking measure sees of a block of queries, each of which has something relevant.

    Attributes:
        gain: `[Q, K]` grades of the ranking, best candidate first; 0 is not relevant.
        ideal: `[Q, K]` the best grades that any ranking could show.
        relevant: `[Q]` how many candidates are relevant, found or not.
    """

    gain: np.ndarray
    ideal: np.ndarray
    relevant: np.ndarray


@dataclass(frozen=True)
class RankingMeasure(ABC):
    """A number per query read off its ranking down to depth ``k``."""

    k: int

    def __post_init__(self) -> None:
        checks.at_least("k", self.k, 1)

    @property
    def name(self) -> str:
        """Such as ``ndcg@10``."""
        return f"{type(self).__name__.lower()}@{self.k}"

    @abstractmethod
    def __call__(self, ranked: Ranked) -> np.ndarray:
        """`[Q]` values between 0 and 1; a ranking shorter than k goes on with irrelevant candidates."""


class NDCG(RankingMeasure):
    """DCG over the best possible DCG, with DCG = sum over ranks r of grade / log2(1 + r) (Jarvelin & Kekalainen 2002).

    trec_eval's ``ndcg_cut``: the gain is the grade.
    """

    def __call__(self, ranked: Ranked) -> np.ndarray:
        """`[Q]`."""
        return _discounted(ranked.gain[:, : self.k]) / _discounted(ranked.ideal[:, : self.k])


class MRR(RankingMeasure):
    """1 over the rank of the first relevant candidate, 0 when it is deeper than k (trec_eval's ``recip_rank``)."""

    def __call__(self, ranked: Ranked) -> np.ndarray:
        """`[Q]`."""
        hit = ranked.gain[:, : self.k] > 0
        return np.where(hit.any(axis=1), 1 / (1 + hit.argmax(axis=1)), 0.0)


class MAP(RankingMeasure):
    """Precision at each relevant candidate found, summed, over all relevant (trec_eval's ``map_cut``)."""

    def __call__(self, ranked: Ranked) -> np.ndarray:
        """`[Q]`."""
        hit = ranked.gain[:, : self.k] > 0
        precision = np.cumsum(hit, axis=1) / np.arange(1, hit.shape[1] + 1)
        return (precision * hit).sum(axis=1) / ranked.relevant


class Recall(RankingMeasure):
    """Relevant candidates found over all relevant (trec_eval's ``recall``)."""

    def __call__(self, ranked: Ranked) -> np.ndarray:
        """`[Q]`."""
        return (ranked.gain[:, : self.k] > 0).sum(axis=1) / ranked.relevant


class Precision(RankingMeasure):
    """Relevant candidates found over k, also where fewer than k exist (trec_eval's ``P``)."""

    def __call__(self, ranked: Ranked) -> np.ndarray:
        """`[Q]`."""
        return (ranked.gain[:, : self.k] > 0).sum(axis=1) / self.k


MEASURES: tuple[RankingMeasure, ...] = (NDCG(10), MRR(10), MAP(1000), Recall(1), Recall(10), Recall(100), Precision(1))
"""What is reported unless asked otherwise; 1000 is the depth of TREC runs, and MAP is exact on smaller collections."""


def retrieval(
    queries: Embeddings,
    candidates: Embeddings,
    qrels: Qrels | None = None,
    *,
    measures: Sequence[RankingMeasure] = MEASURES,
    exclude_self: bool = False,
    prefix: str = "",
    bootstrap: Bootstrap = DEFAULT,
) -> list[Measure]:
    """Rank all candidates by cosine for every query and average ranking measures over queries.

    Args:
        queries: `[Q, D]`, or sparse.
        candidates: `[M, D]`.
        qrels: What is relevant; by default candidate i to query i.
        measures: Ranking measures.
        exclude_self: Queries and candidates are the same rows, and no row may find itself.
        prefix: Put before the names of measures.
        bootstrap: Resamples, level and seed; queries are drawn.

    Raises:
        InputError: Shapes do not fit the judgements, or fewer than two queries have something relevant.
    """
    values, excluded = retrieval_values(queries, candidates, qrels, measures=measures, exclude_self=exclude_self)
    return [mean_measure(prefix + name, one, bootstrap=bootstrap, excluded=excluded) for name, one in values.items()]


def retrieval_values(
    queries: Embeddings,
    candidates: Embeddings,
    qrels: Qrels | None = None,
    *,
    measures: Sequence[RankingMeasure] = MEASURES,
    exclude_self: bool = False,
) -> tuple[dict[str, np.ndarray], int]:
    """The values per query that :func:`retrieval` averages, for paired comparisons of two systems.

    Returns:
        For each measure `[Q']` values of the queries that have something relevant, in order; and how many have not.
    """
    queries = checks.embeddings("queries", queries, at_least=1)
    candidates = checks.embeddings("candidates", candidates)
    qrels = _checked(queries, candidates, qrels, exclude_self)
    depth = max(measure.k for measure in measures)
    relevant = qrels.relevant_count()
    parts: dict[str, list[np.ndarray]] = {measure.name: [] for measure in measures}
    for found in cosine.top_k(queries, candidates, depth, exclude_self=exclude_self):
        stop = found.start + found.index.shape[0]
        asked = relevant[found.start : stop] > 0
        ranked = Ranked(
            qrels.grades(found.start, found.index)[asked],
            qrels.ideal(found.start, stop, depth)[asked],
            relevant[found.start : stop][asked],
        )
        for measure in measures:
            parts[measure.name].append(measure(ranked))
    return {name: np.concatenate(part) for name, part in parts.items()}, int((relevant == 0).sum())


def _checked(queries: Embeddings, candidates: Embeddings, qrels: Qrels | None, exclude_self: bool) -> Qrels:
    checks.same_width("queries", queries, "candidates", candidates)
    n, m = queries.shape[0], candidates.shape[0]
    if (qrels is None or exclude_self) and n != m:
        raise InputError(f"queries has {n} rows and candidates {m}; row i must belong to row i unless qrels says more")
    qrels = Qrels.paired(n) if qrels is None else qrels
    if (qrels.n_queries, qrels.n_candidates) != (n, m):
        raise InputError(
            f"qrels judges {qrels.n_queries} queries and {qrels.n_candidates} candidates, not the {n} and {m} given"
        )
    if exclude_self and (qrels.grades(0, np.arange(n)[:, None]) > 0).any():
        raise InputError("qrels calls a row relevant to itself, which exclude_self makes impossible to find")
    if np.count_nonzero(qrels.relevant_count()) < 2:
        raise InputError(f"qrels must name a relevant candidate for at least 2 queries of {n}")
    return qrels


def _discounted(gain: np.ndarray) -> np.ndarray:
    return gain @ (1 / np.log2(np.arange(2, gain.shape[1] + 2)))
