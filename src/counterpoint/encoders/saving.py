"""An encoder's folder: weights, the files it reads back, and ``encoder.json``, written last, that names them all."""

import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import safetensors.torch

from counterpoint.base.errors import StorageError
from counterpoint.base.files import atomic_path, write_json
from counterpoint.base.spec import to_json

if TYPE_CHECKING:
    from counterpoint.encoders.contract import Encoder

FORMAT = 1
DESCRIPTION = "encoder.json"
WEIGHTS = "model.safetensors"


def write_encoder(encoder: "Encoder", folder: Path) -> None:
    """Write weights and files, then the description with a digest of each, so that a torn folder shows itself.

    Raises:
        StorageError: Writing failed.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"cannot write into {folder}: {error.strerror}") from error
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in encoder.state_dict().items()}
    with tempfile.TemporaryDirectory(prefix=".saving-", dir=folder) as staging:
        safetensors.torch.save_file(weights, Path(staging) / WEIGHTS)
        encoder.write_files(Path(staging))
        names = sorted(path.relative_to(staging).as_posix() for path in Path(staging).rglob("*") if path.is_file())
        for name in names:
            copy_atomically(Path(staging) / name, folder / name)
    description = {
        "format": FORMAT,
        "spec": to_json(encoder.spec),
        "fitted": encoder.fitted(),
        "files": {name: digest(folder / name) for name in names},
    }
    write_json(folder / DESCRIPTION, description)


def copy_atomically(source: Path, target: Path) -> None:
    """Put a copy of ``source`` at ``target``, whole or not at all."""
    with atomic_path(target) as temporary:
        shutil.copyfile(source, temporary)


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
