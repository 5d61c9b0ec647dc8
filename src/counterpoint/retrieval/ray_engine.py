"""Embedding on a cluster through Ray Data: every worker embeds and writes whole shards, the driver keeps the books."""

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from counterpoint.base.errors import InputError, StorageError
from counterpoint.base.extras import require
from counterpoint.base.spec import from_json, to_json
from counterpoint.retrieval.checks import at_least
from counterpoint.retrieval.corpus import Corpus, Encode
from counterpoint.retrieval.embed import BATCH_SIZE, SHARD_ROWS, Count, Progress, new_manifest, unheard
from counterpoint.retrieval.manifest import Manifest, Shard, begin, write_manifest
from counterpoint.retrieval.shards import write_shard
from counterpoint.retrieval.store import Store

_PURPOSE = "embedding on a cluster"


class ShardWorker:
    """Lives in a Ray worker: opens corpus and encoder once, then embeds one shard per call.

    Args:
        make_corpus: Opens the corpus; must be picklable.
        make_encode: Loads the encoder; must be picklable.
        folder: A folder that every worker and the driver see.
        manifest: Of the whole job.
        batch_size: Rows encoded at once.
    """

    def __init__(
        self,
        make_corpus: Callable[[], Corpus],
        make_encode: Callable[[], Encode],
        folder: Path,
        manifest: Manifest,
        batch_size: int,
    ) -> None:
        self.corpus, self.encode = make_corpus(), make_encode()
        self.folder, self.manifest, self.batch_size = folder, manifest, batch_size

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, list[str]]:
        """Embed the shards numbered in the batch; every one answers with the JSON of its shard or of its error."""
        return {"answer": [json.dumps(self._answer(int(number))) for number in batch["number"]]}

    def _answer(self, number: int) -> dict[str, Any]:
        # Ray would wrap an error in its own type and print its traceback: errors made for the user travel as values.
        try:
            shard = write_shard(
                self.corpus,
                self.encode,
                self.folder,
                manifest=self.manifest,
                number=number,
                batch_size=self.batch_size,
                tell=lambda rows: None,
            )
        except InputError as error:
            return {"input_error": str(error)}
        except StorageError as error:
            return {"storage_error": str(error)}
        return {"shard": to_json(shard)}


def embed_with_ray(
    make_corpus: Callable[[], Corpus],
    make_encode: Callable[[], Encode],
    folder: Path | str,
    *,
    model: str,
    shard_rows: int = SHARD_ROWS,
    batch_size: int = BATCH_SIZE,
    workers: int = 2,
    progress: Progress = unheard,
) -> Store:
    """As :func:`embed`, with ``workers`` Ray actors; the files are the same, and so is going on after a kill.

    A Ray that is already initialised is used and left running; otherwise a local one is started and shut down.

    Args:
        make_corpus: Opens the corpus, here and in every worker.
        make_encode: Loads the encoder in every worker.
        folder: A folder that every worker and this process see.
        model: Fingerprint of the encoder's weights.
        shard_rows: Rows of a shard.
        batch_size: Rows read and encoded at once.
        workers: Actors that embed side by side.
        progress: Told at the start and after every shard.

    Raises:
        MissingExtraError: Ray is not installed.
        InputError: As for :func:`embed`.
        StorageError: As for :func:`embed`.
    """
    at_least("workers", workers, 1)
    at_least("batch_size", batch_size, 1)
    folder = Path(folder).resolve()
    manifest = begin(folder, new_manifest(make_corpus(), model=model, shard_rows=shard_rows))
    count = Count(manifest, progress)
    todo = manifest.missing()
    if not todo:
        return Store(folder)
    with _ray_data() as data:
        answers = data.from_items([{"number": number} for number in todo], override_num_blocks=len(todo)).map_batches(
            ShardWorker,
            fn_constructor_args=(make_corpus, make_encode, folder, manifest, batch_size),
            batch_size=1,
            compute=data.ActorPoolStrategy(size=min(workers, len(todo))),
        )
        for row in answers.iter_rows():
            shard = _shard(row["answer"])
            manifest = manifest.with_shards((*manifest.shards, shard))
            write_manifest(folder, manifest)
            count(shard.stop - shard.start)
    return Store(folder)


@contextlib.contextmanager
def _ray_data() -> Iterator[Any]:
    """The module ``ray.data`` with Ray running."""
    ray: Any = require("ray", extra="scale", purpose=_PURPOSE)
    data: Any = require("ray.data", extra="scale", purpose=_PURPOSE)
    if ray.is_initialized():
        yield data
        return
    ray.init(include_dashboard=False, log_to_driver=False)
    try:
        yield data
    finally:
        ray.shutdown()


def _shard(answer: str) -> Shard:
    """What a worker answered, or the error it met."""
    value = json.loads(answer)
    if "input_error" in value:
        raise InputError(value["input_error"])
    if "storage_error" in value:
        raise StorageError(value["storage_error"])
    return from_json(value["shard"])
