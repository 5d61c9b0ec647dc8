import dataclasses

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.evaluation.bootstrap import (
    Bootstrap,
    Measure,
    mean_measure,
    mean_of,
    measure,
    paired_difference,
    resamples,
)


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize("kind", ["numbers", "truths"])
def test_interval_covers_the_true_mean_as_often_as_it_says(level, kind):
    rng = np.random.default_rng(0)
    covered = 0
    for repetition in range(300):
        values = rng.exponential(size=200) if kind == "numbers" else rng.random(300) < 0.7
        truth = 1.0 if kind == "numbers" else 0.7
        found = mean_measure("m", values, bootstrap=Bootstrap(resamples=300, level=level, seed=repetition))
        covered += found.low <= truth <= found.high
    # Four standard deviations of 300 binomial draws, and the known slight undercoverage of the percentile method.
    assert level - 4 * np.sqrt(level * (1 - level) / 300) - 0.01 < covered / 300
    assert covered / 300 < level + 4 * np.sqrt(level * (1 - level) / 300)


def test_interval_equals_an_explicit_bootstrap_loop():
    values = np.random.default_rng(1).normal(size=50)
    rng = np.random.default_rng(7)
    means = [values[rng.integers(50, size=50)].mean() for _ in range(4000)]
    found = mean_measure("m", values, bootstrap=Bootstrap(resamples=4000, seed=3))
    assert found.value == pytest.approx(values.mean(), abs=1e-15)
    np.testing.assert_allclose([found.low, found.high], np.quantile(means, [0.025, 0.975]), atol=0.02)


def test_folding_equal_values_changes_neither_value_nor_spread():
    values = np.random.default_rng(2).random(400) < 0.3
    folded = mean_measure("m", values, bootstrap=Bootstrap(resamples=5000))
    plain = measure("m", mean_of(values.astype(float)), np.ones(400, dtype=int), bootstrap=Bootstrap(resamples=5000))
    assert folded.value == pytest.approx(plain.value)
    assert folded.n == plain.n == 400
    assert folded.high - folded.low == pytest.approx(plain.high - plain.low, rel=0.08)


def test_counts_of_every_resample_sum_to_the_number_of_examples(monkeypatch):
    monkeypatch.setattr("counterpoint.evaluation.bootstrap.COUNTS_PER_BLOCK", 64)
    for multiplicity in (np.ones(10, dtype=int), np.array([3, 5, 2])):
        blocks = list(resamples(multiplicity, Bootstrap(resamples=25)))
        assert len(blocks) > 1
        counts = np.concatenate(blocks)
        assert counts.shape == (25, multiplicity.size)
        assert (counts.sum(axis=1) == 10).all()


def test_seed_decides_the_interval():
    values = np.random.default_rng(3).normal(size=40)
    first, again, other = (mean_measure("m", values, bootstrap=Bootstrap(seed=s)) for s in (1, 1, 2))
    assert first == again
    assert first != other


def test_pairing_finds_a_small_difference_that_two_intervals_hide():
    rng = np.random.default_rng(4)
    hardness = rng.normal(size=300)
    first, second = hardness + 0.1 + 0.1 * rng.normal(size=300), hardness
    alone = mean_measure("a", first), mean_measure("b", second)
    assert alone[0].low < alone[1].high
    found = paired_difference("m", mean_of(first), mean_of(second), 300)
    assert found.name == "m difference"
    assert found.value == pytest.approx(np.mean(first - second))
    assert 0 < found.low < found.value < found.high
    # The pairs are kept: the spread is that of the differences.
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * np.std(first - second) / np.sqrt(300), rel=0.15)


def test_centred_interval_has_its_middle_at_the_value():
    values = np.random.default_rng(5).normal(size=100)

    def biased(counts):
        return counts @ values / 100 + np.where(counts.max(axis=1) > 1, 5.0, 0.0)

    plain = measure("m", biased, np.ones(100, dtype=int))
    centred = measure("m", biased, np.ones(100, dtype=int), centred=True)
    assert plain.low > plain.value
    assert centred.low < centred.value < centred.high


def test_undefined_resamples_are_dropped_and_mostly_undefined_is_refused():
    def sometimes(counts):
        return np.where(counts[:, 0] > 0, counts[:, 0], np.nan)

    found = measure("m", sometimes, np.ones(20, dtype=int))
    assert np.isfinite([found.low, found.high]).all()
    with pytest.raises(InputError, match="m is undefined on these 20 examples"):
        measure("m", lambda counts: np.where((counts == 1).all(axis=1), 1.0, np.nan), np.ones(20, dtype=int))


def test_measure_is_json_and_frozen():
    found = Measure("ndcg@10", 0.5, 0.4, 0.6, 12, greater_is_better=False, excluded=3)
    assert from_json(to_json(found)) == found
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.value = 1.0


def test_errors_name_what_is_wrong():
    with pytest.raises(InputError, match="at least 2 examples for an interval, got 1"):
        mean_measure("m", np.array([1.0]))
    with pytest.raises(InputError, match="row 1 is nan"):
        mean_measure("m", np.array([1.0, np.nan]))
    with pytest.raises(InputError, match="level must lie between 0 and 1, got 95"):
        Bootstrap(level=95)
    with pytest.raises(InputError, match="resamples must be at least 10, got 1"):
        Bootstrap(resamples=1)
