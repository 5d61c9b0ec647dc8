"""What every protocol checks before it computes: shapes, lengths, finite numbers, more than one class."""

from typing import Any

import numpy as np
from scipy import sparse

from counterpoint.base.errors import InputError

Embeddings = Any
"""`[N, D]`: a numpy array (float32 or float64; others are read as float32), or a scipy CSR matrix such as TF-IDF."""

ROWS_PER_CHECK = 4096


def embeddings(name: str, value: Embeddings, *, at_least: int = 2) -> Embeddings:
    """Check one matrix of embeddings and return it as an array or CSR matrix, without a copy where possible.

    Args:
        name: What the caller calls the argument, for messages.
        value: `[N, D]`.
        at_least: The smallest N that makes sense.

    Raises:
        InputError: Not two axes, not numbers, too few rows, no columns, or a NaN or infinity (its row is named).
    """
    matrix = value.tocsr() if sparse.issparse(value) else np.asarray(value)
    if matrix.ndim != 2:
        raise InputError(f"{name} must have two axes [N, D], got shape {tuple(matrix.shape)}")
    if matrix.dtype.kind not in "fiub":
        raise InputError(f"{name} must hold numbers, got dtype {matrix.dtype}")
    if matrix.shape[0] < at_least or matrix.shape[1] < 1:
        raise InputError(f"{name} must have at least {at_least} rows and 1 column, got shape {tuple(matrix.shape)}")
    _check_finite(name, matrix)
    return matrix


def dense(name: str, value: Embeddings, *, at_least: int = 2) -> np.ndarray:
    """Like :func:`embeddings`, for computations that need an array of floating point numbers."""
    matrix = embeddings(name, value, at_least=at_least)
    if sparse.issparse(matrix):
        raise InputError(f"{name} must be a dense array, got a sparse matrix; reduce it first")
    return matrix if matrix.dtype in (np.float32, np.float64) else matrix.astype(np.float32)


def _check_finite(name: str, matrix: Embeddings) -> None:
    if matrix.dtype.kind != "f":
        return
    for start in range(0, matrix.shape[0], ROWS_PER_CHECK):
        block = matrix[start : start + ROWS_PER_CHECK]
        finite = np.isfinite(block.data if sparse.issparse(block) else block)
        if finite.all():
            continue
        if sparse.issparse(block):
            row = int(np.searchsorted(block.indptr, np.flatnonzero(~finite)[0], side="right")) - 1
        else:
            row = int(np.flatnonzero(~finite.all(axis=1))[0])
        raise InputError(f"{name} holds NaN or infinity, first in row {start + row}; embeddings must be finite")


def same_width(first_name: str, first: Embeddings, second_name: str, second: Embeddings) -> None:
    """Refuse two matrices with different D."""
    if first.shape[1] != second.shape[1]:
        raise InputError(
            f"{first_name} has {first.shape[1]} columns and {second_name} has {second.shape[1]}; "
            "both must come from one embedding space"
        )


def same_shape(first_name: str, first: Embeddings, second_name: str, second: Embeddings) -> None:
    """Refuse two matrices that are not row by row of one space."""
    if first.shape[0] != second.shape[0]:
        raise InputError(
            f"{first_name} has {first.shape[0]} rows and {second_name} has {second.shape[0]}; row i belongs to row i"
        )
    same_width(first_name, first, second_name, second)


def labels(name: str, value: Any, n: int, *, classes: int = 1) -> np.ndarray:
    """Check a vector of class labels: integers, strings or booleans, one for each of ``n`` rows.

    Raises:
        InputError: Wrong length, floating point values, or fewer than ``classes`` different labels.
    """
    array = _column(name, value, n)
    if array.dtype == object and all(isinstance(one, str) for one in array):
        array = array.astype(str)
    if array.dtype.kind not in "iubUS":
        raise InputError(f"{name} must hold integers or strings (class labels), got dtype {array.dtype}")
    distinct = np.unique(array)
    if distinct.size < classes:
        raise InputError(f"{name} must hold at least {classes} classes, got only {distinct.tolist()}")
    return array


def numbers(name: str, value: Any, n: int, *, varying: bool = False) -> np.ndarray:
    """Check a vector of finite numbers, one for each of ``n`` rows, and return it as float64.

    Raises:
        InputError: Wrong length, not numbers, NaN or infinity, or all equal although they must vary.
    """
    array = _column(name, value, n)
    if array.dtype.kind not in "fiub":
        raise InputError(f"{name} must hold numbers, got dtype {array.dtype}")
    array = array.astype(np.float64)
    wrong = np.flatnonzero(~np.isfinite(array))
    if wrong.size:
        raise InputError(f"{name} must be finite, row {wrong[0]} is {array[wrong[0]]}")
    if varying and array.min() == array.max():
        raise InputError(f"{name} is {array[0]:g} in every row; it must vary to be compared with anything")
    return array


def at_least(name: str, value: float, least: float) -> None:
    """Refuse a number below ``least``."""
    if not value >= least:
        raise InputError(f"{name} must be at least {least}, got {value}")


def positive(name: str, value: float) -> None:
    """Refuse a number that is not positive and finite."""
    if not (value > 0 and np.isfinite(value)):
        raise InputError(f"{name} must be a positive number, got {value}")


def _column(name: str, value: Any, n: int) -> np.ndarray:
    array = np.asarray(value)
    if array.ndim != 1:
        raise InputError(f"{name} must have one axis [N], got shape {array.shape}")
    if array.shape[0] != n:
        raise InputError(f"{name} has {array.shape[0]} entries for {n} rows; one per row is needed")
    return array
