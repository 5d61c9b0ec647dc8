"""Fingerprints: a short text that is the same for the same bytes or values, and differs for others."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from counterpoint.base.errors import InputError


def fingerprint_path(path: Path | str) -> str:
    """The sha256 of a file, or of all files below a folder with their names (hidden files are left out).

    Good for a model folder and for a source file: any changed byte changes it.

    Raises:
        InputError: Nothing is there.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"no such file or folder: {path}")
    files = [path] if path.is_file() else sorted(file for file in path.rglob("[!.]*") if file.is_file())
    digest = hashlib.sha256()
    for file in files:
        with open(file, "rb") as handle:
            content = hashlib.file_digest(handle, "sha256").hexdigest()
        name = file.name if path.is_file() else file.relative_to(path).as_posix()
        digest.update(f"{name}\0{content}\n".encode())
    return digest.hexdigest()


def fingerprint_values(values: Sequence[Any]) -> str:
    """The sha256 of texts, numbers, bytes, arrays and lists or mappings of them, types included.

    Raises:
        InputError: A value of another type.
    """
    digest = hashlib.sha256()
    _feed(digest, values)
    return digest.hexdigest()


def _feed(digest: Any, value: Any) -> None:
    """Add one value; type and length go first, so that no two values read the same."""
    match value:
        case bytes():
            data = value
        case np.ndarray() if value.dtype != object:
            data = repr((value.dtype.str, value.shape)).encode() + np.ascontiguousarray(value).tobytes()
        case list() | tuple() | np.ndarray():
            digest.update(f"list {len(value)};".encode())
            for item in value:
                _feed(digest, item)
            return
        case Mapping():
            digest.update(b"mapping;")
            _feed(digest, [part for item in sorted(value.items()) for part in item])
            return
        case None | str() | bool() | int() | float() | np.generic():
            data = repr(value.item() if isinstance(value, np.generic) else value).encode()
        case _:
            raise InputError(f"cannot fingerprint a {type(value).__name__}; give a fingerprint of your own")
    digest.update(f"{type(value).__name__} {len(data)};".encode())
    digest.update(data)
