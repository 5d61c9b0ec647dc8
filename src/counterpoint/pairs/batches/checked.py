"""Facts about rows that are refused where they cannot be right."""

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.pairs.batches.contract import NOTHING


def checked_numbers(name: str, values: np.ndarray) -> np.ndarray:
    """Numbers `[N]` that are all finite.

    Raises:
        InputError: One is not.
    """
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values))[0])
        raise InputError(f"column {name!r} must hold a finite number in every row; row {row} holds {values[row]}")
    return values


def checked_neighbours(nearest: np.ndarray, n: int, name: str) -> np.ndarray:
    """Neighbours `[N, K]` that are rows, or ``NOTHING``.

    Raises:
        InputError: Another shape, or numbers that are no rows.
    """
    if nearest.ndim != 2 or len(nearest) != n or nearest.dtype.kind not in "iu":
        raise InputError(f"{name} must hold row numbers of shape [{n}, K], got {nearest.dtype} {list(nearest.shape)}")
    if nearest.size and not NOTHING <= nearest.min() <= nearest.max() < n:
        raise InputError(f"{name} must hold row numbers below {n}, or {NOTHING}; got {nearest.min()}..{nearest.max()}")
    return nearest
