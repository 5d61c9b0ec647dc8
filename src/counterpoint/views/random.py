"""Random numbers that belong to a sample: a counter-based hash of its seed, with no generator and no global state.

A number is a pure function of (seed of the sample, name of the stream, counter). So a view of a sample does not
change with the batch it came in, the worker that made it, or the rank; and nothing has to be saved to resume.
The hash is SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", OOPSLA).
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from counterpoint.base.splitmix import GOLDEN, finalise, shift_right

_UNIFORM_BITS = 23  # (k + 1/2) / 2^23 is exact in float32 and never 0 or 1; with 24 bits the largest rounds to 1


def _keys(seeds: Tensor, stream: str) -> Tensor:
    """One 64-bit state per sample and stream."""
    constant = int.from_bytes(hashlib.blake2b(stream.encode(), digest_size=8).digest(), "little", signed=True)
    return finalise(seeds ^ constant)


def _to_unit(bits: Tensor) -> Tensor:
    return (shift_right(bits, 64 - _UNIFORM_BITS).to(torch.float32) + 0.5) / (1 << _UNIFORM_BITS)


def splitmix64(states: Tensor, draws: int) -> Tensor:
    """The first ``draws`` outputs `[N, draws]` (int64 bits) of SplitMix64 started at each of ``states`` int64 `[N]`."""
    counters = torch.arange(1, draws + 1, dtype=torch.int64, device=states.device)
    return finalise(states[:, None] + counters * GOLDEN)


def uniform(seeds: Tensor, draws: int, *, stream: str) -> Tensor:
    """Float32 `[N, draws]`, uniform on the open interval (0, 1).

    Args:
        seeds: int64 `[N]`, one per sample.
        draws: Numbers per sample; asking for more never changes the first ones.
        stream: Name of the use; two names give independent numbers from the same seeds.
    """
    return _to_unit(splitmix64(_keys(seeds, stream), draws))


def uniform_ragged(seeds: Tensor, counts: Sequence[int], *, stream: str) -> list[list[float]]:
    """``counts[i]`` numbers of :func:`uniform` for sample i, as lists, in memory of the total count only."""
    counts_N = torch.as_tensor(counts, dtype=torch.int64)
    offsets_N = counts_N.cumsum(0) - counts_N
    total = int(counts_N.sum())
    counters = torch.arange(1, total + 1, dtype=torch.int64) - offsets_N.repeat_interleave(counts_N)
    states = _keys(seeds.cpu(), stream).repeat_interleave(counts_N)
    flat = _to_unit(finalise(states + counters * GOLDEN)).tolist()
    return [flat[start : start + count] for start, count in zip(offsets_N.tolist(), counts, strict=True)]


def normal(seeds: Tensor, draws: int, *, stream: str) -> Tensor:
    """Float32 `[N, draws]`, standard normal, by inverse distribution function; never beyond 5.3 in size."""
    return torch.special.ndtri(uniform(seeds, draws, stream=stream))


def bernoulli(seeds: Tensor, probability: float, *, stream: str) -> Tensor:
    """Bool `[N]`, true with ``probability``; 0 and 1 are exact."""
    return uniform(seeds, 1, stream=stream)[:, 0] < probability


def fork(seeds: Tensor, index: int) -> Tensor:
    """New seeds int64 `[N]`, independent of ``seeds`` and of every other ``index``: for view number ``index``."""
    return splitmix64(_keys(seeds, f"fork {index}"), 1)[:, 0]


def row_seeds(rows: Tensor | np.ndarray, *, seed: int, epoch: int) -> Tensor:
    """Seeds int64 `[N]` of the rows of a table in one epoch of a run: the same wherever and whenever a row is read.

    Args:
        rows: int64 `[N]` row numbers.
        seed: Seed of the run, any int64.
        epoch: Epoch, from 0.
    """
    return splitmix64(_keys(torch.as_tensor(rows, dtype=torch.int64), f"rows, seed {seed}, epoch {epoch}"), 1)[:, 0]
