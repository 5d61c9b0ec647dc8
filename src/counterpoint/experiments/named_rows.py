"""Rows of a file called by a column of names: the first of each, their cells, and features in another order."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy import sparse

from counterpoint.data.interactions import name_of
from counterpoint.data.table import Column


def first_rows(names: Column, empty: Callable[[object], bool]) -> dict[str, int]:
    """The first row of every name, in the order of rows; cells that are ``empty`` are passed over."""
    first: dict[str, int] = {}
    for row, value in enumerate(names):
        if not empty(value):
            first.setdefault(name_of(value), row)
    return first


def taken(column: Column, rows: np.ndarray) -> Column:
    """Some cells of a column."""
    return column[rows] if isinstance(column, np.ndarray) else [column[row] for row in rows]


def in_order(
    features: sparse.csr_array, known: Sequence[str], names: Sequence[str]
) -> tuple[sparse.csr_array, np.ndarray]:
    """Features in the order of other names; zeros for those that are not known.

    Args:
        features: Sparse `[K, F]`.
        known: The K names of its rows.
        names: N of them.

    Returns:
        Sparse `[N, F]`, and for each of N names its row of ``features``, -1 for none.
    """
    place = {name: row for row, name in enumerate(known)}
    rows = np.array([place.get(name, -1) for name in names], dtype=np.int64)
    there = np.flatnonzero(rows >= 0)
    ones = np.ones(len(there), dtype=np.float32)
    choose = sparse.csr_array((ones, (there, rows[there])), (len(names), len(known)))
    return sparse.csr_array(choose @ features), rows
