"""One Parquet file with a row for every vector: its place, what it is the vector of, and its row in the user's file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from counterpoint.base.content import Kind
from counterpoint.base.errors import InputError
from counterpoint.base.files import atomic_path
from counterpoint.data import Table
from counterpoint.experiments.corpus import TableCorpus
from counterpoint.experiments.report import thumbnail
from counterpoint.retrieval import Store, search

X, Y, ROW, TEXT, IMAGE, NEIGHBOURS = "x", "y", "row", "text", "image", "neighbours"

_BLOCK = 5_000
_SIDE = 96
_NEAR = pa.struct({"ids": pa.list_(pa.int64()), "distances": pa.list_(pa.float32())})


def write_map(path: Path, corpus: TableCorpus, store: Store, points: np.ndarray, *, neighbours: int = 0) -> list[str]:
    """Write the file; its column names.

    Columns are ``x``, ``y`` and ``row``, then ``text`` or ``image`` (a small PNG), ``neighbours`` (row numbers and
    cosine distances), and every other column of the corpus: as numbers where all its values are, else as text. Of a
    column with a name that is taken, ``_`` follows the name.

    Args:
        path: Where to.
        corpus: What was embedded, N rows.
        store: Its vectors.
        points: Places `[N, 2]`.
        neighbours: Nearest vectors to find for each one, exactly: N^2 D multiplications. 0 for none.

    Raises:
        InputError: The corpus has another number of rows than the store, or ``neighbours`` is not in 0..N-1.
        StorageError: The file cannot be written.
    """
    if len(corpus) != len(store):
        raise InputError(f"{store.folder} holds {len(store)} vectors, but its corpus has {len(corpus)} rows by now")
    if not 0 <= neighbours < len(store):
        raise InputError(f"neighbours must be between 0 and {len(store) - 1}, got {neighbours}")
    further = _further(corpus)
    schema = _schema(corpus, further, neighbours)
    with atomic_path(path) as temporary, pq.ParquetWriter(temporary, schema) as writer:
        for rows in _blocks(len(corpus)):
            columns: dict[str, Any] = {X: points[rows, 0], Y: points[rows, 1], ROW: rows}
            columns |= _content(corpus, rows)
            if neighbours:
                columns[NEIGHBOURS] = _nearest(store, rows, neighbours)
            taken = corpus.table.take(rows, list(further))
            columns |= {_free(name): _cells(taken[name], further[name]) for name in further}
            writer.write_table(pa.table(columns, schema=schema))
    return schema.names


def _blocks(size: int) -> Iterator[np.ndarray]:
    for start in range(0, size, _BLOCK):
        yield np.arange(start, min(start + _BLOCK, size))


def _schema(corpus: TableCorpus, further: dict[str, pa.DataType], neighbours: int) -> pa.Schema:
    fields: dict[str, pa.DataType] = {X: pa.float64(), Y: pa.float64(), ROW: pa.int64()}
    if corpus.roles.kind is Kind.TEXT:
        fields[TEXT] = pa.string()
    elif corpus.roles.kind is Kind.IMAGE:
        fields[IMAGE] = pa.struct({"bytes": pa.binary()})
    if neighbours:
        fields[NEIGHBOURS] = _NEAR
    return pa.schema(fields | {_free(name): kind for name, kind in further.items()})


def _free(name: str) -> str:
    return f"{name}_" if name in {X, Y, ROW, TEXT, IMAGE, NEIGHBOURS} else name


def _content(corpus: TableCorpus, rows: np.ndarray) -> dict[str, Any]:
    if corpus.roles.kind is Kind.TEXT:
        return {TEXT: [str(one) for one in corpus.content(rows)]}
    if corpus.roles.kind is Kind.IMAGE:
        return {IMAGE: [{"bytes": thumbnail(np.asarray(one), _SIDE)} for one in corpus.content(rows)]}
    return {}


def _nearest(store: Store, rows: np.ndarray, count: int) -> list[dict[str, Any]]:
    hits = search(np.asarray(store.vectors[rows]), store, count + 1)
    found = []
    for row, near, scores in zip(rows, hits.rows, hits.scores, strict=True):
        # A vector is not its own neighbour; among equal ones another row may have come first.
        others = np.flatnonzero(near != row)[:count]
        found.append({"ids": near[others], "distances": 1 - scores[others]})
    return found


def _further(corpus: TableCorpus) -> dict[str, pa.DataType]:
    """The columns beside the embedded one that can be shown, and as what."""
    embedded = corpus.roles.anchor
    kinds = {name: _kind(corpus.table, name) for name in corpus.table.columns if name not in embedded}
    return {name: kind for name, kind in kinds.items() if kind is not None}


def _kind(table: Table, name: str) -> pa.DataType | None:
    """Numbers if every value is one; nothing for what has no line of text, such as pictures and vectors."""
    numbers = True
    for rows in _blocks(len(table)):
        values = table.take(rows, [name])[name]
        if isinstance(values, np.ndarray) and values.ndim > 1:
            return None
        for value in values:
            if isinstance(value, bytes | dict | list | tuple | np.ndarray):
                return None
            numbers = numbers and (_missing(value) or _number(value) is not None)
    return pa.float64() if numbers else pa.string()


def _cells(values: Any, kind: pa.DataType) -> list[Any]:
    shown = _number if kind == pa.float64() else str
    return [None if _missing(value) else shown(value) for value in values]


def _missing(value: Any) -> bool:
    return value is None or value == ""


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
