"""Seeds: the random choices for a row in an epoch, as a pure function that no worker or resume can change."""

import numpy as np
import torch
from torch import Tensor

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


def sample_seeds(seed: int, epoch: int, rows: np.ndarray) -> Tensor:
    """One seed per row, int64 `[N]`, not negative; the same for the same (seed, epoch, row) wherever it is asked.

    Each of the three is mixed in by one round of SplitMix64 (Steele, Lea & Flood 2014), a bijection: within an
    epoch two rows never share their 64 bits.
    """
    state = np.full(len(rows), np.int64(seed)).astype(np.uint64)
    for part in (np.full(len(rows), np.int64(epoch)), np.asarray(rows, dtype=np.int64)):
        state = _mix(state) ^ part.astype(np.uint64)
    return torch.from_numpy((_mix(state) >> np.uint64(1)).astype(np.int64))


def _mix(state: np.ndarray) -> np.ndarray:
    state = state + _GOLDEN
    state = (state ^ (state >> np.uint64(30))) * _FIRST
    state = (state ^ (state >> np.uint64(27))) * _SECOND
    return state ^ (state >> np.uint64(31))
