"""From a path or a Python object to a table."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from counterpoint.base.errors import InputError
from counterpoint.data.arrays import array_table, content_name, open_npy, open_npz
from counterpoint.data.delimited import DelimitedTable
from counterpoint.data.folders import open_image_folder
from counterpoint.data.jsonl import JsonLinesTable
from counterpoint.data.parquet import GroupCache, ParquetTable
from counterpoint.data.table import Column, Concatenated, MemoryTable, Table

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".npz", ".npy")
"""The files that can be opened, besides folders of images and of shards."""


def open_table(path: str | Path) -> Table:
    """Open a file (CSV, TSV, JSONL, Parquet, .npz, .npy), a folder of shards of one of these, or of images.

    CSV, TSV, JSONL, Parquet and .npy are read on demand and may be larger than memory. Shards are taken in the order
    of their names.

    Raises:
        InputError: The path does not exist, is of another format, or is damaged; the message names what is wrong.
    """
    path = Path(path)
    if path.is_dir():
        return _open_folder(path)
    if not path.exists():
        raise InputError(f"no such file or folder: {path}")
    return _open_file(path, GroupCache())


def _open_folder(path: Path) -> Table:
    shards = sorted(file for file in path.iterdir() if file.is_file() and file.suffix.lower() in SUFFIXES)
    if not shards:
        return open_image_folder(path)
    kinds = sorted({file.suffix.lower() for file in shards})
    if len(kinds) > 1:
        raise InputError(f"{path} mixes files of several formats ({', '.join(kinds)}); name one file or keep one kind")
    cache = GroupCache()
    return Concatenated([_open_file(file, cache) for file in shards], description=path.name)


def _open_file(path: Path, cache: GroupCache) -> Table:
    match path.suffix.lower():
        case ".csv" | ".tsv" | ".tab":
            return DelimitedTable(path)
        case ".jsonl" | ".ndjson":
            return JsonLinesTable(path)
        case ".parquet":
            return ParquetTable(path, cache=cache)
        case ".npz":
            return open_npz(path)
        case ".npy":
            return open_npy(path)
        case suffix:
            raise InputError(f"{path}: cannot read {suffix or 'a file without suffix'!r}; known: {', '.join(SUFFIXES)}")


def table_from(data: Any, *, description: str = "the given data", folder: Path | None = None) -> Table:
    """A table in memory from Python data.

    Args:
        data: A table (returned as it is), a dict of columns, an iterable of dicts, an array or tensor (vectors
            `[N, D]` become column ``vector``, images `[N, H, W(, C)]` column ``image``), or any data frame that
            speaks the Arrow protocol.
        description: What messages call it.
        folder: Where relative image paths start.

    Raises:
        InputError: None of these, no rows, or columns of different lengths.
    """
    if isinstance(data, Table):
        return data
    if isinstance(data, (np.ndarray, torch.Tensor)):
        array = _numpy(data)
        if array.ndim not in (2, 3, 4):
            raise InputError(f"{description}: an array of 2, 3 or 4 axes is expected, found shape {array.shape}")
        return array_table({content_name(array): array}, description=description, folder=folder)
    if isinstance(data, Mapping):
        columns = {str(name): _column(values) for name, values in data.items()}
    elif hasattr(data, "__arrow_c_stream__"):
        columns = pa.table(data).to_pydict()
    elif isinstance(data, Iterable) and not isinstance(data, (str, bytes)):
        columns = _from_rows(list(data), description)
    else:
        raise InputError(f"{description}: a dict of columns or an iterable of dicts is expected, not {type(data)}")
    table = MemoryTable(columns, description=description, folder=folder)
    if not len(table):
        raise InputError(f"{description} has no rows")
    return table


def _column(values: Any) -> Column:
    if isinstance(values, (np.ndarray, torch.Tensor)):
        array = _numpy(values)
        return array.tolist() if array.dtype.kind in "USO" else array
    return list(values)


def _numpy(values: np.ndarray | torch.Tensor) -> np.ndarray:
    return values.detach().cpu().numpy() if isinstance(values, torch.Tensor) else values


def _from_rows(rows: list[Any], description: str) -> dict[str, Column]:
    if not rows:
        raise InputError(f"{description} has no rows")
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise InputError(f"{description}, row {number}: a dict is expected, found {type(row).__name__}")
    names = dict.fromkeys(str(name) for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}
