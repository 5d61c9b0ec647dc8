"""Embedding on a cluster through Ray Data: every worker embeds and writes whole shards."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from counterpoint.base.extras import require
from counterpoint.retrieval.corpus import Corpus, Encode
from counterpoint.retrieval.embed import SHARD_ROWS, embed_shard
from counterpoint.retrieval.shards import Manifest, claim_folder, missing_shards
from counterpoint.retrieval.store import Store


class ShardWorker:
    """Lives in a Ray worker: opens corpus and encoder once, then embeds one shard per call.

    Args:
        make_corpus: Opens the corpus; must be picklable.
        make_encode: Loads the encoder; must be picklable.
        folder: A folder that every worker and the driver see.
        manifest: Of the whole job.
    """

    def __init__(
        self, make_corpus: Callable[[], Corpus], make_encode: Callable[[], Encode], folder: Path, manifest: Manifest
    ) -> None:
        self.corpus, self.encode = make_corpus(), make_encode()
        self.folder, self.manifest = folder, manifest

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Embed the shards named in the batch."""
        for shard in batch["shard"]:
            embed_shard(self.corpus, self.encode, self.folder, self.manifest, int(shard))
        return batch


def embed_with_ray(
    make_corpus: Callable[[], Corpus],
    make_encode: Callable[[], Encode],
    folder: Path,
    *,
    model: str,
    shard_rows: int = SHARD_ROWS,
    workers: int = 2,
) -> Store:
    """As :func:`embed`, with ``workers`` Ray actors; the files are the same, and so is going on after a kill.

    Args:
        make_corpus: Opens the corpus, here and in every worker.
        make_encode: Loads the encoder in every worker.
        folder: A folder that every worker and this process see.
        model: Fingerprint of the encoder.
        shard_rows: Rows of a shard.
        workers: Actors that embed side by side.

    Raises:
        MissingExtraError: Ray is not installed.
        InputError: As for :func:`embed`.
    """
    ray: Any = require("ray", extra="scale", purpose="embedding on a cluster")
    data: Any = require("ray.data", extra="scale", purpose="embedding on a cluster")
    corpus = make_corpus()
    folder = folder.resolve()
    manifest = Manifest(rows=len(corpus), shard_rows=shard_rows, source=corpus.fingerprint, model=model)
    claim_folder(folder, manifest)
    todo = missing_shards(folder, manifest)
    if todo:
        if not ray.is_initialized():
            ray.init(include_dashboard=False, log_to_driver=False)
        shards = data.from_items([{"shard": shard} for shard in todo], override_num_blocks=len(todo))
        shards.map_batches(
            ShardWorker,
            batch_size=1,
            concurrency=min(workers, len(todo)),
            fn_constructor_args=(make_corpus, make_encode, folder, manifest),
        ).materialize()
    return Store(folder)
