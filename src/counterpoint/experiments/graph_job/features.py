"""A file that describes nodes: their features and labels, in the order of the names of a graph."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.data import Table
from counterpoint.data.interactions import name_of
from counterpoint.data.kinds import is_missing
from counterpoint.data.names import LABELS, WEAK_LABELS, is_identifier, plain
from counterpoint.data.opening import open_table
from counterpoint.data.table import Column
from counterpoint.experiments.feature_columns import fitted_features
from counterpoint.experiments.named_rows import first_rows, in_order, taken

NODE = ("node", "node_id", "name", "id")
SHOWN = 5
_ANSWERS = {"1": 1, "true": 1, "yes": 1, "0": 0, "false": 0, "no": 0}


@dataclass(frozen=True, kw_only=True, eq=False)
class NodeFile:
    """What a file says of nodes.

    Attributes:
        names: Of its rows, each once.
        features: Sparse float32 `[N, F]`; F is 0 where the file has names and labels alone.
        labels: int64 `[N]`, -1 for none; None without a column of labels.
        classes: What the labels stand for.
        described: Which column was taken for what, and what was left out.
        odd: int64 `[N]`, 1 for an anomaly, 0 for none, -1 where nothing is said; None without a column of them.
    """

    names: list[str]
    features: sparse.csr_array
    labels: np.ndarray | None
    classes: list[str]
    described: str
    odd: np.ndarray | None = None


def read_nodes(table: Table, given: tuple[tuple[str, str], ...], *, unused: Collection[str] = ()) -> NodeFile:
    """Names by column ``node``, labels by column ``label``, and features from every other column.

    Vectors are taken as they are, numbers standardised, texts as TF-IDF of their most frequent words. What is missing
    is 0. Rows without a name, and rows that repeat one, are left out and counted.

    Args:
        table: One row a node.
        given: Role and column, for ``node`` and ``label``; found by name otherwise.
        unused: Columns that are neither features nor labels.

    Raises:
        InputError: No column of names, or a column that is neither numbers, vectors nor texts.
    """
    roles = dict(given)
    node = roles.get("node") or _found(table, NODE)
    if node is None:
        raise InputError(
            f"{table.description} has no column of nodes: say --column node=COLUMN; it has {table.columns}"
        )
    label = roles.get("label") or _found(table, (*LABELS, *WEAK_LABELS))
    label = None if label in unused else label
    held = table.take(np.arange(len(table)), table.columns)
    first = first_rows(held[node], is_missing)
    rows = np.array(list(first.values()), dtype=np.int64)
    left = len(table) - len(rows)
    used = [name for name in table.columns if name not in (node, label, *unused) and not is_identifier(name)]
    fitted, features = fitted_features(table.description, {name: taken(held[name], rows) for name in used}, len(rows))
    labels, classes = (None, []) if label is None else _labels(taken(held[label], rows))
    told = [f"{one.name} ({one.told})" for one in fitted]
    described = f"{table.description}: {len(rows):,} nodes by column {node!r}"
    described += f", features: {', '.join(told[:SHOWN])}" if told else ", no features"
    described += f" and {len(told) - SHOWN} more" if len(told) > SHOWN else ""
    described += f", labels: column {label!r} ({len(classes)} classes)." if label is not None else "."
    described += f" {left:,} rows without a name or of a name that was there were left out." if left else ""
    return NodeFile(
        names=list(first), features=features, labels=labels, classes=classes,
        described=described,
    )  # fmt: skip


def ordered(file: NodeFile, names: Sequence[str]) -> tuple[sparse.csr_array, np.ndarray | None, int]:
    """Features and labels in the order of these names, and how many of them the file does not know: those are zeros."""
    features, rows = in_order(file.features, file.names, names)
    there = rows >= 0
    labels = None if file.labels is None else np.where(there, file.labels[rows], -1)
    return features, labels, int((~there).sum())


def with_anomalies(file: NodeFile, table: Table, node: str, column: str) -> NodeFile:
    """The same with what a column says of anomalies.

    Args:
        file: Read from the table.
        table: One row a node.
        node: The column of names.
        column: 1 or 0, true or false, yes or no; what is missing is not known.

    Raises:
        InputError: A cell is none of these.
    """
    held = table.take(np.arange(len(table)), [node, column])
    said: dict[str, int] = {}
    for name, value in zip(held[node], held[column], strict=True):
        if not is_missing(name):
            said.setdefault(name_of(name), -1 if is_missing(value) else _ANSWERS.get(name_of(value).lower(), -2))
            if said[name_of(name)] == -2:
                raise InputError(
                    f"{table.description}, column {column!r}: 1 or 0, true or false, yes or no are expected, found "
                    f"{value!r}"
                )
    odd = np.array([said[name] for name in file.names], dtype=np.int64)
    told = f" Anomalies: column {column!r} ({int((odd == 1).sum()):,} of {int((odd >= 0).sum()):,})."
    return replace(file, odd=odd, described=file.described + told)


def found_column(table: Table, role: str, known: Sequence[str], given: tuple[tuple[str, str], ...]) -> str | None:
    """The column of a role: as given, or by what it is called; None where there is none."""
    return dict(given).get(role) or _found(table, known)


def node_column(data: str) -> str:
    """The column of nodes in a file, or its only column.

    Raises:
        InputError: There is none.
    """
    table = open_table(data)
    found = table.columns[0] if len(table.columns) == 1 else _found(table, NODE)
    if found is None:
        raise InputError(f"{table.description} has no column of nodes: name it with --column; columns: {table.columns}")
    return found


def _found(table: Table, known: Sequence[str]) -> str | None:
    for wanted in known:
        for column in table.columns:
            if plain(column) == wanted:
                return column
    return None


def _labels(column: Column) -> tuple[np.ndarray, list[str]]:
    """Numbers of classes, in the order of their names, and the names."""
    named = [None if is_missing(value) else name_of(value) for value in column]
    classes = sorted({name for name in named if name is not None})
    number = {name: place for place, name in enumerate(classes)}
    return np.array([-1 if name is None else number[name] for name in named], dtype=np.int64), classes
