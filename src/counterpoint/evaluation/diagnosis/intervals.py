"""Intervals for numbers that no resample of rows can stand for, such as ranks: half-samples."""

from collections.abc import Callable

import numpy as np
from scipy import stats

from counterpoint.base.errors import InputError
from counterpoint.evaluation.bootstrap import mean_measure
from counterpoint.evaluation.diagnosis.figures import Figure
from counterpoint.evaluation.diagnosis.finding import BATCHES, HALVES, Found, found
from counterpoint.evaluation.diagnosis.subject import Subject

HALF_SAMPLES = 10


def half_samples(
    subject: Subject, statistic: Callable[[np.ndarray], float], n: int, meaning: Callable[[float], str]
) -> Found:
    """A number of rows with its interval from halves of them.

    The spread of a statistic over random halves is the standard error of the whole: the delete-d jackknife with
    d = N / 2 (Shao and Wu 1989, "A general theory for jackknife variance estimation"). No row is drawn twice, which
    would look like a duplicate or a lower rank.

    Args:
        subject: Gives seed and level.
        statistic: Places `[M]` of rows to a number; called with all of them and with halves.
        n: Rows there are.
        meaning: The value in words.
    """
    value = float(statistic(np.arange(n)))
    rng = np.random.default_rng(subject.seed)
    halves = [float(statistic(np.sort(rng.permutation(n)[: n // 2]))) for _ in range(HALF_SAMPLES)]
    if not np.isfinite([value, *halves]).all():
        raise InputError("undefined on these rows")
    half = float(np.std(halves, ddof=1)) * float(stats.t.ppf((1 + subject.bootstrap.level) / 2, HALF_SAMPLES - 1))
    return Found(value=value, low=value - half, high=value + half, n=n, interval=HALVES, meaning=meaning(value))


def over_batches(subject: Subject, values: np.ndarray, meaning: Callable[[float], str], *figures: Figure) -> Found:
    """The mean of one number per drawn batch."""
    measure = mean_measure("batches", values, bootstrap=subject.bootstrap)
    return found(measure, meaning(measure.value), *figures, interval=BATCHES)
