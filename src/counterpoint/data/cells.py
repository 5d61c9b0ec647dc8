"""Cells to content: texts checked, numbers to float32 vectors, scores."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from counterpoint.data.bad_rows import RowError
from counterpoint.data.kinds import holds_many, shown
from counterpoint.data.table import Column

_LARGEST = float(np.finfo(np.float32).max)

Cells = list[tuple[int, str, Any]]
"""Place in the batch, column, value: one entry per item, in order of place."""


def anchor_cells(values: Mapping[str, Column], columns: Sequence[str], n: int) -> Cells:
    """One item per row; several numeric columns become one vector of the row."""
    if len(columns) == 1:
        return [(place, columns[0], value) for place, value in enumerate(values[columns[0]])]
    matrix = np.empty((n, len(columns)))
    for number, name in enumerate(columns):
        matrix[:, number] = number_column(name, values[name])
    return [(place, f"{columns[0]}..{columns[-1]}", matrix[place]) for place in range(n)]


def other_cells(values: Mapping[str, Column], columns: Sequence[str], n: int, *, required: bool) -> Cells:
    """The positives or negatives of every row, ragged.

    A column of lists gives all its items. With several columns a missing cell means one fewer; in a single column
    it is an error, as is a row without any item when ``required``.
    """
    cells: Cells = []
    for place in range(n):
        found = [
            (name, item) for name in columns for item in _items(place, name, values[name][place], len(columns) > 1)
        ]
        if not found and required:
            raise RowError(place, "/".join(columns), "no positive in this row")
        cells.extend((place, name, item) for name, item in found)
    return cells


def texts(cells: Cells) -> list[str]:
    """The items as strings: not missing, not blank, valid Unicode."""
    for place, column, value in cells:
        if not isinstance(value, str):
            problem = "the text is missing" if value is None else f"text is expected, found {shown(value)}"
            raise RowError(place, column, problem)
        if not value.strip():
            raise RowError(place, column, "the text is empty")
        if not _encodable(value):
            raise RowError(place, column, f"the text is not valid Unicode: {shown(value)}")
    return [value for _, _, value in cells]


def vectors(cells: Cells, dim: int | None) -> torch.Tensor:
    """The items as float32 `[n, D]`, all finite and of one length (``dim`` when it is known)."""
    rows: list[np.ndarray] = []
    for place, column, value in cells:
        row = _vector(place, column, value)
        dim = dim or len(row)
        if len(row) != dim:
            raise RowError(place, column, f"a vector of {dim} numbers is expected, found {len(row)}")
        rows.append(row)
    return torch.from_numpy(np.stack(rows)) if rows else torch.zeros(0, dim or 0)


def scores(values: Column, column: str) -> torch.Tensor:
    """The scores as float32 `[n]`, all finite numbers."""
    for place, value in enumerate(values):
        if value is None or isinstance(value, str):
            problem = "the score is missing" if not value else f"a number is expected as score, found {shown(value)}"
            raise RowError(place, column, problem)
        if not math.isfinite(float(value)):
            raise RowError(place, column, f"the score is {float(value)}")
    return torch.tensor([float(value) for value in values], dtype=torch.float32)


def number_column(column: str, values: Column) -> np.ndarray:
    """One numeric column, float64 `[n]`; the first bad cell is named here: afterwards it is one among many."""
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        numbers = np.full(len(values), np.nan)
    if numbers.ndim != 1 or not (np.abs(numbers) <= _LARGEST).all():
        return np.array([_single(place, column, value) for place, value in enumerate(values)])
    return numbers


def _single(place: int, column: str, value: Any) -> float:
    row = _vector(place, column, value)
    if len(row) != 1:
        raise RowError(place, column, f"one number is expected, found {shown(value)}")
    return float(row[0])


def _vector(place: int, column: str, value: Any) -> np.ndarray:
    if value is None:
        raise RowError(place, column, "the number is missing")
    try:
        row = np.asarray(value, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError) as error:
        raise RowError(place, column, f"numbers are expected, found {shown(value)}") from error
    if np.ndim(value) > 1 or not row.size:
        raise RowError(place, column, f"one vector is expected, found shape {np.shape(value)}")
    with np.errstate(over="ignore"):
        out = row.astype(np.float32)
    if not np.isfinite(out).all():
        first = int(np.flatnonzero(~np.isfinite(out))[0])
        raise RowError(place, column, f"number {first} is {row[first]:g}: not finite (as float32)")
    return out


def _items(place: int, name: str, value: Any, optional: bool) -> list[Any]:
    if holds_many(value):
        return list(value)
    if value is None or (isinstance(value, str) and not value.strip()):
        if optional:
            return []
        raise RowError(place, name, "the cell is empty")
    return [value]


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
