"""A table: named columns and random access to rows, whatever holds them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from counterpoint.base.errors import InputError

Column = list[Any] | np.ndarray
"""The values of one column at some rows, in the order asked for; a missing value is None."""


class Table(ABC):
    """N rows of named columns; rows are read when asked for, so a table may be larger than memory.

    Attributes:
        columns: Column names, in the order of the file.
        description: What messages call it: the file name.
        folder: Where relative image paths start, or None.
        notes: What was decided while opening it; told to the user.
    """

    columns: tuple[str, ...]
    description: str
    folder: Path | None = None
    notes: tuple[str, ...] = ()

    @abstractmethod
    def __len__(self) -> int:
        """Number of rows N."""

    @abstractmethod
    def take(self, rows: np.ndarray | Sequence[int], columns: Sequence[str] | None = None) -> dict[str, Column]:
        """The values at ``rows`` (any order, repeats allowed), in that order.

        Args:
            rows: Row numbers in 0..N-1, `[n]`.
            columns: Names to read; None means all.

        Raises:
            InputError: An unknown column, a row out of range, or a file that changed or is damaged.
        """

    @property
    def blocks(self) -> np.ndarray:
        """Row offsets `[n_blocks + 1]`, int64: rows of one block are read together, so reading near rows is cheap."""
        return np.array([0, len(self)], dtype=np.int64)

    def head(self, n: int, columns: Sequence[str] | None = None) -> dict[str, Column]:
        """The first ``n`` rows (fewer if there are not so many), for a look at the values."""
        return self.take(np.arange(min(n, len(self))), columns)

    def where(self, row: int) -> str:
        """How a message names this row, such as ``"pairs.csv, line 7"``; rows count from 0."""
        return f"{self.description}, row {row}"

    def checked(self, rows: np.ndarray | Sequence[int], columns: Sequence[str] | None) -> tuple[np.ndarray, list[str]]:
        """``rows`` as int64 and ``columns`` as a list, both known to exist."""
        raw = np.asarray(rows)
        if raw.size and raw.dtype.kind not in "iu":
            raise InputError(f"row numbers are expected, not {raw.dtype} (a mask has to go through np.flatnonzero)")
        index = raw.astype(np.int64).reshape(-1)
        if index.size and (index.min() < 0 or index.max() >= len(self)):
            raise InputError(f"{self.description} has rows 0..{len(self) - 1}, not {index.min()}..{index.max()}")
        names = list(self.columns if columns is None else columns)
        unknown = [name for name in names if name not in self.columns]
        if unknown:
            raise InputError(f"{self.description} has no column {unknown[0]!r}; its columns: {listed(self.columns)}")
        return index, names


class MemoryTable(Table):
    """Columns held in memory: lists, or numpy arrays whose first axis is the row."""

    def __init__(
        self, columns: Mapping[str, Column], *, description: str = "the given data", folder: Path | None = None
    ) -> None:
        """Check that every column has the same number of rows.

        Raises:
            InputError: No columns, or columns of different lengths.
        """
        if not columns:
            raise InputError(f"{description} has no columns")
        lengths = {str(name): len(values) for name, values in columns.items()}
        if len(set(lengths.values())) > 1:
            raise InputError(f"{description}: columns differ in length: {lengths}")
        self._values = {str(name): values for name, values in columns.items()}
        self.columns = tuple(self._values)
        self.description = description
        self.folder = folder

    def __len__(self) -> int:
        """Number of rows."""
        return len(self._values[self.columns[0]])

    def take(self, rows: np.ndarray | Sequence[int], columns: Sequence[str] | None = None) -> dict[str, Column]:
        """The values at ``rows``."""
        index, names = self.checked(rows, columns)
        return {name: _pick(self._values[name], index) for name in names}


class Subset(Table):
    """Some rows of another table, such as one side of a split."""

    def __init__(self, table: Table, rows: np.ndarray | Sequence[int], *, name: str = "") -> None:
        """Row i of the subset is row ``rows[i]`` of ``table``."""
        self.table = table
        self.rows = table.checked(rows, None)[0]
        self.columns = table.columns
        self.description = f"{table.description} ({name})" if name else table.description
        self.folder = table.folder
        self.notes = table.notes

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.rows)

    def take(self, rows: np.ndarray | Sequence[int], columns: Sequence[str] | None = None) -> dict[str, Column]:
        """The values at ``rows`` of the subset."""
        index, names = self.checked(rows, columns)
        return self.table.take(self.rows[index], names)

    @property
    def blocks(self) -> np.ndarray:
        """The parent's blocks where the rows ascend; one block otherwise."""
        if len(self.rows) and np.all(np.diff(self.rows) >= 0):
            return np.unique(np.searchsorted(self.rows, self.table.blocks)).astype(np.int64)
        return np.array([0, len(self)], dtype=np.int64)

    def where(self, row: int) -> str:
        """The row as the parent names it."""
        return self.table.where(int(self.rows[row]))


