import numpy as np
import pytest
import torch
from scipy import stats

from counterpoint.views.random import bernoulli, fork, normal, row_seeds, splitmix64, uniform, uniform_ragged

SEEDS = torch.arange(20_000)


def test_splitmix64_gives_the_published_sequence():
    outputs = [value % 2**64 for value in splitmix64(torch.tensor([1234567]), 3)[0].tolist()]
    assert outputs == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_uniform_is_uniform_over_samples_and_over_counters():
    numbers = uniform(SEEDS, 3, stream="a").double().numpy()
    for column in numbers.T:
        assert stats.kstest(column, "uniform").pvalue > 1e-3
    long = uniform(torch.tensor([7]), 20_000, stream="a")[0].double().numpy()
    assert stats.kstest(long, "uniform").pvalue > 1e-3


def test_uniform_never_reaches_zero_or_one():
    numbers = uniform(torch.arange(3_000_000), 1, stream="a")
    assert 0 < numbers.min() < 1e-6
    assert 1 - 1e-6 < numbers.max() < 1


@pytest.mark.parametrize(
    "other",
    [
        uniform(SEEDS, 1, stream="b")[:, 0],
        uniform(SEEDS + 1, 1, stream="a")[:, 0],
        uniform(SEEDS, 2, stream="a")[:, 1],
        uniform(fork(SEEDS, 0), 1, stream="a")[:, 0],
    ],
    ids=["stream", "next seed", "next counter", "fork"],
)
def test_independent_numbers(other):
    """Chi-square of an 8 x 8 table of two columns that must know nothing of each other."""
    one = uniform(SEEDS, 1, stream="a")[:, 0]
    table = np.histogram2d(one.numpy(), other.numpy(), bins=8, range=[[0, 1], [0, 1]])[0]
    assert stats.chi2_contingency(table).pvalue > 1e-3


def test_normal_is_standard_normal():
    assert stats.kstest(normal(SEEDS, 1, stream="n")[:, 0].double().numpy(), "norm").pvalue > 1e-3
    assert torch.isfinite(normal(torch.arange(1_000_000), 1, stream="n")).all()


def test_bernoulli_has_its_rate_and_exact_ends():
    assert abs(bernoulli(SEEDS, 0.3, stream="p").float().mean() - 0.3) < 4 * (0.21 / len(SEEDS)) ** 0.5
    assert not bernoulli(SEEDS, 0.0, stream="p").any()
    assert bernoulli(SEEDS, 1.0, stream="p").all()


def test_more_draws_keep_the_first_ones_and_ragged_agrees():
    seeds = torch.tensor([3, -5, 2**62])
    longest = uniform(seeds, 9, stream="a")
    assert torch.equal(uniform(seeds, 4, stream="a"), longest[:, :4])
    ragged = uniform_ragged(seeds, [9, 0, 4], stream="a")
    assert [len(row) for row in ragged] == [9, 0, 4]
    assert ragged[0] == longest[0].tolist()
    assert ragged[2] == longest[2, :4].tolist()


def test_no_global_random_state_is_touched():
    state, state_numpy = torch.get_rng_state(), np.random.get_state()[1].copy()
    normal(row_seeds(np.arange(4), seed=1, epoch=2), 3, stream="a")
    assert torch.equal(state, torch.get_rng_state())
    assert (state_numpy == np.random.get_state()[1]).all()


def test_row_seeds_depend_on_row_seed_and_epoch_only():
    rows = np.array([5, 3, 5])
    seeds = row_seeds(rows, seed=1, epoch=2)
    assert seeds.dtype == torch.int64
    assert seeds[0] == seeds[2] == row_seeds(np.array([5]), seed=1, epoch=2)[0]
    everything = torch.cat([row_seeds(np.arange(1000), seed=s, epoch=e) for s in (0, 1, 12) for e in (0, 1, 2)])
    assert len(everything.unique()) == 9000
