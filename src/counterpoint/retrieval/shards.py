"""Shards of embeddings: Parquet files of consecutive rows, each whole or absent, and the manifest they belong to."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from counterpoint.base.errors import CheckpointError, InputError
from counterpoint.base.files import atomic_path, read_json, write_json

MANIFEST = "manifest.json"
FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a folder of shards holds once all of them are there.

    Attributes:
        rows: Rows of the corpus.
        shard_rows: Rows of every shard but the last.
        source: Fingerprint of the corpus.
        model: Fingerprint of the encoder.
        format: Version of this layout.
    """

    rows: int
    shard_rows: int
    source: str
    model: str
    format: int = FORMAT

    def __post_init__(self) -> None:
        """Refuse an empty corpus and empty shards."""
        if self.rows < 1:
            raise InputError("the corpus has no rows: there is nothing to embed")
        if self.shard_rows < 1:
            raise InputError(f"shard_rows must be at least 1, got {self.shard_rows}")

    @property
    def shards(self) -> range:
        """Numbers of the shards."""
        return range(-(-self.rows // self.shard_rows))

    def rows_of(self, shard: int) -> np.ndarray:
        """Row numbers int64 of one shard."""
        return np.arange(shard * self.shard_rows, min((shard + 1) * self.shard_rows, self.rows))


def shard_path(folder: Path, shard: int) -> Path:
    """Where a shard lies."""
    return folder / f"part-{shard:05d}.parquet"


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder.

    Raises:
        CheckpointError: There is none, or it is not one of ours.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise CheckpointError(f"{folder} holds no embeddings: {MANIFEST} is missing")
    try:
        return Manifest(**read_json(path))
    except (TypeError, InputError) as error:
        raise CheckpointError(f"{path} is not a manifest of this version: {error}") from error


def claim_folder(folder: Path, manifest: Manifest) -> None:
    """Begin or continue in ``folder``.

    Raises:
        InputError: The folder holds other embeddings; the message names what differs.
    """
    if not (folder / MANIFEST).is_file():
        write_json(folder / MANIFEST, asdict(manifest))
        return
    there = asdict(read_manifest(folder))
    different = [
        f"{name}: {there[name]!r}, now {value!r}" for name, value in asdict(manifest).items() if there[name] != value
    ]
    if different:
        raise InputError(f"{folder} holds other embeddings ({'; '.join(different)}): choose another folder")


def missing_shards(folder: Path, manifest: Manifest) -> list[int]:
    """Shards that are not written yet."""
    return [shard for shard in manifest.shards if not shard_path(folder, shard).is_file()]


def write_shard(folder: Path, shard: int, rows: np.ndarray, vectors: np.ndarray, ids: list[str] | None) -> None:
    """Write one shard, whole or not at all.

    Args:
        folder: Where.
        shard: Its number.
        rows: int64 `[n]`.
        vectors: float32 `[n, D]`.
        ids: The user's names of the rows.

    Raises:
        InputError: Vectors that are not finite `[n, D]`.
        StorageError: Writing failed; the other shards are whole.
    """
    if vectors.ndim != 2 or len(vectors) != len(rows):
        raise InputError(f"the encoder gave shape {vectors.shape} for {len(rows)} rows, expected [{len(rows)}, D]")
    broken = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if broken.size:
        raise InputError(f"the embedding of row {rows[broken[0]]} holds NaN or infinity")
    flat = pa.array(np.ascontiguousarray(vectors, dtype=np.float32).reshape(-1))
    columns = {"row": pa.array(rows), "embedding": pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])}
    if ids is not None:
        columns["id"] = pa.array(ids, type=pa.string())
    with atomic_path(shard_path(folder, shard)) as temporary:
        pq.write_table(pa.table(columns), temporary)


def read_shard(folder: Path, shard: int, rows: np.ndarray) -> tuple[np.ndarray, list[str] | None]:
    """Vectors float32 `[n, D]` and ids of one shard.

    Raises:
        CheckpointError: The file is missing, corrupt, or of other rows.
    """
    path = shard_path(folder, shard)
    if not path.is_file():
        raise CheckpointError(f"{path} is missing: run the embedding again, it goes on where it stopped")
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise CheckpointError(f"{path} is corrupt ({error}): delete it and run the embedding again") from error
    if table.num_rows != len(rows) or not np.array_equal(table["row"].to_numpy(), rows):
        raise CheckpointError(
            f"{path} does not hold rows {rows[0]} to {rows[-1]}: delete it and run the embedding again"
        )
    vectors = table["embedding"].combine_chunks()
    ids = table["id"].to_pylist() if "id" in table.column_names else None
    return np.asarray(vectors.flatten()).reshape(len(rows), -1), ids
