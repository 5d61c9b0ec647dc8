"""Cells of interactions: names as another file wrote them, and times that are dates or numbers."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.delimited import number_or_text
from counterpoint.data.fact_cells import timed
from counterpoint.data.interactions import name_of
from counterpoint.data.kinds import is_missing, shown
from counterpoint.data.table import Column, Table

_EXPECTED = "a number or a date such as 2024-05-31 or 2024-05-31T12:00 is expected"


def as_known(column: Column, known: Sequence[Any]) -> list[Any]:
    """Cells as the values of ``known`` that have their names, such as 3 for "3"; others stay as they are.

    One cell of text turns a column of a CSV file into text, so that two files may hold the same names as numbers and
    as text.

    Args:
        column: n cells.
        known: Users or items of another file.

    Returns:
        n values. A missing cell stays missing, whatever is known.
    """
    by_name = {name_of(value): value for value in known}
    cells = column.tolist() if isinstance(column, np.ndarray) else column
    return [cell if is_missing(cell) or cell != cell else by_name.get(name_of(cell), cell) for cell in cells]


def times_of(cells: Column, *, table: Table, column: str, orders: str = "interactions") -> np.ndarray:
    """Numbers or dates as float64 `[N]`, dates as seconds since 1970.

    Texts that are numbers count as numbers; a date without a zone is of Greenwich.

    Args:
        cells: All N of a column.
        table: Where they are from, for the message.
        column: Its name, likewise.
        orders: What is ordered by them, likewise.

    Raises:
        InputError: A cell is neither a number nor a date, or some are numbers and some are
            dates, which have no common order; the message names the row and the cell.
    """
    if isinstance(cells, np.ndarray) and cells.dtype.kind in "biuf":
        found, dated = cells.astype(np.float64), np.zeros(len(cells), dtype=bool)
    else:
        plain = [number_or_text(cell) if isinstance(cell, str) else cell for cell in cells]
        found = np.array([_number(cell) for cell in timed(plain)], dtype=np.float64)
        dated = np.array([not math.isfinite(_number(cell)) for cell in plain], dtype=bool)
    if (odd := np.flatnonzero(~np.isfinite(found))).size:
        raise _refused(table, f"{column!r} orders {orders}", cells, int(odd[0]), _EXPECTED)
    if len(other := np.flatnonzero(dated != dated[:1])):
        kind = "number" if dated[other[0]] else "date"
        raise _refused(
            table, f"{column!r} orders {orders}", cells, int(other[0]), f"a {kind} is expected as in the first row"
        )
    return found


def _number(cell: Any) -> float:
    """NaN for what is none."""
    try:
        return float(cell)
    except (TypeError, ValueError):
        return math.nan


def _refused(table: Table, what: str, cells: Column, row: int, expected: str) -> InputError:
    cell = cells[row]
    found = "nothing" if is_missing(cell) else shown(cell)
    return InputError(f"{table.where(row)}: column {what}: {expected}, found {found}")
