"""What this room refuses before it computes: wrong shapes, wrong widths, NaN and infinity."""

from typing import Any

import numpy as np

from counterpoint.base.errors import InputError


def matrix(name: str, value: Any) -> np.ndarray:
    """``value`` as an array `[N, D]` of numbers; float32 stays as it is (a memory map stays one).

    Raises:
        InputError: Not two axes, no columns, or not numbers.
    """
    array = value if isinstance(value, np.ndarray) else np.asarray(value)
    if array.ndim != 2 or array.shape[1] < 1:
        raise InputError(f"{name} must have two axes [N, D] with D of at least 1, got shape {tuple(array.shape)}")
    if array.dtype.kind not in "fiu":
        raise InputError(f"{name} must hold numbers, got dtype {array.dtype}")
    return array


def float32(array: np.ndarray) -> np.ndarray:
    """A fresh, writable float32 copy; numbers beyond its range become infinite, for :func:`finite` to find."""
    with np.errstate(over="ignore"):
        return np.array(array, dtype=np.float32, order="C", copy=True)


def finite(name: str, array: np.ndarray, *, first_row: int = 0) -> None:
    """Refuse NaN and infinity, naming the first row that holds one.

    Args:
        name: What the message calls the array.
        array: `[n, D]`.
        first_row: The number of its first row.

    Raises:
        InputError: A row is not finite in float32.
    """
    good = np.isfinite(array).all(axis=1)
    if not good.all():
        row = int(np.argmin(good))
        kind = "NaN" if np.isnan(array[row]).any() else "an infinity"
        raise InputError(f"{name} row {first_row + row} holds {kind}; embeddings must be finite float32 numbers")


def same_width(first_name: str, first: int, second_name: str, second: int) -> None:
    """Refuse two embeddings with different D.

    Raises:
        InputError: With both widths.
    """
    if first != second:
        raise InputError(
            f"{first_name} have D = {first} and {second_name} has D = {second}; both must come from one model"
        )


def at_least(name: str, value: int, least: int) -> None:
    """Refuse a whole number below ``least``.

    Raises:
        InputError: With the value.
    """
    if value < least:
        raise InputError(f"{name} must be at least {least}, got {value}")
