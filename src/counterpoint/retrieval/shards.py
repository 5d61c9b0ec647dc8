"""One shard of embeddings: consecutive rows, encoded in batches, in one Parquet file that is whole or absent."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from counterpoint.base.errors import CheckpointError, InputError
from counterpoint.base.files import atomic_path
from counterpoint.retrieval.checks import finite, float32, matrix
from counterpoint.retrieval.corpus import Corpus, Encode
from counterpoint.retrieval.manifest import Manifest, Shard, shard_name

_UNIT = 1e-3
_READ_ROWS = 4096


def write_shard(
    corpus: Corpus,
    encode: Encode,
    folder: Path,
    *,
    manifest: Manifest,
    number: int,
    batch_size: int,
    tell: Callable[[int], None],
) -> Shard:
    """Encode the rows of one shard and write its file.

    The bytes depend only on the rows, the encoder and ``batch_size``: neither on what was done before nor on which
    process does it.

    Args:
        corpus: Where content and names come from.
        encode: The model.
        folder: Where the file goes.
        manifest: Gives the rows of each shard.
        number: Which shard.
        batch_size: Rows encoded at once.
        tell: Called after every batch with its number of rows.

    Raises:
        InputError: The encoder returned another shape, NaN or infinity, or names are missing.
        StorageError: The file cannot be written.
    """
    start, stop = manifest.span(number)
    vectors_nD = _encoded(corpus, encode, range(start, stop), batch_size, tell)
    rows = np.arange(start, stop)
    names = corpus.ids(rows)
    path = folder / shard_name(number)
    with atomic_path(path) as temporary:
        pq.write_table(
            _table(rows, names, vectors_nD),
            temporary,
            compression="NONE",  # the low bits of embeddings are noise, which does not shrink
            use_dictionary=False,
            write_statistics=False,
            write_page_checksum=True,
        )
    return Shard(
        file=path.name,
        start=start,
        stop=stop,
        size=path.stat().st_size,
        dim=vectors_nD.shape[1],
        ids=names is not None,
        normalised=bool(np.all(np.abs(np.linalg.norm(vectors_nD, axis=1) - 1) < _UNIT)),
    )


def read_vectors(folder: Path, shard: Shard) -> Iterator[np.ndarray]:
    """The embeddings of a shard in pieces float32 `[n, D]`, in row order; checksums are verified.

    Raises:
        CheckpointError: The file is missing, damaged, or not the one that was written.
    """
    for column in _pieces(folder, shard, "embedding"):
        if not pa.types.is_fixed_size_list(column.type) or column.type.list_size != shard.dim:
            raise _not_the_shard(folder, shard, f"embeddings of type {column.type}")
        yield column.flatten().to_numpy(zero_copy_only=False).reshape(-1, shard.dim)


def read_ids(folder: Path, shard: Shard) -> list[str]:
    """The names of a shard's rows.

    Raises:
        CheckpointError: The file is missing, damaged, or not the one that was written.
    """
    return [name for column in _pieces(folder, shard, "id") for name in column.to_pylist()]


def _pieces(folder: Path, shard: Shard, name: str) -> Iterator[pa.Array]:
    """One column in pieces, and a check that the rows beside it are those of the shard."""
    path = folder / shard.file
    row = shard.start
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            for batch in file.iter_batches(batch_size=_READ_ROWS, columns=["row", name]):
                if not np.array_equal(batch["row"].to_numpy(), np.arange(row, row + len(batch))):
                    raise _not_the_shard(folder, shard, "other rows")
                row += len(batch)
                yield batch[name]
    except FileNotFoundError as error:
        raise CheckpointError(f"{path} is missing; run the same embedding again to remake it") from error
    except (pa.ArrowException, OSError, KeyError) as error:
        raise CheckpointError(
            f"{path} is damaged ({error}); delete it and run the same embedding again, "
            f"which remakes rows {shard.start} to {shard.stop - 1} only"
        ) from error
    if row != shard.stop:
        raise _not_the_shard(folder, shard, f"{row - shard.start} rows")


def _encoded(corpus: Corpus, encode: Encode, rows: range, batch_size: int, tell: Callable[[int], None]) -> np.ndarray:
    """Embeddings of ``rows``, `[n, D]`."""
    batches: list[np.ndarray] = []
    for first in range(rows.start, rows.stop, batch_size):
        batches.append(_batch(corpus, encode, np.arange(first, min(first + batch_size, rows.stop))))
        if batches[-1].shape[1] != batches[0].shape[1]:
            raise InputError(
                f"the encoder gave D = {batches[0].shape[1]} for row {rows.start} and "
                f"D = {batches[-1].shape[1]} for row {first}"
            )
        tell(len(batches[-1]))
    return np.concatenate(batches)


def _batch(corpus: Corpus, encode: Encode, rows: np.ndarray) -> np.ndarray:
    """Checked embeddings of a few rows."""
    content = corpus.content(rows)
    span = f"rows {rows[0]} to {rows[-1]}"
    if len(content) != len(rows):
        raise InputError(f"the corpus gave {len(content)} examples for the {len(rows)} of {span}; none may be left out")
    vectors = matrix(f"what the encoder gives for {span}", encode(content))
    if len(vectors) != len(rows):
        raise InputError(f"the encoder gave {len(vectors)} embeddings for the {len(rows)} examples of {span}")
    vectors = float32(vectors)
    finite("the embedding of", vectors, first_row=int(rows[0]))
    return vectors


def _table(rows: np.ndarray, names: list[str] | None, vectors_nD: np.ndarray) -> pa.Table:
    columns: dict[str, pa.Array] = {"row": pa.array(rows, pa.int64())}
    if names is not None:
        if len(names) != len(rows):
            raise InputError(f"the corpus gave {len(names)} ids for the {len(rows)} rows from {rows[0]} on")
        columns["id"] = pa.array(names, pa.string())
    item = pa.field("item", pa.float32(), nullable=False)
    kind = pa.list_(item, vectors_nD.shape[1])
    columns["embedding"] = pa.FixedSizeListArray.from_arrays(pa.array(vectors_nD.reshape(-1)), type=kind)
    schema = pa.schema([pa.field(name, column.type, nullable=False) for name, column in columns.items()])
    return pa.table(columns, schema=schema)


def _not_the_shard(folder: Path, shard: Shard, found: str) -> CheckpointError:
    return CheckpointError(
        f"{folder / shard.file} holds {found}, not rows {shard.start} to {shard.stop - 1} of D = {shard.dim}; "
        "delete it and run the same embedding again"
    )
