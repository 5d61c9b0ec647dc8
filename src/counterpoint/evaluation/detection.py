"""Telling positives from negatives by one score: AUROC, average precision and false positives at a given recall.

Each is a statistic of counts, so intervals and paired comparisons come from one sort. Equal scores are passed together.
"""

from collections.abc import Callable

import numpy as np

from counterpoint.evaluation import checks
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, Statistic, measure

Curve = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def detection(
    positive: np.ndarray, negative: np.ndarray, *, prefix: str = "", bootstrap: Bootstrap = DEFAULT
) -> list[Measure]:
    """AUROC, average precision (the area under precision and recall) and the false positive rate at 95 % recall.

    Args:
        positive: `[P]` scores of what should score high.
        negative: `[Q]` scores of what should not.
        prefix: Put before the names ``auroc``, ``aupr`` and ``fpr95``.
        bootstrap: Resamples, level and seed; positives and negatives are drawn together.

    Raises:
        InputError: Fewer than two of either, or a score that is not finite.
    """
    sides = []
    for name, side in (("positive", positive), ("negative", negative)):
        checks.at_least(f"the number of {name} scores", len(side), 2)
        sides.append(checks.numbers(f"{name} scores", side, len(side)))
    score = np.concatenate(sides)
    hit = np.arange(len(score)) < len(positive)
    ones = np.ones(len(score), dtype=np.int64)
    return [
        measure(f"{prefix}auroc", auroc_of(score, hit), ones, bootstrap=bootstrap),
        measure(f"{prefix}aupr", average_precision_of(score, hit), ones, bootstrap=bootstrap),
        measure(f"{prefix}fpr95", fpr_of(score, hit), ones, bootstrap=bootstrap, greater_is_better=False),
    ]


def auroc_of(score: np.ndarray, positive: np.ndarray) -> Statistic:
    """Chance that a positive scores above a negative, ties half: a statistic of counts of ``score`` `[N]`."""
    curve = _curve(score, positive)

    def statistic(counts: np.ndarray) -> np.ndarray:
        hits, misses = curve(counts)
        gained = np.diff(hits, axis=1, prepend=0)
        above = misses - np.diff(misses, axis=1, prepend=0) / 2  # negatives ranked above, those tied half
        return _over((gained * (misses[:, -1:] - above)).sum(axis=1), hits[:, -1] * misses[:, -1])

    return statistic


def average_precision_of(score: np.ndarray, positive: np.ndarray) -> Statistic:
    """``sum_t (R_t - R_(t-1)) P_t`` over the distinct scores from the top, as a statistic of counts."""
    curve = _curve(score, positive)

    def statistic(counts: np.ndarray) -> np.ndarray:
        hits, misses = curve(counts)
        precision = hits / np.maximum(hits + misses, 1)
        return _over((np.diff(hits, axis=1, prepend=0) * precision).sum(axis=1), hits[:, -1])

    return statistic


def fpr_of(score: np.ndarray, positive: np.ndarray, *, recall: float = 0.95) -> Statistic:
    """Share of negatives at or above the highest score that lets ``recall`` of the positives through."""
    curve = _curve(score, positive)

    def statistic(counts: np.ndarray) -> np.ndarray:
        hits, misses = curve(counts)
        enough = hits >= recall * hits[:, -1:] - 1e-9
        at = np.take_along_axis(misses, enough.argmax(axis=1)[:, None], axis=1)[:, 0]
        return _over(at, misses[:, -1])

    return statistic


def _curve(score: np.ndarray, positive: np.ndarray) -> Curve:
    """Positives and negatives `[B, G]` at or above each of the G distinct scores, highest first."""
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.diff(score[order], append=np.nan) != 0)
    hit = positive[order].astype(bool)

    def curve(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        drawn = counts[:, order]
        return np.cumsum(drawn * hit, axis=1)[:, ends], np.cumsum(drawn * ~hit, axis=1)[:, ends]

    return curve


def _over(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    return np.where(denominator > 0, numerator / np.where(denominator > 0, denominator, 1), np.nan)
