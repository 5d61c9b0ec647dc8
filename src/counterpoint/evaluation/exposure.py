"""Which items get recommended at all: how popular they are, how many of them, and how evenly."""

import numpy as np
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.base.sparse import shape_of
from counterpoint.evaluation import checks
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, Statistic, mean_measure, measure
from counterpoint.evaluation.recommendation import Scores, cold_and_tail, top_items

DEPTH = 20


def exposure(
    scores: Scores, train: sparse.csr_array, users: np.ndarray, *, k: int = DEPTH, bootstrap: Bootstrap = DEFAULT
) -> list[Measure]:
    """Head share, coverage and Gini index of the k items recommended to each user, best first, none taken before.

    With ``c_i``, how many of the users get item i: ``head_share = sum over i in the head of c_i / sum over i of c_i``
    user by user, then the mean over users, where the head is the most taken fifth of the items
    (:func:`~counterpoint.evaluation.recommendation.cold_and_tail`); ``coverage`` is the share of items with
    ``c_i > 0``; ``gini`` see :func:`gini`. Popularity alone has a head share near 1 and a coverage near ``k / I``.

    Abdollahpouri, Burke and Mobasher (2019), "Managing Popularity Bias in Recommender Systems with Personalized
    Re-ranking", arXiv:1901.07555: the head share is 1 less their average percentage of long tail items.

    Args:
        scores: Such as those of :func:`~counterpoint.evaluation.recommendation.dot_scores`; asked block by block.
        train: `[U, I]`, not zero where a user took an item; these are not recommended again.
        users: int64 `[N]`, who is recommended to.
        k: Items for each; fewer where a user has taken nearly all.
        bootstrap: Resamples, level and seed. Users are drawn for the head share, items for the other two, as
            drawing users would lose items that one user alone gets.

    Raises:
        InputError: Fewer than two users have an item left, fewer than two items, or ``k`` is below 1.
    """
    checks.at_least("k", k, 1)
    checks.at_least("the number of users", len(users), 2)
    train, width = sparse.csr_array(train, dtype=bool), shape_of(train)[1]
    checks.at_least("the number of items", width, 2)
    rows, items = _recommended(scores, train, users, k)
    counts = np.bincount(items, minlength=width)
    head = next(group.items for group in cold_and_tail(train) if group.name == "head")
    given = np.bincount(rows, minlength=len(users))
    asked = given > 0
    if asked.sum() < 2:
        raise InputError(f"exposure needs at least 2 users with an item left to recommend, got {int(asked.sum())}")
    share = np.bincount(rows, weights=head[items], minlength=len(users))[asked] / given[asked]
    out = int((~asked).sum())
    distinct, multiplicity = np.unique(counts, return_counts=True)
    return [
        mean_measure(f"head_share@{k}", share, bootstrap=bootstrap, greater_is_better=False, excluded=out),
        mean_measure(f"coverage@{k}", counts > 0, bootstrap=bootstrap),
        measure(f"gini@{k}", gini(distinct), multiplicity, bootstrap=bootstrap, greater_is_better=False),
    ]


def gini(values: np.ndarray) -> Statistic:
    """The Gini index of numbers: 0 where all are equal, ``1 - 1 / n`` where one has everything.

    Formula: ``sum over r = 1..n of (2 r - n - 1) c_(r) / (n sum of c)``, with ``c_(1) <= ... <= c_(n)``.

    Args:
        values: `[K]`, ascending, not negative; how often each is there are the counts that the statistic is of.
    """

    def index(counts: np.ndarray) -> np.ndarray:
        n, last = counts.sum(axis=1, keepdims=True), np.cumsum(counts, axis=1)
        # The ranks of equal numbers, from the first to the last of them, come as one sum: their number times this.
        ranks = 2 * last - counts - n
        with np.errstate(divide="ignore", invalid="ignore"):
            return (counts * values * ranks).sum(axis=1) / (n[:, 0] * (counts @ values))

    return index


def _recommended(scores: Scores, train: sparse.csr_array, users: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Places in ``users`` and items int64, one of each for every recommendation."""
    best = top_items(scores, train, users, k)
    rows = np.repeat(np.arange(len(users)), best.shape[1])
    taken = train[users].nonzero()
    width = shape_of(train)[1]
    # Items taken before come last in the lists, where nothing else is left.
    new = ~np.isin(rows * width + best.ravel(), taken[0].astype(np.int64) * width + taken[1])
    return rows[new], best.ravel()[new]
