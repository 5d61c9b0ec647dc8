"""Checkpoints on disk: folders of safetensors and JSON with a checksum for each file, whole or absent.

``checkpoints/step-000123/`` holds ``state.json``, one ``<name>.safetensors`` for each group of tensors, and
``manifest.json`` with the size and SHA-256 of the others. What they mean is the business of ``state.py``.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from counterpoint.base.errors import CheckpointError, StorageError
from counterpoint.base.folders import atomic_folder, remove_folder

MANIFEST, STATE = "manifest.json", "state.json"
_NAME = re.compile(r"step-(\d+)")


@dataclass(frozen=True)
class Contents:
    """What a checkpoint holds.

    Attributes:
        values: JSON values.
        tensors: Group name to named tensors, none of which share memory.
    """

    values: dict[str, Any]
    tensors: dict[str, dict[str, Tensor]]


def write_checkpoint(root: Path, step: int, contents: Contents) -> Path:
    """Write the checkpoint of ``step`` below ``root``, atomically.

    Raises:
        StorageError: Disk full or folder not writable; earlier checkpoints are whole.
    """
    folder = root / f"step-{step:06d}"
    with atomic_folder(folder) as temporary:
        (temporary / STATE).write_text(json.dumps(contents.values, indent=1) + "\n", encoding="utf-8")
        for name, tensors in contents.tensors.items():
            _write_tensors(tensors, temporary / f"{name}.safetensors", folder)
        manifest = {file.name: _describe(file) for file in sorted(temporary.iterdir())}
        (temporary / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return folder


def read_checkpoint(folder: Path) -> Contents:
    """Read a checkpoint after comparing every file with its checksum.

    Raises:
        CheckpointError: A file is missing, cut short or changed; the message names it.
    """
    manifest = _read_json(folder / MANIFEST)
    for name, expected in manifest.items():
        _verify(folder / name, expected)
    groups = [name.removesuffix(".safetensors") for name in manifest if name.endswith(".safetensors")]
    tensors = {group: _read_tensors(folder / f"{group}.safetensors") for group in groups}
    return Contents(values=_read_json(folder / STATE), tensors=tensors)


def list_checkpoints(root: Path) -> list[Path]:
    """Checkpoint folders below ``root``, oldest first; an absent ``root`` has none."""
    if not root.is_dir():
        return []
    found = [(int(match[1]), path) for path in root.iterdir() if (match := _NAME.fullmatch(path.name))]
    return [path for _, path in sorted(found)]


def newest_checkpoint(root: Path) -> tuple[Path, Contents] | None:
    """The newest checkpoint, or None when there is none.

    Raises:
        CheckpointError: It is damaged; the message says what can be done.
    """
    folders = list_checkpoints(root)
    if not folders:
        return None
    try:
        return folders[-1], read_checkpoint(folders[-1])
    except CheckpointError as error:
        raise CheckpointError(f"{error}; {_remedy(folders[:-1])}") from error


def set_damaged_aside(root: Path) -> list[Path]:
    """Rename damaged checkpoints newer than the newest whole one to ``damaged-step-...``; their new names.

    Raises:
        CheckpointError: None is whole.
    """
    damaged: list[Path] = []
    for folder in reversed(list_checkpoints(root)):
        try:
            read_checkpoint(folder)
        except CheckpointError:
            damaged.append(folder)
            continue
        return [each.rename(each.with_name(f"damaged-{each.name}")) for each in damaged]
    if damaged:
        raise CheckpointError(f"no checkpoint in {root} is whole: start again in a new folder")
    return []


def prune_checkpoints(root: Path, keep: int) -> None:
    """Delete all but the ``keep`` newest.

    Raises:
        StorageError: One could not be deleted.
    """
    for folder in list_checkpoints(root)[:-keep]:
        try:
            remove_folder(folder)
        except OSError as error:
            raise StorageError(f"cannot delete the old checkpoint {folder}: {error.strerror or error}") from error


def _remedy(earlier: list[Path]) -> str:
    if not earlier:
        return "there is no earlier checkpoint: start again in a new folder"
    return f"to continue from {earlier[-1].name} instead, fall back (--fall-back, or fall_back=True)"


def _write_tensors(tensors: dict[str, Tensor], path: Path, folder: Path) -> None:
    try:
        # Channels-last weights have channels-last averages, and safetensors writes plain layouts only.
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
    except SafetensorError as error:  # the library reports a full disk with its own class, not as OSError
        raise StorageError(f"cannot write {folder / path.name}: {error}") from error


def _read_tensors(path: Path) -> dict[str, Tensor]:
    try:
        # Copies: what safetensors returns is a window on the file, not aligned as freshly allocated memory is.
        return {name: tensor.clone() for name, tensor in load_file(path).items()}
    except SafetensorError as error:
        raise CheckpointError(f"{path} is damaged: {error}") from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointError(f"{path} is missing from the checkpoint") from error
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} is damaged: {error}") from error
    if not isinstance(value, dict):
        raise CheckpointError(f"{path} is damaged: it should hold an object")
    return value


def _describe(file: Path) -> dict[str, Any]:
    with open(file, "rb") as handle:
        return {"bytes": file.stat().st_size, "sha256": hashlib.file_digest(handle, "sha256").hexdigest()}


def _verify(file: Path, expected: dict[str, Any]) -> None:
    if not file.is_file():
        raise CheckpointError(f"{file} is missing from the checkpoint")
    found = _describe(file)
    if found["bytes"] != expected["bytes"]:
        raise CheckpointError(f"{file} is damaged: {found['bytes']} bytes instead of {expected['bytes']}")
    if found != expected:
        raise CheckpointError(f"{file} is damaged: its checksum is not the one written with it")
