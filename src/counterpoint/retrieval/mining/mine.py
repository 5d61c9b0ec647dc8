"""Negatives for a range of queries: search, rules in order, and a choice among what is left."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from counterpoint.retrieval.mining.candidates import Candidates
from counterpoint.retrieval.mining.choosing import Plan, chosen
from counterpoint.retrieval.mining.report import Tally
from counterpoint.retrieval.mining.rules import Rule
from counterpoint.retrieval.mining.scorers import Space, paired_cosines
from counterpoint.retrieval.recall import Search

BLOCK_QUERIES = 256

Judge = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From queries and rows, both int64 `[n]`, to float64 `[n]`: 1 relevant, 0 not, NaN not judged."""


@dataclass(frozen=True, eq=False)
class Mined:
    """What was taken.

    Attributes:
        rows: int64 `[q, n]`, rows of the corpus, nearest first; -1 at the end where rules left fewer than n.
        tally: What was searched, removed and taken.
    """

    rows: np.ndarray
    tally: Tally


def mine(
    space: Space, search: Search, queries: np.ndarray, plan: Plan, rules: Sequence[Rule], *, judge: Judge | None = None
) -> Mined:
    """Hard negatives of some queries.

    The search runs once over all of them; its result takes 12 bytes for each query and rank of the window. Rules see
    256 queries at a time. A query's negatives do not depend on which others are mined with it.

    Args:
        space: Embeddings of queries, positives and corpus.
        search: Exact or approximate search of that corpus.
        queries: int64 `[q]`, numbers.
        plan: How many, and from where.
        rules: In order of their cost: a later one is asked about what the earlier ones left.
        judge: Who knows which candidates are relevant, for the tally of false negatives.

    Raises:
        InputError: The window ends beyond the corpus, or embeddings are refused.
    """
    plan.check_corpus(len(space.corpus))
    query_qD, positive_qD = space.queries(queries), space.positives(queries)
    positive_scores = paired_cosines(query_qD, positive_qD)
    hits = search(query_qD, plan.window.last)
    taken, tally = [], Tally()
    for start in range(0, len(queries), BLOCK_QUERIES):
        part = slice(start, start + BLOCK_QUERIES)
        found = Candidates(
            queries=queries[part], rows=hits.rows[part], scores=hits.scores[part],
            positive_scores=positive_scores[part], positives=positive_qD[part], kept=hits.rows[part] >= 0,
        )  # fmt: skip
        kept, removed = _thinned(found, (plan.window, *rules))
        rows = chosen(replace(found, kept=kept), plan)
        taken.append(rows)
        tally += Tally.of(found.kept, kept, rows, removed=removed) + _judged(found.queries, rows, judge)
    return Mined(np.concatenate(taken) if taken else np.empty((0, plan.negatives), dtype=np.int64), tally)


def _thinned(found: Candidates, rules: Sequence[Rule]) -> tuple[np.ndarray, dict[str, int]]:
    """What all rules leave, bool `[q, K]`, and how many each removed that was still there."""
    removed: dict[str, int] = {}
    for rule in rules:
        gone = rule.removes(found) & found.kept
        removed[rule.name] = removed.get(rule.name, 0) + int(gone.sum())
        found = replace(found, kept=found.kept & ~gone)
    return found.kept, removed


def _judged(queries: np.ndarray, rows: np.ndarray, judge: Judge | None) -> Tally:
    if judge is None:
        return Tally()
    query, place = np.nonzero(rows >= 0)
    said = judge(queries[query], rows[query, place])
    return Tally(judged=int(np.isfinite(said).sum()), relevant=int((said > 0).sum()))
