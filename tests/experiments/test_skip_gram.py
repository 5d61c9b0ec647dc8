import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.experiments.skip_gram import SkipGram


def pairs(seed=0):
    """Ten things of two kinds; those of a kind occur together."""
    rng = np.random.default_rng(seed)
    centres = rng.integers(10, size=20_000)
    return centres, 2 * rng.integers(5, size=20_000) + centres % 2


def test_what_occurs_together_lies_together():
    vectors = SkipGram(dim=8, batch=200, learning_rate=0.05)(*pairs(), 10, seed=0)
    rows = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = rows @ rows.T
    same = np.arange(10)[:, None] % 2 == np.arange(10) % 2
    assert cosines[same].min() > cosines[~same].max() + 0.5


def test_the_same_seed_gives_the_same_vectors():
    learn = SkipGram(dim=4, batch=1000)
    first, same, other = (learn(*pairs(), 10, seed=seed) for seed in (0, 0, 1))
    assert (first == same).all()
    assert (first != other).any()


def test_no_pairs_are_refused():
    with pytest.raises(InputError, match="one context per centre is needed, got 0 centres"):
        SkipGram()(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), 3, seed=0)
