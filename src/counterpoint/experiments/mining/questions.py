"""Queries with their positives, read by number from a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from counterpoint.base.content import Content
from counterpoint.base.errors import InputError
from counterpoint.data import MemoryTable, Table, infer_roles
from counterpoint.data.interactions import name_of
from counterpoint.data.overrides import overridden
from counterpoint.experiments.corpus import TableCorpus
from counterpoint.experiments.feature_cells import is_empty
from counterpoint.experiments.mining.column import Column
from counterpoint.experiments.mining.lookup import rows_of_ids
from counterpoint.experiments.source import open_data


@dataclass(frozen=True, eq=False)
class Questions:
    """N pairs of a query and its positive; a query with several positives has a row for each.

    Attributes:
        table: Where they are.
        query: The queries.
        positive: The positives, in the corpus itself where ``positive_rows`` is given.
        corpus: What is mined from.
        positive_rows: int64 `[N]`, rows of the corpus, where positives are given by id.
    """

    table: Table
    query: Column
    positive: Column
    corpus: Column
    positive_rows: np.ndarray | None = None

    def __len__(self) -> int:
        """N."""
        return len(self.table)

    def positive_at(self, numbers: np.ndarray) -> np.ndarray:
        """The rows of :attr:`positive` that belong to some pairs."""
        return numbers if self.positive_rows is None else self.positive_rows[numbers]

    def queries(self, numbers: np.ndarray) -> Content:
        """What the query side embeds."""
        return self.query.content(numbers)

    def positives(self, numbers: np.ndarray) -> Content:
        """What the other side embeds."""
        return self.positive.content(self.positive_at(numbers))

    def keys(self, numbers: np.ndarray) -> tuple[list[str], list[str]]:
        """What tells queries and positives apart."""
        return self.query.keys(numbers), self.positive.keys(self.positive_at(numbers))

    def groups(self) -> np.ndarray:
        """int64 `[N]`: the same number for pairs of the same query."""
        return np.unique(np.array(self.query.keys(np.arange(len(self)))), return_inverse=True)[1]

    def values(self, name: str) -> Sequence[Any]:
        """All values of another column."""
        return list(self.table.take(np.arange(len(self)), [name])[name])


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
        InputError: No query or positive, more than one positive column, an id that the corpus does not have, or
            positives that are not of the corpus's kind.
    """
    searched = Column(corpus.table, _only(corpus.roles.anchor, corpus.table), corpus.roles.kind, corpus.examples.image)
    table, _, known = open_data(data)
    overrides = overridden(known, dict(columns))
    if corpus.source.names:
        table = _named(table, {column for _, column in columns} & {*table.columns})
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
    image = corpus.examples.image
    query = Column(table, roles.anchor[0], roles.kind, image)
    if positive_id is None:
        kind = roles.other_kind or roles.kind
        if kind is not searched.kind:
            raise InputError(f"{corpus.table.description} holds {searched.kind}s, but the positives are {kind}s")
        return Questions(table, query, Column(table, roles.positives[0], kind, image), searched)
    wanted = [str(one) for one in table.take(np.arange(len(table)), [positive_id])[positive_id]]
    place = rows_of_ids(corpus, set(wanted), argument=f"--positive-id {positive_id}")
    rows = np.array([place[one] for one in wanted], dtype=np.int64)
    return Questions(table, query, searched, searched, rows)


def _named(table: Table, columns: set[str]) -> Table:
    """Cells of some columns as names, which a file may hold as numbers, as those of the corpus are."""
    held = table.take(np.arange(len(table)))
    names = {column: [None if is_empty(cell) else name_of(cell) for cell in held[column]] for column in columns}
    return MemoryTable({**held, **names}, description=table.description)


def _only(names: tuple[str, ...], table: Table) -> str:
    if len(names) != 1:
        raise InputError(f"{table.description} must hold what is mined in one column, found {list(names)}")
    return names[0]
