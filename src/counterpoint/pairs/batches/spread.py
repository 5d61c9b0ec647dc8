"""Members with a value each, spread over batches so that no batch holds a value twice."""

import numpy as np


def most_batches(counts: np.ndarray, size: int) -> int:
    """The largest number M of batches of ``size`` that members can fill when no value may be twice in one of them.

    A value can be in at most M batches, so ``sum_v min(counts_v, M) >= M * size`` is necessary; :func:`spread` shows
    that it is enough. The difference of the two sides is concave in M and 0 at 0, so bisection finds the last M.

    Args:
        counts: int64 `[V]`, members of each value.
        size: Members of a batch.
    """
    low, high = 0, int(counts.sum()) // size
    while low < high:
        middle = (low + high + 1) // 2
        if np.minimum(counts, middle).sum() >= middle * size:
            low = middle
        else:
            high = middle - 1
    return low


def spread(values: np.ndarray, batches: int, size: int, random: np.random.Generator) -> np.ndarray:
    """Members, int64 `[batches, size]`, each at most once, and no value twice in a row.

    The members of a value (at most one per batch) are laid next to each other, in random order of values and members,
    and dealt out like cards: those of one value go to different batches, and every batch gets an equal number, of
    which it keeps a random choice of ``size``.

    Args:
        values: int64 `[N]`, of each member, 0..V-1.
        batches: At most ``most_batches`` of the counts.
        size: Members of a batch.
        random: Drawn from.
    """
    kept = _beside_each_other(values, batches, random)
    dealt = np.full(-(-len(kept) // batches) * batches, -1, dtype=np.int64)
    dealt[: len(kept)] = kept
    hands = random.permutation(dealt.reshape(-1, batches).T)
    draws = random.random(hands.shape)
    draws[hands < 0] = 2.0  # behind every member
    found = np.take_along_axis(hands, np.argsort(draws, axis=1)[:, :size], axis=1)
    assert found.min() >= 0, "more batches than can be filled"
    return found


def _beside_each_other(values: np.ndarray, most: int, random: np.random.Generator) -> np.ndarray:
    """Members grouped by value, groups and members in random order, at most ``most`` of each value."""
    order = random.permutation(len(values))
    places = random.permutation(int(values.max()) + 1)[values[order]]
    by_value = np.argsort(places, kind="stable")
    return order[by_value][place_in_group(places[by_value]) < most]


def place_in_group(values: np.ndarray) -> np.ndarray:
    """For members grouped by value, int64 `[N]`: the how manieth of its group each one is, from 0."""
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    lengths = np.diff(np.concatenate([starts, [len(values)]]))
    return np.arange(len(values)) - np.repeat(starts, lengths)
