"""CIFAR-10."""

import tarfile
from pathlib import Path

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.downloading import Source
from counterpoint.data.opening import open_table
from counterpoint.data.sets.place import Access, fetched, placed
from counterpoint.data.sets.types import NamedSet
from counterpoint.data.table import Concatenated, MemoryTable, Table

_SHARDS = 5
_ROW = 1 + 3 * 32 * 32
_SOURCE = Source(
    url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    size=170_052_171,
)
_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def cifar10(*, shards: int = _SHARDS, access: Access | None = None) -> NamedSet:
    """Colour images of 32x32 pixels, 10 classes, official split: 50,000 to train, 10,000 to test.

    In ``COUNTERPOINT_DATA/cifar10`` the images are JPEG (quality 75) and the training rows were shuffled before they
    were cut into shards, so each shard is an unbiased sample. Downloaded, they are the exact pixels of the authors'
    binary release, in the authors' (random) order.

    Args:
        shards: Training shards of 10,000 images to use, 1 to 5.
        access: Whether it may be downloaded (170 MB).

    Raises:
        InputError: ``shards`` out of range, or the set is not on this machine.
    """
    if not 1 <= shards <= _SHARDS:
        raise InputError(f"cifar10: shards must be 1 to {_SHARDS}, not {shards}")
    files = [f"train-{shard}.parquet" for shard in range(_SHARDS)]
    folder = placed("cifar10", [*files, "test.parquet"])
    if folder is not None:
        notes = ("images are lossy JPEG (quality 75); accuracies may be a little lower than on the original",)
        train: list[Table] = [open_table(folder / name) for name in files[:shards]]
        test = open_table(folder / "test.parquet")
    else:
        notes = ()
        archive = fetched("cifar10", [_SOURCE], access or Access()) / _SOURCE.file
        names = [f"data_batch_{shard + 1}.bin" for shard in range(shards)]
        *train, test = read_binary(archive, [*names, "test_batch.bin"])
    return NamedSet(
        name="cifar10",
        train=Concatenated(train, description="cifar10 train"),
        test=test,
        overrides={"image": "jpg"} if folder is not None else {},
        citation="Krizhevsky (2009). Learning Multiple Layers of Features from Tiny Images",
        licence="none stated; customary free use with citation",
        notes=notes,
        class_names=_CLASSES,
    )


def read_binary(archive: Path, names: list[str]) -> list[Table]:
    """Batches of the binary release: each row is a label byte, then 32x32 red, green and blue pixels.

    Raises:
        InputError: A batch is missing in the archive or has a broken last row.
    """
    tables: list[Table] = []
    with tarfile.open(archive, "r:gz") as tar:
        for name in names:
            try:
                member = tar.extractfile(f"cifar-10-batches-bin/{name}")
            except KeyError as error:
                raise InputError(f"{archive} holds no {name}") from error
            data = b"" if member is None else member.read()
            if not data or len(data) % _ROW:
                raise InputError(f"{archive}: {name} is not made of rows of {_ROW} bytes")
            rows = np.frombuffer(data, dtype=np.uint8).reshape(-1, _ROW)
            images = np.ascontiguousarray(rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
            columns = {"image": images, "label": rows[:, 0].astype(np.int64)}
            tables.append(MemoryTable(columns, description=f"cifar10 {name}"))
    return tables
