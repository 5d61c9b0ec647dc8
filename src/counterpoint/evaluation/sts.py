"""Semantic similarity: does the cosine of two sides of a pair go with a score that people gave it?"""

from collections.abc import Sequence

import numpy as np

from counterpoint.evaluation import checks, cosine
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, Statistic, measure
from counterpoint.evaluation.checks import Embeddings

# A variance below this share of the second moment is rounding: all drawn values were equal.
CONSTANT = 1e-12


def similarity_scores(
    first: Embeddings, second: Embeddings, scores: np.ndarray, *, bootstrap: Bootstrap = DEFAULT
) -> list[Measure]:
    """Spearman's and Pearson's correlation between the cosine of row i with row i and its score.

    Spearman is the field's headline number: it asks only for the right order.

    Args:
        first: `[N, D]`, or sparse.
        second: `[N, D]`.
        scores: `[N]` gold scores, on any scale.
        bootstrap: Resamples, level and seed; whole pairs are drawn.

    Raises:
        InputError: Lengths differ, scores or cosines are the same in every row, fewer than three pairs.
    """
    first, second = checks.embeddings("first", first, at_least=3), checks.embeddings("second", second, at_least=3)
    checks.same_shape("first", first, "second", second)
    gold = checks.numbers("scores", scores, first.shape[0], varying=True)
    cosines = cosine.paired(first, second)
    checks.numbers("the cosine of first and second", cosines, gold.size, varying=True)
    ones = np.ones(gold.size, dtype=np.int64)
    return [
        measure("spearman", spearman_of(cosines, gold), ones, bootstrap=bootstrap),
        measure("pearson", pearson_of(cosines, gold), ones, bootstrap=bootstrap),
    ]


def rank_correlation(first: Sequence[float] | np.ndarray, second: Sequence[float] | np.ndarray) -> float:
    """Spearman's correlation of two short lists, such as a measure of several models and their accuracy.

    Args:
        first: `[N]`, three or more.
        second: `[N]`.

    Raises:
        InputError: Lengths differ, too few numbers, or one of the lists is the same throughout.
    """
    checks.at_least("the number of values of first", len(first), 3)
    x = checks.numbers("first", first, len(first), varying=True)
    y = checks.numbers("second", second, len(first), varying=True)
    return float(spearman_of(x, y)(np.ones((1, len(x))))[0])


def pearson_of(first: np.ndarray, second: np.ndarray) -> Statistic:
    """Pearson's correlation of two vectors `[N]` as a statistic of counts."""
    x, y = first - first.mean(), second - second.mean()
    moments = np.stack([x, y, x * x, y * y, x * y], axis=1)

    def statistic(counts: np.ndarray) -> np.ndarray:
        mean_x, mean_y, xx, yy, xy = (counts @ moments / counts.sum(axis=1, keepdims=True)).T
        return _correlation(xx, yy, xx - mean_x**2, yy - mean_y**2, xy - mean_x * mean_y)

    return statistic


def spearman_of(first: np.ndarray, second: np.ndarray) -> Statistic:
    """Spearman's correlation of two vectors `[N]` as a statistic of counts: ranks (ties averaged) anew per resample."""
    rank_first, rank_second = _ranks_of(first), _ranks_of(second)

    def statistic(counts: np.ndarray) -> np.ndarray:
        # Drawn ranks always average (n + 1) / 2, so centring by it is exact.
        centre = (counts.sum(axis=1, keepdims=True) + 1) / 2
        x, y = rank_first(counts) - centre, rank_second(counts) - centre
        xx, yy, xy = (np.einsum("bn,bn,bn->b", counts, a, b) for a, b in ((x, x), (y, y), (x, y)))
        return _correlation(centre[:, 0] ** 2, centre[:, 0] ** 2, xx, yy, xy)

    return statistic


def _ranks_of(values: np.ndarray) -> Statistic:
    """Average ranks `[B, N]` within each resample, from one sort for all of them."""
    _, group = np.unique(values, return_inverse=True)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))

    def ranks(counts: np.ndarray) -> np.ndarray:
        drawn = np.add.reduceat(counts[:, order], starts, axis=1)
        return (np.cumsum(drawn, axis=1) - (drawn - 1) / 2)[:, group]

    return ranks


def _correlation(
    scale_x: np.ndarray, scale_y: np.ndarray, xx: np.ndarray, yy: np.ndarray, xy: np.ndarray
) -> np.ndarray:
    """Covariance over deviations; NaN where a side is constant up to rounding."""
    varies = (xx > CONSTANT * scale_x) & (yy > CONSTANT * scale_y)
    product = np.where(varies, xx * yy, 1.0)
    return np.where(varies, np.clip(xy / np.sqrt(product), -1, 1), np.nan)
