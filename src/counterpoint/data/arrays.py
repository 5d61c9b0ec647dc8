"""Numpy files: .npz of arrays with one row each, and .npy of vectors or images."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.table import Column, MemoryTable, Table


def open_npz(path: Path) -> Table:
    """The arrays of an .npz file as columns; they are loaded into memory. Pickled objects are refused.

    Raises:
        InputError: Not an .npz, pickled objects inside, or arrays of different lengths.
    """
    try:
        # The handle is ours: numpy leaves its own open when the zip is damaged.
        with open(path, "rb") as handle, np.load(handle, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (ValueError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} is not a readable .npz of plain arrays: {_reason(error)}") from error
    if not arrays:
        raise InputError(f"{path} holds no arrays")
    lengths = {name: array.shape[0] if array.ndim else "a single value" for name, array in arrays.items()}
    if len(set(lengths.values())) > 1 or any(array.ndim == 0 for array in arrays.values()):
        raise InputError(f"{path.name}: every array needs one entry per row, but their lengths are {lengths}")
    return array_table(arrays, description=path.name, folder=path.parent)


def open_npy(path: Path) -> Table:
    """Vectors `[N, D]` as column ``vector``, or images `[N, H, W(, C)]` as column ``image``; mapped, not loaded.

    Raises:
        InputError: Not a .npy, pickled objects, or another number of axes.
    """
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"{path} is not a readable .npy of plain numbers: {_reason(error)}") from error
    if not isinstance(array, np.ndarray) or array.ndim not in (2, 3, 4):
        shape = getattr(array, "shape", "unknown")
        raise InputError(f"{path.name}: vectors [N, D] or images [N, H, W(, C)] are expected, found shape {shape}")
    return array_table({content_name(array): array}, description=path.name, folder=path.parent)


def _reason(error: Exception) -> str:
    """What numpy says, but for its advice to load Python objects, which it also gives for any file it does not know."""
    said = str(error)
    if any(word in said for word in ("pickle", "Python objects", "Object arrays")):
        return "it is of another format, or holds Python objects, which are never loaded"
    return said


def content_name(array: np.ndarray) -> str:
    """``vector`` for two axes, ``image`` for three or four."""
    return "vector" if array.ndim == 2 else "image"


def array_table(arrays: Mapping[str, np.ndarray], *, description: str, folder: Path | None) -> Table:
    """A table of arrays; strings come as Python strings.

    Raises:
        InputError: No rows.
    """
    columns: dict[str, Column] = {
        name: array.tolist() if array.dtype.kind in "US" else array for name, array in arrays.items()
    }
    table = MemoryTable(columns, description=description, folder=folder)
    if not len(table):
        raise InputError(f"{description} has no rows")
    return table
