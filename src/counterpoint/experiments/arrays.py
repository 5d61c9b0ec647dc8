"""An .npz whose arrays have lengths of their own, such as a graph: the names in it, and the arrays."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from counterpoint.base.errors import InputError


def array_names(path: Path) -> frozenset[str]:
    """What an .npz holds; no array is loaded.

    Raises:
        InputError: It is not an .npz.
    """
    with _archive(path) as archive:
        return frozenset(archive.files)


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Every array of an .npz; pickled objects are refused.

    Raises:
        InputError: It is not an .npz, or holds pickled objects.
    """
    with _archive(path) as archive:
        return {name: archive[name] for name in archive.files}


@contextmanager
def _archive(path: Path) -> Iterator[Any]:
    try:
        # The handle is ours: numpy leaves its own open when the zip is damaged.
        with open(path, "rb") as handle, np.load(handle, allow_pickle=False) as archive:
            yield archive
    except (ValueError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        # What numpy says goes no further: for any file it does not know it advises to load Python objects.
        raise InputError(
            f"{path} is not a readable .npz of plain arrays: it is damaged, of another format, or holds Python "
            "objects, which are never loaded"
        ) from error
