"""Class labels: names to numbers 0..K-1, found by one pass over the column."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.bad_rows import RowError
from counterpoint.data.kinds import shown
from counterpoint.data.table import Column, Table

_CHUNK = 65536
MISSING = -1
"""The number of a row without a usable label."""


class LabelIndex:
    """The classes of one column.

    Attributes:
        names: Class k is called ``names[k]``; numeric names in order of value, others in alphabetical order.
        numbers: int64 `[N]`: the class of every row, ``MISSING`` where it is missing or not among ``names``.
        counts: int64 `[K]`: rows per class.
    """

    def __init__(self, table: Table, column: str, names: Sequence[str] | None) -> None:
        """Read the column once.

        Args:
            table: Where it is.
            column: Its name.
            names: The known classes, in order; None: those of the column.

        Raises:
            InputError: No label at all, or a name given twice.
        """
        self.column = column
        found, appearance = _first_pass(table, column)
        self.names = tuple(names) if names is not None else tuple(sorted(found, key=_order))
        if not self.names:
            raise InputError(f"{table.description}: column {column!r} holds no label")
        if len(set(self.names)) != len(self.names):
            raise InputError(f"label names must differ: {self.names}")
        self._number = {name: number for number, name in enumerate(self.names)}
        # One more entry, so that MISSING (-1) finds itself at the end.
        final = np.array([*(self._number.get(name, MISSING) for name in found), MISSING], dtype=np.int64)
        self.numbers = final[appearance]
        self.counts = np.bincount(self.numbers[self.numbers >= 0], minlength=len(self.names))

    def encode(self, values: Column) -> np.ndarray:
        """Class numbers int64 `[n]` of cell values.

        Raises:
            RowError: A missing label, one that is no name, or one outside ``names``.
        """
        numbers = np.empty(len(values), dtype=np.int64)
        for place, value in enumerate(values):
            name = label_name(value)
            if name is None:
                problem = "the label is missing" if value in (None, "") else f"{shown(value)} is not a class name"
                raise RowError(place, self.column, problem)
            if name not in self._number:
                raise RowError(place, self.column, f"the label {name!r} is not among the {len(self.names)} known ones")
            numbers[place] = self._number[name]
        return numbers


def label_name(value: Any) -> str | None:
    """The class name of a cell: text without outer blanks, whole numbers without decimals; None if it is no name."""
    match value:
        case str():
            return value.strip() or None
        case bool() | np.bool_():
            return str(bool(value))
        case int() | np.integer():
            return str(int(value))
        case float() | np.floating():
            return str(int(value)) if float(value).is_integer() else None
        case _:
            return None


def _first_pass(table: Table, column: str) -> tuple[list[str], np.ndarray]:
    """The names in order of appearance, and for every row the place of its name among them (or ``MISSING``)."""
    places: dict[str, int] = {}
    appearance = np.full(len(table), MISSING, dtype=np.int64)
    for start in range(0, len(table), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(table)))
        for row, value in zip(rows.tolist(), table.take(rows, [column])[column], strict=True):
            name = label_name(value)
            if name is not None:
                appearance[row] = places.setdefault(name, len(places))
    return list(places), appearance


def _order(name: str) -> tuple[int, int, str]:
    digits = name.removeprefix("-")
    return (0, int(name), "") if digits.isascii() and digits.isdigit() else (1, 0, name)
