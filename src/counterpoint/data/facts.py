"""Facts of a table's rows, such as a time, a cluster or links to other rows, as tensors."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

import numpy as np
import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.base.facts import Form
from counterpoint.data.bad_rows import RowError
from counterpoint.data.cells import anchor_cells, number_column, vectors
from counterpoint.data.fact_cells import flags, is_matrix, marked, names_in, numbered, timed
from counterpoint.data.fact_columns import FactColumns
from counterpoint.data.kinds import is_missing
from counterpoint.data.labels import MISSING, LabelIndex
from counterpoint.data.table import Column, Table

MOST_NAMES = 4096
"""Different names of a column of several: a batch holds a number for each of them in every row."""

_CHUNK = 65536


class FactReader:
    """Reads facts of a table's rows; the names in it are found by one pass over their columns.

    Args:
        table: Where they are.
        found: In which columns.

    Raises:
        InputError: A column holds no names at all, too many, or links that lead nowhere.
    """

    def __init__(self, table: Table, found: Sequence[FactColumns]) -> None:
        self.found = found
        self._table = table
        self._indices: dict[str, LabelIndex] = {}
        self._places: dict[str, dict[str, int]] = {}
        self._dims: dict[str, int] = {}
        columns = {one.fact.column: one.columns[0] for one in found}
        head = table.head(1, [name for one in found for name in one.columns])
        for one in found:
            column, key = one.columns[0], one.fact.key
            if one.fact.form is Form.NAME:
                self._index(column)
            elif one.fact.form is Form.NAMES and not is_matrix(head[column]):
                self._places[key] = self._names(column)
            elif one.fact.form is Form.LINKS:
                self._places[key] = self._linked(column, columns[one.fact.of])
            elif one.fact.form is Form.VECTOR:
                with suppress(RowError):  # a bad first row is named when it is used
                    self._dims[key] = vectors(anchor_cells(head, one.columns, 1), None).shape[1]

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should be told: rows that no relation by name will join to others."""
        counts = {name: int((index.numbers == MISSING).sum()) for name, index in self._indices.items()}
        return tuple(
            f"column {name!r} is empty in {count:,} of {len(self._table):,} rows, which share nothing with any other"
            for name, count in counts.items()
            if count
        )

    def __call__(self, values: Mapping[str, Column]) -> dict[str, Tensor]:
        """Facts of rows whose cells are ``values``, by :attr:`Fact.key`.

        Raises:
            RowError: A cell does not hold what is wanted.
        """
        return {one.fact.key: self._read(one, values) for one in self.found}

    def _read(self, found: FactColumns, values: Mapping[str, Column]) -> Tensor:
        fact, columns = found.fact, found.columns
        cells = values[columns[0]]
        if fact.form is Form.NAME:
            return torch.from_numpy(_encoded(self._indices[columns[0]], cells))
        if fact.form is Form.NUMBERS:
            return torch.from_numpy(np.stack([number_column(name, timed(values[name])) for name in columns], axis=1))
        if fact.form is Form.VECTOR:
            return vectors(anchor_cells(values, columns, len(cells)), self._dims.get(fact.key))
        if fact.key not in self._places:
            return flags(columns[0], np.asarray(cells))
        places = self._places[fact.key]
        chosen = [
            [places[name] for name in names_in(place, columns[0], cell) if name in places]
            for place, cell in enumerate(cells)
        ]
        return numbered(chosen) if fact.form is Form.LINKS else marked(chosen, len(places))

    def _index(self, column: str) -> LabelIndex:
        if column not in self._indices:
            self._indices[column] = LabelIndex(self._table, column, None)
        return self._indices[column]

    def _names(self, column: str) -> dict[str, int]:
        every = sorted(self._mentioned(column))
        if not every or len(every) > MOST_NAMES:
            wanted = f"between 1 and {MOST_NAMES:,} different names in all its cells"
            raise InputError(f"{self._table.description}: column {column!r} must hold {wanted}, found {len(every):,}")
        return {name: place for place, name in enumerate(every)}

    def _linked(self, column: str, of: str) -> dict[str, int]:
        index = self._index(of)
        there = {name: number for number, name in enumerate(index.names)}
        if not self._mentioned(column) & there.keys():
            raise InputError(
                f"{self._table.description}: no name in column {column!r} stands in column {of!r}, so no row is linked"
            )
        return there

    def _mentioned(self, column: str) -> set[str]:
        found: set[str] = set()
        for start in range(0, len(self._table), _CHUNK):
            cells = self._table.take(np.arange(start, min(start + _CHUNK, len(self._table))), [column])[column]
            for place, cell in enumerate(cells):
                try:
                    found.update(names_in(place, column, cell))
                except RowError:
                    continue  # named when the row is used, and counted among the bad rows there
        return found


def _encoded(index: LabelIndex, cells: Column) -> np.ndarray:
    """Numbers of names, int64 `[n]`; of an empty cell ``MISSING``, which is equal to nothing."""
    there = [place for place, cell in enumerate(cells) if not is_missing(cell) and cell == cell]
    numbers = np.full(len(cells), MISSING, dtype=np.int64)
    try:
        numbers[there] = index.encode([cells[place] for place in there])
    except RowError as error:
        raise RowError(there[error.place], error.column, error.problem) from error
    return numbers
