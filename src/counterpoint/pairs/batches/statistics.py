"""What batches are like, in numbers."""

import numpy as np

from counterpoint.base.errors import InputError


def same_label_pairs(batches: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Pairs of rows of one class in each batch, int64 `[M]`: false negatives, where rows are negatives of each other.

    Args:
        batches: int64 `[M, B]`, row numbers.
        labels: int64 `[N]`; rows with a label below 0 are in no class.

    Example:
        >>> same_label_pairs(np.array([[0, 1, 2], [0, 3, 4]]), np.array([7, 7, 7, 8, -1])).tolist()
        [3, 0]
    """
    found = np.sort(labels[batches], axis=1)
    count, run = np.zeros(len(found), dtype=np.int64), np.zeros(len(found), dtype=np.int64)
    for before, now in zip(found.T[:-1], found.T[1:], strict=True):
        # The r-th of a class makes r - 1 pairs with those before it.
        run = np.where((now == before) & (now >= 0), run + 1, 0)
        count += run
    return count


def false_negative_rate(batches: np.ndarray, labels: np.ndarray) -> float:
    """Part of the pairs within batches that are of one class."""
    size = batches.shape[1]
    return float(same_label_pairs(batches, labels).mean() / (size * (size - 1) / 2))


def expected_rate(labels: np.ndarray) -> float:
    """What :func:`false_negative_rate` is in the mean for batches drawn at random: `sum_c n_c (n_c - 1) / (N (N - 1))`.

    Raises:
        InputError: Fewer than two rows.
    """
    n = len(labels)
    if n < 2:
        raise InputError(f"a pair needs two rows, and there are {n}")
    _, counts = np.unique(labels[labels >= 0], return_counts=True)
    return float((counts * (counts - 1)).sum() / (n * (n - 1)))


def links_within(batches: np.ndarray, neighbours: np.ndarray) -> float:
    """Mean number of a row's neighbours that share its batch: how hard the batches are by a teacher's ranks.

    Args:
        batches: int64 `[M, B]`, no row in two of them.
        neighbours: int64 `[N, K]`, -1 where there are fewer.
    """
    home = np.full(len(neighbours) + 1, -1, dtype=np.int64)  # one more, for -1 to find itself
    home[batches] = np.arange(len(batches))[:, None]
    rows = batches.reshape(-1)
    return float((home[neighbours[rows]] == home[rows][:, None]).sum(axis=1).mean())
