"""Parquet files, read row group by row group through a small cache: memory does not grow with the file."""

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from counterpoint.base.errors import InputError
from counterpoint.data.table import Column, Table, scatter

CACHED_GROUPS = 8
"""Row groups kept: two windows of the block shuffle, since a batch may end one window and begin the next."""


class GroupCache:
    """The most recently used row groups, shared by the shards of one data set."""

    def __init__(self, groups: int = CACHED_GROUPS) -> None:
        """Keep at most ``groups`` (at least 1) decoded row groups."""
        self._groups = groups
        self._held: OrderedDict[tuple[Path, int, tuple[str, ...]], pa.Table] = OrderedDict()

    def get(self, key: tuple[Path, int, tuple[str, ...]], metadata: pq.FileMetaData) -> pa.Table:
        """The row group of that path, number and columns, read now if it is not held."""
        if key not in self._held:
            path, group, names = key
            # Room is made first: otherwise the peak is one group higher than promised.
            while len(self._held) >= self._groups:
                self._held.popitem(last=False)
            self._held[key] = _read_group(path, group, names, metadata)
        self._held.move_to_end(key)
        return self._held[key]

    @property
    def nbytes(self) -> int:
        """Bytes held now."""
        return sum(table.nbytes for table in self._held.values())

    def __getstate__(self) -> dict[str, Any]:
        """A copy for another process starts empty."""
        return {"_groups": self._groups, "_held": OrderedDict()}


class ParquetTable(Table):
    """One Parquet file. Numeric columns without missing values come as arrays, lists of numbers as `[n, D]` arrays.

    A row group is the unit of reading: at most ``CACHED_GROUPS`` of them are in memory, of the columns asked for.
    Files meant to be shuffled should therefore be written with row groups of some thousand rows.
    """

    def __init__(self, path: Path, *, cache: GroupCache | None = None) -> None:
        """Read the footer only.

        Raises:
            InputError: Not a Parquet file, truncated, or without rows.
        """
        self.path = path
        self.description = path.name
        self.folder = path.parent
        try:
            with pq.ParquetFile(path) as file:
                self._metadata = file.metadata
                self.columns = tuple(file.schema_arrow.names)
        except (pa.ArrowInvalid, OSError) as error:
            raise InputError(f"{path} is not a readable Parquet file: {error}") from error
        sizes = [self._metadata.row_group(group).num_rows for group in range(self._metadata.num_row_groups)]
        self._starts = np.cumsum([0, *sizes], dtype=np.int64)
        self._cache = cache or GroupCache()
        if not len(self):
            raise InputError(f"{path} has no rows")

    def __len__(self) -> int:
        """Number of rows."""
        return int(self._starts[-1])

    @property
    def blocks(self) -> np.ndarray:
        """The row groups."""
        return np.unique(self._starts)

    @property
    def cached_bytes(self) -> int:
        """Bytes of row groups in memory now."""
        return self._cache.nbytes

    def take(self, rows: np.ndarray | Sequence[int], columns: Sequence[str] | None = None) -> dict[str, Column]:
        """The values at ``rows``; each row group is read once for the call."""
        index, names = self.checked(rows, columns)
        owner = np.searchsorted(self._starts, index, side="right") - 1
        pieces: list[tuple[np.ndarray, dict[str, Column]]] = []
        for group in np.unique(owner).tolist():
            places = np.flatnonzero(owner == group)
            held = self._cache.get((self.path, group, tuple(names)), self._metadata)
            part = held.take(pa.array(index[places] - self._starts[group]))
            pieces.append((places, {name: _plain(part.column(name)) for name in names}))
        return {name: scatter([(places, values[name]) for places, values in pieces], len(index)) for name in names}

    def head(self, n: int, columns: Sequence[str] | None = None) -> dict[str, Column]:
        """The first rows, decoded without the rest of their row group and without a place in the cache."""
        _, names = self.checked([], columns)
        try:
            with pq.ParquetFile(self.path, metadata=self._metadata, pre_buffer=False) as file:
                batches = file.iter_batches(batch_size=n, columns=names, use_threads=False)
                found = pa.Table.from_batches([next(batches)]).select(names)
        except (pa.ArrowInvalid, OSError) as error:
            raise InputError(f"{self.path} cannot be read: {error}") from error
        return {name: _plain(found.column(name)) for name in names}


def _read_group(path: Path, group: int, names: tuple[str, ...], metadata: pq.FileMetaData) -> pa.Table:
    try:
        # One thread and no read-ahead: data loaders fork, and a forked thread pool would wait for ever.
        with pq.ParquetFile(path, metadata=metadata, pre_buffer=False) as file:
            return file.read_row_group(group, columns=list(names), use_threads=False)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path}, row group {group} cannot be read: {error}") from error


def _plain(column: pa.ChunkedArray) -> Column:
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], type=column.type)
    if array.null_count == 0 and _is_number(array.type):
        return array.to_numpy(zero_copy_only=False)
    if array.null_count == 0 and _is_list(array.type) and _is_number(array.type.value_type):
        flat = array.flatten()
        lengths = {len(cell) for cell in array} if not pa.types.is_fixed_size_list(array.type) else {1}
        if flat.null_count == 0 and len(lengths) == 1:
            return flat.to_numpy(zero_copy_only=False).reshape(len(array), -1)
    return array.to_pylist()


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind)


def _is_list(kind: pa.DataType) -> bool:
    return pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
