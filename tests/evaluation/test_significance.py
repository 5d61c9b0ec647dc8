"""Several systems over the same examples and seeds: intervals, p-values and their correction."""

import numpy as np
import pytest
from scipy import stats

from counterpoint.base.errors import InputError
from counterpoint.evaluation import Bootstrap, compare_systems, holm, mean_of, paired_difference

FEW = Bootstrap(resamples=2000)


def systems_of(values: np.ndarray) -> list:
    """`[K, S, N]` values per example as statistics."""
    return [[mean_of(run) for run in runs] for runs in values]


def correct(rng: np.random.Generator, rate: float, hardness: np.ndarray) -> np.ndarray:
    return (rng.uniform(size=hardness.size) < np.clip(rate + hardness, 0, 1)).astype(np.float64)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.4, 0.9]) == pytest.approx([0.8, 0.9])
    assert holm([]) == []


def test_holm_refuses_what_is_no_probability() -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        holm([0.5, 1.2])


def test_one_seed_is_the_paired_bootstrap_of_examples() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(0.1, 1, 200), rng.normal(size=200)
    estimates, (difference,) = compare_systems([[mean_of(first)], [mean_of(second)]], 200, bootstrap=FEW)
    known = paired_difference("mean", mean_of(first), mean_of(second), 200, bootstrap=FEW)
    assert difference.estimate.value == pytest.approx(known.value)
    assert (difference.estimate.low, difference.estimate.high) == pytest.approx((known.low, known.high))
    assert estimates[0].value == pytest.approx(first.mean())


def test_without_noise_of_examples_it_is_the_paired_t_test() -> None:
    seeds = np.array([[0.70, 0.72, 0.75, 0.71], [0.66, 0.70, 0.69, 0.69]])
    same_for_all = np.repeat(seeds[:, :, None], 50, axis=2)
    _, (difference,) = compare_systems(systems_of(same_for_all), 50, bootstrap=Bootstrap(resamples=40_000))
    known = stats.ttest_rel(seeds[0], seeds[1])
    assert difference.p == pytest.approx(known.pvalue, rel=0.06)
    interval = known.confidence_interval()
    assert (difference.estimate.low, difference.estimate.high) == pytest.approx(
        (interval.low, interval.high), abs=0.003
    )


def test_identical_systems_do_not_differ() -> None:
    rng = np.random.default_rng(1)
    runs = rng.integers(0, 2, (3, 100)).astype(np.float64)
    _, (difference,) = compare_systems(systems_of(np.stack([runs, runs])), 100, bootstrap=FEW)
    assert difference.p == difference.corrected == 1
    assert (difference.estimate.value, difference.estimate.low, difference.estimate.high) == (0, 0, 0)


def test_a_planted_difference_is_found_and_the_twin_is_not() -> None:
    rng = np.random.default_rng(2)
    hardness = rng.normal(0, 0.2, 1500)
    values = np.array([[correct(rng, rate, hardness) for _ in range(3)] for rate in (0.7, 0.6, 0.7)])
    _, found = compare_systems(systems_of(values), 1500, bootstrap=FEW)
    corrected = {(one.first, one.second): one.corrected for one in found}
    assert corrected[0, 1] < 0.05
    assert corrected[1, 2] < 0.05
    assert corrected[0, 2] > 0.05


@pytest.mark.parametrize("seed_noise", [0.0, 0.05])
def test_false_alarms_are_as_rare_as_the_level_says(seed_noise: float) -> None:
    rng = np.random.default_rng(3)
    alarms = 0
    for _ in range(300):
        hardness = rng.normal(0, 0.2, 120)
        rates = 0.6 + seed_noise * rng.normal(size=(3, 3))
        values = np.array([[correct(rng, rate, hardness) for rate in runs] for runs in rates])
        _, found = compare_systems(systems_of(values), 120, bootstrap=Bootstrap(resamples=400))
        alarms += any(one.corrected < 0.05 for one in found)
    # 300 comparisons of three equal systems: 15 alarms expected at the level, 24 is its 99th percentile.
    assert alarms <= 24


def test_resamples_where_the_measure_is_undefined_are_left_out() -> None:
    half = [[lambda counts: np.where(counts[:, 0] > 3, np.nan, 0.5)]]
    (estimate,), _ = compare_systems(half, 20, bootstrap=FEW)
    assert estimate.value == 0.5
    with pytest.raises(InputError, match="undefined on these 20 examples"):
        compare_systems([[lambda counts: np.full(len(counts), np.nan)]], 20, bootstrap=FEW)


def test_seeds_must_be_the_same() -> None:
    one = mean_of(np.arange(5.0))
    with pytest.raises(InputError, match="same seeds"):
        compare_systems([[one, one], [one]], 5)
    with pytest.raises(InputError, match="same seeds"):
        compare_systems([[], []], 5)
