"""Several systems, each trained with several seeds, judged on the same examples: who is better than whom.

Two things could have come out otherwise: which examples were drawn, and which seeds. A resample therefore draws both,
the same ones for every system, so that what makes an example hard or a seed lucky for all of them cancels. Seeds are
few, and the spread of a resampled mean of S seeds is too small by sqrt((S - 1) / S): deviations from the mean over
seeds are stretched by its inverse. With one seed only examples are drawn, and a difference holds for that seed alone.

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
    """A mean over seeds, or a difference of two, with the interval of examples and seeds.

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
    """Every system by itself, and every pair of them, over the same resamples of examples and seeds.

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
    drawn_KSB = _over_examples(systems, n, bootstrap)
    defined_B = np.isfinite(drawn_KSB).all(axis=(0, 1))
    if not np.isfinite(plain_KS).all() or defined_B.sum() * 2 < bootstrap.resamples:
        raise InputError(f"the measure is undefined on these {n} examples: too few of them, or they are all alike")
    drawn_KSB = drawn_KSB[..., defined_B]
    mixed_KB = _over_seeds(drawn_KSB, bootstrap)
    value_K = plain_KS.mean(axis=1)
    pairs = list(combinations(range(len(systems)), 2))
    differences_PB = [mixed_KB[first] - mixed_KB[second] for first, second in pairs]
    p_values = [_two_sided(one) for one in differences_PB]
    found = [
        Difference(first, second, _estimate(value_K[first] - value_K[second], drawn, bootstrap), p, corrected)
        for (first, second), drawn, p, corrected in zip(pairs, differences_PB, p_values, holm(p_values), strict=True)
    ]
    return [_estimate(value, drawn, bootstrap) for value, drawn in zip(value_K, mixed_KB, strict=True)], found


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
    """`[K, S, B]`: every run on the same resamples of examples."""
    blocks = [
        np.array([[run(counts) for run in runs] for runs in systems])
        for counts in resamples(np.ones(n, dtype=np.int64), bootstrap)
    ]
    return np.concatenate(blocks, axis=2)


def _over_seeds(drawn_KSB: np.ndarray, bootstrap: Bootstrap) -> np.ndarray:
    """`[K, B]`: means over seeds that are drawn too, the same for every system."""
    seeds = drawn_KSB.shape[1]
    mean_KB = drawn_KSB.mean(axis=1)
    if seeds == 1:
        return mean_KB
    rng = np.random.default_rng([bootstrap.seed, seeds])
    weight_BS = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=drawn_KSB.shape[2]) / seeds
    return mean_KB + math.sqrt(seeds / (seeds - 1)) * (np.einsum("bs,ksb->kb", weight_BS, drawn_KSB) - mean_KB)


def _estimate(value: float, drawn: np.ndarray, bootstrap: Bootstrap) -> Estimate:
    tail = (1 - bootstrap.level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Estimate(float(value), float(low), float(high))


def _two_sided(drawn: np.ndarray) -> float:
    smaller = int(min(np.count_nonzero(drawn <= 0), np.count_nonzero(drawn >= 0)))
    return min(1.0, 2 * (1 + smaller) / (1 + len(drawn)))
