"""Queries with their positives, read by number from a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data import Table, infer_roles
from counterpoint.experiments.corpus import TableCorpus
from counterpoint.experiments.mining.lookup import rows_of_ids
from counterpoint.experiments.source import open_data


@dataclass(frozen=True, eq=False)
class Questions:
    """N pairs of a query and its positive; a query with several positives has a row for each.

    Attributes:
        table: Where they are.
        query: Column of the query.
        positive: Column of the positive's text; unused where ``positive_rows`` is given.
        corpus: What is mined from.
        positive_rows: int64 `[N]`, rows of the corpus, where positives are given by id.
    """

    table: Table
    query: str
    positive: str
    corpus: TableCorpus
    positive_rows: np.ndarray | None = None

    def __len__(self) -> int:
        """N."""
        return len(self.table)

    def queries(self, numbers: np.ndarray) -> list[str]:
        """Texts of queries."""
        return self._texts(numbers, self.query)

    def positives(self, numbers: np.ndarray) -> list[str]:
        """Texts of positives."""
        if self.positive_rows is None:
            return self._texts(numbers, self.positive)
        return texts_of(self.corpus, self.positive_rows[numbers])

    def groups(self) -> np.ndarray:
        """int64 `[N]`: the same number for pairs of the same query."""
        return np.unique(np.array(self.queries(np.arange(len(self)))), return_inverse=True)[1]

    def column(self, name: str) -> Sequence[Any]:
        """All values of another column."""
        return list(self.table.take(np.arange(len(self)), [name])[name])

    def _texts(self, numbers: np.ndarray, column: str) -> list[str]:
        values = self.table.take(numbers, [column])[column]
        for number, value in zip(numbers, values, strict=True):
            if not isinstance(value, str) or not value.strip():
                raise InputError(f"{self.table.where(int(number))}: {column!r} must be a text, found {value!r}")
        return [str(value) for value in values]


def open_questions(
    data: str, corpus: TableCorpus, *, columns: tuple[tuple[str, str], ...] = (), positive_id: str | None = None
) -> Questions:
    """Find the columns by name as training does, or as the user says.

    Args:
        data: File, folder or ``set:NAME``.
        corpus: What is mined from.
        columns: Pairs (role, column).
        positive_id: Column of the positive's id in the corpus, instead of its text.

    Raises:
        InputError: No query or positive, more than one positive column, or an id that the corpus does not have.
    """
    table, _, known = open_data(data)
    overrides = {**known, **dict(columns)}
    if positive_id is not None:
        if positive_id not in table.columns:
            raise InputError(f"--positive-id: {table.description} has no column {positive_id!r}: {list(table.columns)}")
        overrides["positive"] = ""
    roles = infer_roles(table, overrides)
    if len(roles.anchor) != 1 or (positive_id is None and len(roles.positives) != 1):
        raise InputError(
            f"{table.description} must have one query column and one positive column (rows repeat a query that has "
            f"several), found queries {list(roles.anchor)} and positives {list(roles.positives)}; "
            "name them with --column query=... --column positive=..., or give --positive-id"
        )
    if positive_id is None:
        return Questions(table, roles.anchor[0], roles.positives[0], corpus)
    wanted = [str(one) for one in table.take(np.arange(len(table)), [positive_id])[positive_id]]
    place = rows_of_ids(corpus, set(wanted), argument=f"--positive-id {positive_id}")
    rows = np.array([place[one] for one in wanted], dtype=np.int64)
    return Questions(table, roles.anchor[0], positive_id, corpus, rows)


def texts_of(corpus: TableCorpus, rows: np.ndarray) -> list[str]:
    """Texts of some rows of a corpus."""
    return [str(text) for text in corpus.content(rows)]
