import numpy as np
import torch

from counterpoint.training.seeds import sample_seeds


def test_a_row_has_the_same_seed_in_any_company():
    rows = np.random.default_rng(0).permutation(1000)
    whole = sample_seeds(3, 7, rows)
    parts = torch.cat([sample_seeds(3, 7, rows[:1]), sample_seeds(3, 7, rows[1:500]), sample_seeds(3, 7, rows[500:])])
    assert torch.equal(whole, parts)


def test_seed_epoch_and_row_all_matter():
    rows = np.arange(2000)
    drawn = torch.cat([sample_seeds(seed, epoch, rows) for seed in range(3) for epoch in range(3)])
    assert drawn.dtype == torch.int64
    assert (drawn >= 0).all()
    assert len(drawn.unique()) == len(drawn)


def test_bits_are_fair():
    drawn = sample_seeds(0, 0, np.arange(20_000)).numpy()
    shares = np.array([((drawn >> bit) & 1).mean() for bit in range(63)])
    assert np.abs(shares - 0.5).max() < 0.02


def test_known_values_never_change():
    assert sample_seeds(0, 0, np.array([0, 1])).tolist() == [1279368494785126216, 1700482428262628912]
