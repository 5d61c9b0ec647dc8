"""Atomic folders: a folder of files appears whole under its name, or not at all."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from counterpoint.base.errors import StorageError


@contextlib.contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Give a hidden sibling folder to write files into, and rename it to ``path`` when the block ends well.

    Files and folder reach the disk before the rename (fsync). A folder already at ``path`` is replaced. After a crash
    at any moment ``path`` is absent or whole; at worst the hidden sibling is left, and the next attempt clears it.

    Raises:
        StorageError: Writing or renaming failed; nothing is at ``path`` that was not there before.
    """
    temporary = path.with_name(f".{path.name}.part")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        yield temporary
        for file in [*temporary.iterdir(), temporary]:
            _flush(file)
        if path.exists():
            remove_folder(path)
        os.replace(temporary, path)
        _flush(path.parent)
    except StorageError:
        raise
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def remove_folder(path: Path) -> None:
    """Remove a folder so that no moment shows half of it under its name: renamed first, then deleted.

    Raises:
        OSError: The rename failed.
    """
    doomed = path.with_name(f".{path.name}.old")
    shutil.rmtree(doomed, ignore_errors=True)
    os.replace(path, doomed)
    shutil.rmtree(doomed, ignore_errors=True)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
