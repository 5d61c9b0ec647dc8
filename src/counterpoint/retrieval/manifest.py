"""The manifest of a folder of embeddings: whose they are, and which shards are finished."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from counterpoint.base.errors import CheckpointError, InputError, StorageError
from counterpoint.base.files import read_json, write_json
from counterpoint.base.spec import from_json, to_json

MANIFEST = "manifest.json"
VECTORS = "vectors.npy"
INDEX = "index.faiss"
INDEX_MANIFEST = "index.json"
_AGAIN = "choose another folder, or delete this one"


@dataclass(frozen=True, kw_only=True)
class Shard:
    """One finished file.

    Attributes:
        file: Its name in the folder.
        start: Its first row.
        stop: One past its last row.
        size: Bytes.
        dim: D of its embeddings.
        ids: Its rows have names.
        normalised: All its rows have length 1 (within 1e-3).
    """

    file: str
    start: int
    stop: int
    size: int
    dim: int
    ids: bool
    normalised: bool


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a folder of embeddings holds.

    Attributes:
        rows: N, finished or not.
        shard_rows: Rows of a shard; the last may have fewer.
        source: Fingerprint of the corpus.
        model: Fingerprint of the model, as the caller gave it.
        dim: D, None before the first shard is finished.
        normalised: All finished rows have length 1, None before the first shard is finished.
        shards: Finished shards, by row.
    """

    rows: int
    shard_rows: int
    source: str
    model: str
    dim: int | None = None
    normalised: bool | None = None
    shards: tuple[Shard, ...] = ()

    @property
    def complete(self) -> bool:
        """Every row is in a finished shard."""
        return self.rows_done == self.rows

    @property
    def rows_done(self) -> int:
        """Rows in finished shards."""
        return sum(shard.stop - shard.start for shard in self.shards)

    @property
    def shard_count(self) -> int:
        """Shards when complete."""
        return -(-self.rows // self.shard_rows)

    def missing(self) -> list[int]:
        """Numbers of the shards still to be made, ascending."""
        done = {shard.start // self.shard_rows for shard in self.shards}
        return [number for number in range(self.shard_count) if number not in done]

    def span(self, number: int) -> tuple[int, int]:
        """First row of shard ``number``, and one past its last."""
        start = number * self.shard_rows
        return start, min(start + self.shard_rows, self.rows)

    def with_shards(self, shards: tuple[Shard, ...]) -> "Manifest":
        """The same with these finished shards.

        Raises:
            InputError: They differ in D, or only some have names.
        """
        for shard in shards[1:]:
            _agree("D", shards[0], shards[0].dim, shard, shard.dim)
            _agree("names:", shards[0], shards[0].ids, shard, shard.ids)
        return dataclasses.replace(
            self,
            dim=shards[0].dim if shards else None,
            normalised=all(shard.normalised for shard in shards) if shards else None,
            shards=tuple(sorted(shards, key=lambda shard: shard.start)),
        )


def shard_name(number: int) -> str:
    """The file of shard ``number``."""
    return f"part-{number:05d}.parquet"


def begin(folder: Path, wanted: Manifest) -> Manifest:
    """The manifest of a new folder, or of one to be continued; it is on disk when this returns.

    Shards that are gone or of another size than they were written count as unfinished. What a killed process left
    half written is removed, hence one process at a time per folder.

    Raises:
        InputError: The folder belongs to another corpus, model or shape, or has shards but no manifest.
        CheckpointError: Its manifest is damaged.
        StorageError: The folder cannot be written.
    """
    path = folder / MANIFEST
    if path.exists():
        found = read_manifest(folder)
        _refuse_other(folder, found, wanted)
        whole = tuple(shard for shard in found.shards if is_whole(folder, shard))
        manifest = found.with_shards(whole)
    elif any(folder.glob("part-*.parquet")):
        raise InputError(f"{folder} holds part-*.parquet files but no {MANIFEST}, so nobody knows whose; {_AGAIN}")
    else:
        manifest = wanted
    _clear(folder, vectors_too=not manifest.complete)
    if not manifest.complete:
        write_manifest(folder, manifest)
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """The manifest in ``folder``.

    Raises:
        CheckpointError: It is missing or damaged.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise CheckpointError(f"{folder} is not a folder of embeddings: it has no {MANIFEST}")
    try:
        manifest = from_json(read_json(path))
    except InputError as error:
        raise CheckpointError(f"{path} is damaged ({error}); {_AGAIN} and embed again") from error
    if not isinstance(manifest, Manifest):
        raise CheckpointError(f"{path} is not a manifest of this version; {_AGAIN} and embed again")
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest, atomically."""
    write_json(folder / MANIFEST, to_json(manifest))


def is_whole(folder: Path, shard: Shard) -> bool:
    """Whether the file of a finished shard is there, in the size it was written."""
    path = folder / shard.file
    return path.exists() and path.stat().st_size == shard.size


def _clear(folder: Path, *, vectors_too: bool) -> None:
    """Make the folder, and remove from it what a killed process left half written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("part-*", MANIFEST, VECTORS, INDEX, INDEX_MANIFEST):
            for left in folder.glob(f".{name}.*.part"):
                left.unlink(missing_ok=True)
        if vectors_too:
            (folder / VECTORS).unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"cannot write into {folder}: {error.strerror or error}") from error


def _refuse_other(folder: Path, found: Manifest, wanted: Manifest) -> None:
    for name, meaning in (
        ("source", "another corpus: fingerprint"),
        ("model", "another model:"),
        ("rows", "another number of rows:"),
        ("shard_rows", "another shard size: shard_rows"),
    ):
        here, asked = getattr(found, name), getattr(wanted, name)
        if here != asked:
            raise InputError(f"{folder} holds embeddings of {meaning} {here!r} there, {asked!r} now; {_AGAIN}")


def _agree(what: str, first: Shard, one: object, second: Shard, other: object) -> None:
    if one != other:
        raise InputError(
            f"rows from {first.start} have {what} {one}, rows from {second.start} have {what} {other}; "
            "all rows must come from one model and one corpus"
        )
