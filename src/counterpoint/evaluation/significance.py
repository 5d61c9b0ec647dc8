"""Several systems, each trained with several seeds, judged on the same examples: who is better than whom.

Two things could have come out otherwise: which examples were drawn, and which seeds. Examples are resampled, the same
ones for every system, so that what makes an example hard for all of them cancels (paired bootstrap). Seeds are too few
to resample: three that agree by luck, one time in four, would look like certainty. Their noise is added to every
resample instead, drawn from the t distribution that goes with their number. A seed is a block: what it does to all
systems alike cancels, and what is left is taken to have the same spread for all of them, as in an analysis of variance
of K systems and S seeds with ``(K - 1) (S - 1)`` degrees of freedom. With one seed only examples are drawn, and a
difference holds for that seed alone.

Of K systems all K (K - 1) / 2 pairs are compared, which is what makes it legitimate to look up the best one
afterwards; p-values are corrected for their number by Holm's method.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks
from counterpoint.evaluation.bootstrap import Bootstrap, Statistic, resamples

RESAMPLES = Bootstrap(resamples=10_000)
"""The smallest p-value is 2 in 10,001, small enough to survive a correction for some 250 pairs."""


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds, or a difference of two, with an interval for other examples and other seeds.

    Attributes:
        value: On all examples, averaged over seeds.
        low: Lower end of the percentile interval.
        high: Upper end.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """How much one system exceeds another.

    Attributes:
        first: Number of the one.
        second: Number of the other.
        estimate: First minus second; its interval is of this pair alone, not corrected.
        p: Two-sided p-value of the paired bootstrap, as if this were the only pair.
        corrected: The same after Holm's correction for all pairs.
    """

    first: int
    second: int
    estimate: Estimate
    p: float
    corrected: float


def compare_systems(
    systems: Sequence[Sequence[Statistic]], n: int, *, bootstrap: Bootstrap = RESAMPLES
) -> tuple[list[Estimate], list[Difference]]:
    """Every system by itself, and every pair of them, over the same resamples of examples.

    The p-value is twice the smaller share of resampled differences on either side of zero, zero counted on both:
    ``2 min(1 + #{d <= 0}, 1 + #{d >= 0}) / (1 + B)``, at most 1 (Davison & Hinkley, Bootstrap Methods, 1997, ch. 4).

    Args:
        systems: K systems, each with one statistic of counts for each of S seeds; seed s is the same for all.
        n: Number of examples, the same for all.
        bootstrap: Resamples B, level of the intervals, and seed.

    Raises:
        InputError: No system, systems with different numbers of seeds, or a statistic that is undefined.
    """
    if len({len(one) for one in systems}) != 1 or not systems[0]:
        raise InputError(f"systems need the same seeds, one or more, got {[len(one) for one in systems]} of them")
    checks.at_least("n", n, 2)
    everyone = np.ones((1, n))
    plain_KS = np.array([[float(run(everyone)[0]) for run in runs] for runs in systems])
    drawn_KB = _over_examples(systems, n, bootstrap)
    defined_B = np.isfinite(drawn_KB).all(axis=0)
    if not np.isfinite(plain_KS).all() or defined_B.sum() * 2 < bootstrap.resamples:
        raise InputError(f"the measure is undefined on these {n} examples: too few of them, or they are all alike")
    drawn_KB = drawn_KB[:, defined_B]
    rng = np.random.default_rng([bootstrap.seed, n])
    alone_KB = drawn_KB + _noise(plain_KS - plain_KS.mean(axis=1, keepdims=True), plain_KS.shape[0], drawn_KB, rng)
    apart_KB = drawn_KB + _noise(_interaction(plain_KS), plain_KS.shape[0] - 1, drawn_KB, rng)
    value_K = plain_KS.mean(axis=1)
    pairs = list(combinations(range(len(systems)), 2))
    differences_PB = [apart_KB[first] - apart_KB[second] for first, second in pairs]
    p_values = [_two_sided(one) for one in differences_PB]
    found = [
        Difference(first, second, _estimate(value_K[first] - value_K[second], drawn, bootstrap), p, corrected)
        for (first, second), drawn, p, corrected in zip(pairs, differences_PB, p_values, holm(p_values), strict=True)
    ]
    return [_estimate(value, drawn, bootstrap) for value, drawn in zip(value_K, alone_KB, strict=True)], found


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values corrected for their number: the chance of one false alarm or more stays below the level.

    The k-th smallest of m is multiplied by ``m - k + 1``; none may end below a smaller one, nor above 1.
    Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979.

    Raises:
        InputError: One is not between 0 and 1.
    """
    if any(not 0 <= p <= 1 for p in p_values):
        raise InputError(f"p_values must lie between 0 and 1, got {list(p_values)}")
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda one: p_values[one])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = largest
    return corrected


def _over_examples(systems: Sequence[Sequence[Statistic]], n: int, bootstrap: Bootstrap) -> np.ndarray:
    """`[K, B]`: every system, its mean over seeds, on the same resamples of examples."""
    blocks = [
        np.array([np.mean([run(counts) for run in runs], axis=0) for runs in systems])
        for counts in resamples(np.ones(n, dtype=np.int64), bootstrap)
    ]
    return np.concatenate(blocks, axis=1)


def _interaction(plain_KS: np.ndarray) -> np.ndarray:
    """What is left of `[K, S]` values without the means of systems and of seeds."""
    return plain_KS - plain_KS.mean(axis=1, keepdims=True) - plain_KS.mean(axis=0, keepdims=True) + plain_KS.mean()


def _noise(left_KS: np.ndarray, systems: int, drawn_KB: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """`[K, B]` of noise of a mean over seeds: t distributed, its scale pooled over systems.

    Args:
        left_KS: Deviations of the runs.
        systems: How many of them are free; times S - 1 these are the degrees of freedom.
        drawn_KB: Gives the shape.
        rng: Where it comes from.
    """
    seeds = left_KS.shape[1]
    freedom = systems * (seeds - 1)
    if freedom == 0:
        return np.zeros_like(drawn_KB)
    scale = math.sqrt(float(np.square(left_KS).sum()) / freedom / seeds)
    # One chi-square for all systems of a resample, as one estimate of the scale serves them all.
    return scale * rng.standard_normal(drawn_KB.shape) / np.sqrt(rng.chisquare(freedom, drawn_KB.shape[1]) / freedom)


def _estimate(value: float, drawn: np.ndarray, bootstrap: Bootstrap) -> Estimate:
    tail = (1 - bootstrap.level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Estimate(float(value), float(low), float(high))


def _two_sided(drawn: np.ndarray) -> float:
    smaller = int(min(np.count_nonzero(drawn <= 0), np.count_nonzero(drawn >= 0)))
    return min(1.0, 2 * (1 + smaller) / (1 + len(drawn)))
