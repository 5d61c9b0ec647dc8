"""Cells of facts: several names in one, dates as seconds, and ragged numbers as a matrix."""

import re
from contextlib import suppress
from datetime import UTC, date, datetime, time
from typing import Any

import numpy as np
import torch
from torch import Tensor

from counterpoint.data.bad_rows import RowError
from counterpoint.data.kinds import is_missing, shown
from counterpoint.data.labels import MISSING, label_name
from counterpoint.data.table import Column

_BETWEEN = re.compile(r"[|;,]")
_MANY = (list, tuple, np.ndarray)


def is_matrix(cells: Column) -> bool:
    """A column of numpy rows: 0 or 1 for every name, in place of the names."""
    return isinstance(cells, np.ndarray) and cells.ndim == 2


def flags(column: str, cells: np.ndarray) -> Tensor:
    """A column of numpy rows as float32 `[n, K]`.

    Raises:
        RowError: A cell is neither 0 nor 1.
    """
    odd = np.flatnonzero(((cells != 0) & (cells != 1)).any(axis=1))
    if odd.size:
        raise RowError(int(odd[0]), column, "0 or 1 is expected for every name")
    return torch.from_numpy(cells.astype(np.float32))


def timed(cells: Column) -> Column:
    """Dates, and texts of the form 2024-05-31T12:00, as seconds since 1970, of Greenwich where no zone is named."""
    return cells if isinstance(cells, np.ndarray) and cells.dtype.kind in "biuf" else [_seconds(one) for one in cells]


def _seconds(cell: Any) -> Any:
    if isinstance(cell, np.datetime64):
        cell = cell.astype("datetime64[us]").item()
    if isinstance(cell, str):
        with suppress(ValueError):
            cell = datetime.fromisoformat(cell.strip())
    if isinstance(cell, date) and not isinstance(cell, datetime):
        cell = datetime.combine(cell, time())
    if isinstance(cell, datetime):
        return (cell if cell.tzinfo else cell.replace(tzinfo=UTC)).timestamp()
    return cell


def names_in(place: int, column: str, cell: Any) -> list[str]:
    """The names in a cell: a list, or text with ``|``, ``;`` or ``,`` between them.

    Raises:
        RowError: Something there is no name.
    """
    if is_missing(cell):
        return []
    parts = _BETWEEN.split(cell) if isinstance(cell, str) else cell if isinstance(cell, _MANY) else [cell]
    found = [label_name(part) for part in parts if not (isinstance(part, str) and not part.strip())]
    if None in found:
        raise RowError(place, column, f"names are expected, found {shown(cell)}")
    return [name for name in found if name is not None]


def numbered(chosen: list[list[int]]) -> Tensor:
    """Ragged numbers as int64 `[n, L]`, filled up with -1."""
    table = torch.full((len(chosen), max(1, *map(len, chosen))), MISSING)
    for row, places in zip(table, chosen, strict=True):
        row[: len(places)] = torch.tensor(places, dtype=torch.int64)
    return table


def marked(chosen: list[list[int]], count: int) -> Tensor:
    """Ragged numbers as float32 `[n, count]`, 1 where one is chosen."""
    table = torch.zeros(len(chosen), count)
    for row, places in zip(table, chosen, strict=True):
        row[places] = 1.0
    return table
