"""A corpus becomes a folder of embeddings, shard by shard; killed and run again it goes on where it stopped."""

from collections.abc import Callable
from pathlib import Path

from counterpoint.retrieval.checks import at_least
from counterpoint.retrieval.corpus import Corpus, Encode
from counterpoint.retrieval.manifest import Manifest, begin, write_manifest
from counterpoint.retrieval.shards import write_shard
from counterpoint.retrieval.store import Store

SHARD_ROWS = 16_384
BATCH_SIZE = 512

Progress = Callable[[int, int], None]
"""Told the rows done, those of earlier runs included, and the rows in all."""


def unheard(done: int, total: int) -> None:
    """Progress that nobody follows."""


def embed(
    corpus: Corpus,
    encode: Encode,
    folder: Path | str,
    *,
    model: str,
    shard_rows: int = SHARD_ROWS,
    batch_size: int = BATCH_SIZE,
    progress: Progress = unheard,
) -> Store:
    """Embed every row of ``corpus`` in order into Parquet shards in ``folder``, or finish what was begun there.

    Files: ``part-00000.parquet`` and so on, with columns row (int64), id (if rows have names) and embedding
    (fixed-size list of D float32), and ``manifest.json``, replaced after each shard. Finished shards are kept: running
    again after a kill repeats at most one, and running again after the end encodes nothing. The files are the same,
    byte for byte, as those of an unbroken run, as far as the encoder gives the same numbers for the same batch.

    Args:
        corpus: What to embed, such as :class:`TableColumn`.
        encode: How. Whether rows are normalised is its business; it is measured and noted in the manifest.
        folder: Where; made if it does not exist. One process at a time may write to it.
        model: Fingerprint of the encoder's weights, such as ``fingerprint_path(run / "model")``, so that a folder
            never mixes two models.
        shard_rows: Rows of a shard: what a kill can lose, and what is held in memory as floats.
        batch_size: Rows read and encoded at once.
        progress: Told at the start, where ``done == total`` says that there was nothing to do, and after every batch.

    Raises:
        InputError: No rows, or the folder holds other embeddings, or the encoder gives something else than finite
            `[n, D]` (the row is named).
        StorageError: Writing failed; finished shards are whole and kept.
    """
    folder = Path(folder)
    at_least("batch_size", batch_size, 1)
    manifest = begin(folder, new_manifest(corpus, model=model, shard_rows=shard_rows))
    count = Count(manifest, progress)
    for number in manifest.missing():
        shard = write_shard(corpus, encode, folder, manifest=manifest, number=number, batch_size=batch_size, tell=count)
        manifest = manifest.with_shards((*manifest.shards, shard))
        write_manifest(folder, manifest)
    return Store(folder)


def new_manifest(corpus: Corpus, *, model: str, shard_rows: int) -> Manifest:
    """The manifest of a folder in which nothing is done yet.

    Raises:
        InputError: No rows, or ``shard_rows`` below 1.
    """
    at_least("the number of rows to embed", len(corpus), 1)
    at_least("shard_rows", shard_rows, 1)
    return Manifest(rows=len(corpus), shard_rows=shard_rows, source=corpus.fingerprint, model=model)


class Count:
    """Adds up rows and tells the sum."""

    def __init__(self, manifest: Manifest, progress: Progress) -> None:
        """Tell what an earlier run has done."""
        self._done, self._total, self._progress = manifest.rows_done, manifest.rows, progress
        self(0)

    def __call__(self, rows: int) -> None:
        """So many rows more are done."""
        self._done += rows
        self._progress(self._done, self._total)