class Concatenated(Table):
    """Several tables with the same columns, one after the other: the shards of one data set."""

    def __init__(self, tables: Sequence[Table], *, description: str) -> None:
        """Check that all have the columns of the first.

        Raises:
            InputError: No tables, or a shard with other columns.
        """
        if not tables:
            raise InputError(f"{description} holds no tables")
        first = tables[0]
        for table in tables:
            if set(table.columns) != set(first.columns):
                raise InputError(
                    f"shards differ in columns: {first.description} has {listed(first.columns)}, "
                    f"{table.description} has {listed(table.columns)}"
                )
        self.tables = tuple(tables)
        self.columns = first.columns
        self.description = description
        self.folder = first.folder
        self.notes = tuple(dict.fromkeys(note for table in tables for note in table.notes))
        self._starts = np.cumsum([0, *(len(table) for table in tables)], dtype=np.int64)

    def __len__(self) -> int:
        """Number of rows of all shards."""
        return int(self._starts[-1])

    def take(self, rows: np.ndarray | Sequence[int], columns: Sequence[str] | None = None) -> dict[str, Column]:
        """The values at ``rows``, each read from its shard."""
        index, names = self.checked(rows, columns)
        owner = np.searchsorted(self._starts, index, side="right") - 1
        pieces = [
            (places, self.tables[shard].take(index[places] - self._starts[shard], names))
            for shard in np.unique(owner)
            for places in [np.flatnonzero(owner == shard)]
        ]
        return {name: scatter([(places, values[name]) for places, values in pieces], len(index)) for name in names}

    def head(self, n: int, columns: Sequence[str] | None = None) -> dict[str, Column]:
        """The first rows, from the first shard alone where that is long enough."""
        first = self.tables[0]
        return first.head(n, columns) if len(first) >= n else self.take(np.arange(min(n, len(self))), columns)

    @property
    def blocks(self) -> np.ndarray:
        """The blocks of every shard."""
        inner = [table.blocks[1:] + start for table, start in zip(self.tables, self._starts, strict=False)]
        return np.unique(np.concatenate([[0], *inner])).astype(np.int64)

    def where(self, row: int) -> str:
        """The row as its shard names it."""
        shard = int(np.searchsorted(self._starts, row, side="right")) - 1
        return self.tables[shard].where(int(row - self._starts[shard]))


def scatter(pieces: Sequence[tuple[np.ndarray, Column]], n: int) -> Column:
    """Columns read in pieces, put back in the order asked for: piece k fills the places ``pieces[k][0]``."""
    arrays = [values for _, values in pieces if isinstance(values, np.ndarray)]
    if len(arrays) == len(pieces) and len({(part.shape[1:], part.dtype) for part in arrays}) == 1:
        out = np.empty((n, *arrays[0].shape[1:]), dtype=arrays[0].dtype)
        for places, values in pieces:
            out[places] = values
        return out
    cells: list[Any] = [None] * n
    for places, values in pieces:
        for place, value in zip(places, values, strict=True):
            cells[place] = value
    return cells


def listed(names: Sequence[str], limit: int = 20) -> str:
    """Names for a message, quoted; the end of a long list is cut and counted."""
    shown = ", ".join(repr(name) for name in names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"


def _pick(values: Column, index: np.ndarray) -> Column:
    return values[index] if isinstance(values, np.ndarray) else [values[i] for i in index.tolist()]
