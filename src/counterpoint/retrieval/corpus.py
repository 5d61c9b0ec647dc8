"""What is embedded, and with what: the things that this room knows of data and encoders."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch

from counterpoint.base.content import Content
from counterpoint.base.errors import InputError
from counterpoint.retrieval.fingerprint import fingerprint_values

Encode = Callable[[Content], np.ndarray]
"""Embeddings float32 `[N, D]` of N examples."""

Column = Sequence[Any] | np.ndarray
_SAMPLED_ROWS = 64


class Corpus(Protocol):
    """Rows of content that can be read in any order."""

    @property
    def fingerprint(self) -> str:
        """What identifies the content: two corpora of one fingerprint have the same rows."""
        ...

    def __len__(self) -> int:
        """Number of rows."""
        ...

    def content(self, rows: np.ndarray) -> Content:
        """The examples at ``rows`` int64 `[n]`, in that order."""
        ...

    def ids(self, rows: np.ndarray) -> list[str] | None:
        """The user's own names of ``rows``, if there are any."""
        ...


class Table(Protocol):
    """Named columns with random access to rows."""

    @property
    def columns(self) -> Sequence[str]:
        """Column names."""
        ...

    def __len__(self) -> int:
        """Number of rows."""
        ...

    def take(self, rows: np.ndarray, columns: Sequence[str]) -> Mapping[str, Column]:
        """The values of ``columns`` at ``rows``, in that order."""
        ...


def as_content(values: Column) -> Content:
    """Column values as content: strings; images uint8 `[N, C, H, W]`; numbers as vectors float32 `[N, D]`.

    Raises:
        InputError: Values of another kind, or vectors of different lengths.
    """
    if all(isinstance(value, str) for value in values):
        return [str(value) for value in values]
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise InputError(f"vectors of one column must have one length: {error}") from error
    if array.dtype == np.uint8 and array.ndim == 4:
        return torch.from_numpy(np.array(array))
    if array.dtype.kind in "fiu" and array.ndim == 2:
        return torch.from_numpy(array.astype(np.float32))
    odd = next(value for value in values if not isinstance(value, str))
    raise InputError(
        f"a column to embed must hold texts, vectors or decoded images, found {type(odd).__name__} {str(odd)[:40]!r}; "
        "pass decode= to turn other values into content"
    )


@dataclass(frozen=True, kw_only=True)
class TableColumn:
    """A corpus made of one column of a table, and perhaps of the column that names its rows.

    Attributes:
        table: Where rows are read.
        column: The content.
        id_column: The names, or None.
        decode: Column values to content; the default takes texts, vectors and arrays of images as they are.
        known_as: The fingerprint, when the caller has a better one (``fingerprint_path`` of the file, say).
            Otherwise it is made of N, the column names and the values of 64 evenly spread rows, so that a table
            larger than memory is not read twice; an edit to rows between those goes unnoticed.
    """

    table: Table
    column: str
    id_column: str | None = None
    decode: Callable[[Column], Content] = as_content
    known_as: str | None = None

    def __post_init__(self) -> None:
        """Check the columns.

        Raises:
            InputError: The table lacks one of them.
        """
        for name in self._names:
            if name not in self.table.columns:
                raise InputError(f"there is no column {name!r}; the columns are {list(self.table.columns)}")

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.table)

    @property
    def fingerprint(self) -> str:
        """``known_as``, or a sha256 of size, names and sampled values."""
        if self.known_as is not None:
            return self.known_as
        rows = np.unique(np.linspace(0, max(len(self) - 1, 0), _SAMPLED_ROWS).astype(np.int64))[: len(self)]
        values = self.table.take(rows, self._names)
        return fingerprint_values([len(self), self._names, *(list(values[name]) for name in self._names)])

    def content(self, rows: np.ndarray) -> Content:
        """The content at ``rows``."""
        return self.decode(self.table.take(rows, [self.column])[self.column])

    def ids(self, rows: np.ndarray) -> list[str] | None:
        """The names of ``rows``.

        Raises:
            InputError: A row has none.
        """
        if self.id_column is None:
            return None
        names = self.table.take(rows, [self.id_column])[self.id_column]
        for row, name in zip(rows, names, strict=True):
            if name is None or name == "":
                raise InputError(f"row {row} has no value in the id column {self.id_column!r}; every row needs one")
        return [str(name) for name in names]

    @property
    def _names(self) -> list[str]:
        return [self.column] if self.id_column is None else [self.column, self.id_column]
