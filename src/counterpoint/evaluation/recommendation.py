"""Recommendation by full ranking: every item a user has not taken yet competes, block by block of users."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, mean_measure
from counterpoint.evaluation.qrels import Qrels
from counterpoint.evaluation.retrieval import NDCG, Ranked, RankingMeasure, Recall

MEASURES: tuple[RankingMeasure, ...] = (Recall(10), NDCG(10), Recall(20), NDCG(20))
SCORES_PER_BLOCK = 1 << 23
HEAD = 0.2
COLD = 0.25

Scores = Callable[[np.ndarray], np.ndarray]
"""Rows of users `[B]` to scores `[B, I]`."""


@dataclass(frozen=True, eq=False)
class Group:
    """A part of the test that is judged by itself.

    Attributes:
        name: Comes after the measure.
        users: bool `[U]`.
        items: bool `[I]`; others still compete, but are not relevant.
    """

    name: str
    users: np.ndarray
    items: np.ndarray


def dot_scores(users: np.ndarray, items: np.ndarray) -> Scores:
    """Dot products of `[U, D]` and `[I, D]`."""
    users, items = checks.dense("users", users), checks.dense("items", items)
    checks.same_width("users", users, "items", items)
    return lambda rows: users[rows] @ items.T


def popularity_scores(train: sparse.csr_array) -> Scores:
    """How many users took an item: the baseline that knows nobody."""
    count = np.asarray(train.sum(axis=0), dtype=np.float64).ravel()
    return lambda rows: np.broadcast_to(count, (len(rows), len(count)))


def recommendation(
    scores: Scores,
    train: sparse.csr_array,
    test: sparse.csr_array,
    *,
    measures: Sequence[RankingMeasure] = MEASURES,
    groups: Sequence[Group] | None = None,
    bootstrap: Bootstrap = DEFAULT,
) -> list[Measure]:
    """Recall and nDCG over all items but those of training, for all users and for each group.

    He et al., "LightGCN" (2020), arXiv:2002.02126, Section 4.1.2; sampled candidates rank systems wrongly (Krichene and
    Rendle, KDD 2020), so there are none. Users without a test item are left out and counted in ``Measure.excluded``.

    Args:
        scores: Such as those of :func:`dot_scores`.
        train: `[U, I]`, not zero where a user took an item; these are not recommended again.
        test: `[U, I]` likewise, what was held out.
        measures: Ranking measures; equal scores stand in the order of items.
        groups: Parts judged by themselves, named ``measure/group``; :func:`cold_and_tail` by default.
        bootstrap: Resamples, level and seed; users are drawn.

    Raises:
        InputError: Shapes differ, an item is in both parts of one user, or fewer than two users have a test item.
    """
    train, test = sparse.csr_array(train).astype(bool), sparse.csr_array(test).astype(bool)
    _check_split(train, test)
    users = np.flatnonzero(np.diff(test.indptr))
    best = top_items(scores, train, users, max(one.k for one in measures))
    everyone = Group("", np.ones(train.shape[0], dtype=bool), np.ones(train.shape[1], dtype=bool))
    found = _measured(best, test, users, everyone, measures, bootstrap)
    for group in cold_and_tail(train) if groups is None else groups:
        found += _measured(best, test, users, group, measures, bootstrap)
    return found


def top_items(scores: Scores, train: sparse.csr_array, users: np.ndarray, depth: int) -> np.ndarray:
    """The best items of each of ``users``, best first `[len(users), depth]`; items of training come last.

    Raises:
        InputError: ``scores`` returns another shape, or NaN.
    """
    depth = min(depth, train.shape[1])
    block = max(1, SCORES_PER_BLOCK // train.shape[1])
    parts = [_top(scores, train, users[start : start + block], depth) for start in range(0, len(users), block)]
    return np.concatenate(parts)


def cold_and_tail(train: sparse.csr_array) -> tuple[Group, ...]:
    """Users in the quarter with fewest training items (cold), and items outside the most taken fifth (tail) or in it.

    Args:
        train: `[U, I]`.
    """
    taken, popular = np.diff(train.indptr), np.asarray(train.astype(np.int64).sum(axis=0)).ravel()
    all_users, all_items = np.ones(train.shape[0], dtype=bool), np.ones(train.shape[1], dtype=bool)
    head = np.zeros(len(popular), dtype=bool)
    head[np.argsort(-popular, kind="stable")[: max(1, round(HEAD * len(popular)))]] = True
    return (
        Group("cold", taken <= np.quantile(taken, COLD), all_items),
        Group("tail", all_users, ~head),
        Group("head", all_users, head),
    )


def _measured(
    best: np.ndarray,
    test: sparse.csr_array,
    users: np.ndarray,
    group: Group,
    measures: Sequence[RankingMeasure],
    bootstrap: Bootstrap,
) -> list[Measure]:
    row, item = test[users].nonzero()
    kept = group.items[item] & group.users[users[row]]
    qrels = Qrels.of_triples(row[kept], item[kept], n_queries=len(users), n_candidates=test.shape[1])
    relevant = qrels.relevant_count()
    asked = relevant > 0
    if asked.sum() < 2 and group.name:
        return []  # nothing of the test falls into this group
    depth = max(one.k for one in measures)
    ranked = Ranked(*(part[asked] for part in (qrels.grades(0, best), qrels.ideal(0, len(users), depth), relevant)))
    suffix = f"/{group.name}" if group.name else ""
    left_out = int(group.users.sum() - asked.sum())
    return [mean_measure(one.name + suffix, one(ranked), bootstrap=bootstrap, excluded=left_out) for one in measures]


def _top(scores: Scores, train: sparse.csr_array, users: np.ndarray, depth: int) -> np.ndarray:
    score = np.array(scores(users))
    if score.shape != (len(users), train.shape[1]):
        raise InputError(f"scores must be [{len(users)}, {train.shape[1]}] for as many users, got {list(score.shape)}")
    if np.isnan(score).any():
        raise InputError("scores must be numbers, got NaN")
    score[train[users].nonzero()] = -np.inf
    rest = score.shape[1] - depth
    kth = np.partition(score, rest, axis=1)[:, rest, None]
    above, equal = score > kth, score == kth
    keep = above | (equal & (np.cumsum(equal, axis=1) <= depth - above.sum(axis=1, keepdims=True)))
    index = np.nonzero(keep)[1].reshape(len(users), depth)
    order = np.argsort(-np.take_along_axis(score, index, axis=1), axis=1, kind="stable")
    return np.take_along_axis(index, order, axis=1)


def _check_split(train: sparse.csr_array, test: sparse.csr_array) -> None:
    if train.shape != test.shape:
        raise InputError(f"train is {train.shape} and test {test.shape}; both must be [users, items]")
    twice = train.multiply(test).nnz
    if twice:
        raise InputError(f"train and test share {twice} pairs of user and item; a pair is in one of them")
    if np.count_nonzero(np.diff(test.indptr)) < 2:
        raise InputError("test must hold an item of at least 2 users")
