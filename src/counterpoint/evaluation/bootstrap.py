"""Every number comes with an interval: the percentile bootstrap over examples, and paired comparisons.

A resample of N examples with replacement is nothing but how often each was drawn. A statistic is therefore a function
of those counts `[B, N]`, B resamples at once, and two systems are compared on the same counts. Examples that cannot be
told apart (the same value, the same cell of a table) are drawn together, which is exact and makes large N cheap.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks

COUNTS_PER_BLOCK = 1 << 22


@dataclass(frozen=True)
class Measure:
    """One number about a system, and how sure it is.

    Attributes:
        name: What was measured, such as ``"ndcg@10"``.
        value: The number on all examples.
        low: Lower end of the interval.
        high: Upper end of the interval.
        n: How many examples (queries, pairs, episodes) it rests on.
        level: Coverage the interval aims at.
        greater_is_better: Whether a larger value is a better system.
        excluded: Examples left out because the measure is undefined for them (a query without relevant documents).
    """

    name: str
    value: float
    low: float
    high: float
    n: int
    level: float = 0.95
    greater_is_better: bool = True
    excluded: int = 0


@dataclass(frozen=True, kw_only=True)
class Bootstrap:
    """How intervals are made.

    Attributes:
        resamples: Number of resamples.
        level: Coverage the interval aims at, between 0 and 1.
        seed: Seed of the resampling; equal seeds give equal intervals.
    """

    resamples: int = 1000
    level: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        checks.at_least("resamples", self.resamples, 10)
        if not 0 < self.level < 1:
            raise InputError(f"level must lie between 0 and 1, got {self.level}")


DEFAULT = Bootstrap()

Statistic = Callable[[np.ndarray], np.ndarray]
"""Counts `[B, N]` (float64, each row sums to the number of examples) to values `[B]`; NaN where it is undefined."""


def mean_of(values: np.ndarray) -> Statistic:
    """The mean of per-example values `[N]` as a statistic of counts."""
    return lambda counts: counts @ values / counts.sum(axis=1)


def mean_measure(
    name: str,
    values: np.ndarray,
    *,
    bootstrap: Bootstrap = DEFAULT,
    greater_is_better: bool = True,
    excluded: int = 0,
) -> Measure:
    """The mean of per-example values with its interval.

    When every value is the same (an accuracy of exactly 1) the percentile interval has no width: read ``n`` with it.

    Args:
        name: Name of the measure.
        values: `[N]` one number (or truth value) per example.
        bootstrap: Resamples, level and seed.
        greater_is_better: Recorded in the measure.
        excluded: Recorded in the measure.

    Raises:
        InputError: Fewer than two values, or one that is not finite.
    """
    values = checks.numbers(f"the values of {name}", values, len(values))
    distinct, multiplicity = np.unique(values, return_counts=True)
    # One binomial draw per distinct value costs about 16 times an index draw, so fold only where it pays.
    if distinct.size * 16 > values.size:
        distinct, multiplicity = values, np.ones(values.size, dtype=np.int64)
    return measure(
        name,
        mean_of(distinct),
        multiplicity,
        bootstrap=bootstrap,
        greater_is_better=greater_is_better,
        excluded=excluded,
    )


def paired_difference(
    name: str,
    first: Statistic,
    second: Statistic,
    n: int,
    *,
    bootstrap: Bootstrap = DEFAULT,
    greater_is_better: bool = True,
) -> Measure:
    """How much the first system exceeds the second on the same ``n`` examples (paired bootstrap).

    Both see the same resamples, so what makes an example hard for both cancels. The systems differ at the level of
    the interval when it does not hold zero.

    Args:
        name: Name of the measure that is compared.
        first: Statistic of the first system, such as ``mean_of(correct)`` or ``sts.spearman_of(similarity, gold)``.
        second: Statistic of the second, example i being the same as for the first.
        n: Number of examples.
        bootstrap: Resamples, level and seed.
        greater_is_better: Recorded in the measure.
    """
    return measure(
        f"{name} difference",
        lambda counts: first(counts) - second(counts),
        np.ones(n, dtype=np.int64),
        bootstrap=bootstrap,
        greater_is_better=greater_is_better,
    )


def measure(
    name: str,
    statistic: Statistic,
    multiplicity: np.ndarray,
    *,
    bootstrap: Bootstrap = DEFAULT,
    greater_is_better: bool = True,
    excluded: int = 0,
    centred: bool = False,
) -> Measure:
    """Any statistic of counts with its percentile interval.

    Args:
        name: Name of the measure.
        statistic: Counts `[B, K]` to `[B]`.
        multiplicity: `[K]` how many examples stand behind each column of counts (all ones: K = N).
        bootstrap: Resamples, level and seed.
        greater_is_better: Recorded in the measure.
        excluded: Recorded in the measure.
        centred: Move the interval so that the mean resample falls on the value. For statistics that drawing an example
            twice inflates (mutual information), whose plain percentile interval may lie beside the value.

    Raises:
        InputError: Fewer than two examples, or a statistic that is undefined on the data or on most resamples.
    """
    n = int(multiplicity.sum())
    if n < 2:
        raise InputError(f"{name} needs at least 2 examples for an interval, got {n}")
    value = float(statistic(multiplicity[None].astype(np.float64))[0])
    values = np.concatenate([statistic(counts) for counts in resamples(multiplicity, bootstrap)])
    values = values[np.isfinite(values)]
    if not np.isfinite(value) or values.size * 2 < bootstrap.resamples:
        raise InputError(f"{name} is undefined on these {n} examples: too few of them, or they are all alike")
    shift = value - values.mean() if centred else 0.0
    tail = (1 - bootstrap.level) / 2
    low, high = np.quantile(values, [tail, 1 - tail]) + shift
    return Measure(name, value, float(low), float(high), n, bootstrap.level, greater_is_better, excluded)


def resamples(multiplicity: np.ndarray, bootstrap: Bootstrap) -> Iterator[np.ndarray]:
    """Yield counts `[B, K]` until ``bootstrap.resamples`` rows are out; each row sums to N."""
    rng = np.random.default_rng(bootstrap.seed)
    k, n = multiplicity.size, int(multiplicity.sum())
    rows = max(1, COUNTS_PER_BLOCK // k)
    for start in range(0, bootstrap.resamples, rows):
        b = min(rows, bootstrap.resamples - start)
        if k == n:
            drawn = rng.integers(n, size=(b, n)) + np.arange(b)[:, None] * n
            yield np.bincount(drawn.ravel(), minlength=b * n).reshape(b, n).astype(np.float64)
        else:
            yield rng.multinomial(n, multiplicity / n, size=b).astype(np.float64)
