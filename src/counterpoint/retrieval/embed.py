"""A corpus becomes a folder of embeddings, shard by shard; killed and run again it goes on where it stopped."""

from collections.abc import Callable
from pathlib import Path

from counterpoint.retrieval.corpus import Corpus, Encode
from counterpoint.retrieval.shards import Manifest, claim_folder, missing_shards, write_shard
from counterpoint.retrieval.store import Store

SHARD_ROWS = 50_000


def embed(
    corpus: Corpus,
    encode: Encode,
    folder: Path,
    *,
    model: str,
    shard_rows: int = SHARD_ROWS,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Store:
    """Embed every row of ``corpus`` into ``folder``; shards already there are kept.

    Args:
        corpus: What to embed.
        encode: How.
        folder: Where; made if it does not exist.
        model: Fingerprint of the encoder, so that a folder never mixes two.
        shard_rows: Rows of a shard: what a kill can lose.
        progress: Told the rows done and the rows in all after every shard.

    Raises:
        InputError: The folder holds other embeddings, or the encoder gives something else than finite `[n, D]`.
        StorageError: Writing failed; finished shards are whole.
    """
    manifest = Manifest(rows=len(corpus), shard_rows=shard_rows, source=corpus.fingerprint, model=model)
    claim_folder(folder, manifest)
    todo = missing_shards(folder, manifest)
    done = manifest.rows - sum(len(manifest.rows_of(shard)) for shard in todo)
    progress(done, manifest.rows)
    for shard in todo:
        embed_shard(corpus, encode, folder, manifest, shard)
        done += len(manifest.rows_of(shard))
        progress(done, manifest.rows)
    return Store(folder)


def embed_shard(corpus: Corpus, encode: Encode, folder: Path, manifest: Manifest, shard: int) -> None:
    """Embed and write one shard."""
    rows = manifest.rows_of(shard)
    write_shard(folder, shard, rows, encode(corpus.content(rows)), corpus.ids(rows))
