"""A finished folder of embeddings, as one memory-mapped matrix."""

import hashlib
import os
from functools import cached_property
from pathlib import Path

import numpy as np

from counterpoint.base.errors import CheckpointError
from counterpoint.base.files import atomic_path
from counterpoint.retrieval.shards import MANIFEST, missing_shards, read_manifest, read_shard, shard_path


class Store:
    """Embeddings `[N, D]` of a corpus, in its order.

    Parquet cannot be mapped into memory, so the first use of ``vectors`` writes them once more as one plain array
    beside the shards; its name holds a digest of manifest and shards, so it is never taken for another corpus's.

    Args:
        folder: What ``embed`` filled.

    Raises:
        CheckpointError: There is no manifest, or shards are missing.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self.manifest = read_manifest(self.folder)
        missing = missing_shards(self.folder, self.manifest)
        if missing:
            raise CheckpointError(
                f"{self.folder} is unfinished: {len(missing)} of {len(self.manifest.shards)} shards are missing; "
                "run the embedding again, it goes on where it stopped"
            )

    def __len__(self) -> int:
        """Number of rows N."""
        return self.manifest.rows

    @property
    def dim(self) -> int:
        """D."""
        return self.vectors.shape[1]

    @cached_property
    def vectors(self) -> np.ndarray:
        """float32 `[N, D]`, mapped from disk.

        Raises:
            CheckpointError: A shard is corrupt.
        """
        path = self.folder / f"vectors-{self._digest()}.npy"
        if not path.is_file():
            self._gather(path)
        return np.load(path, mmap_mode="r", allow_pickle=False)

    @cached_property
    def ids(self) -> list[str] | None:
        """The user's names of the rows, if the corpus had any."""
        found: list[str] = []
        for shard in self.manifest.shards:
            ids = read_shard(self.folder, shard, self.manifest.rows_of(shard))[1]
            if ids is None:
                return None
            found.extend(ids)
        return found

    def _digest(self) -> str:
        digest = hashlib.sha256((self.folder / MANIFEST).read_bytes())
        for shard in self.manifest.shards:
            status = os.stat(shard_path(self.folder, shard))
            digest.update(f"{status.st_size} {status.st_mtime_ns}".encode())
        return digest.hexdigest()[:16]

    def _gather(self, path: Path) -> None:
        for stale in self.folder.glob("vectors-*.npy"):
            stale.unlink()
        first = read_shard(self.folder, 0, self.manifest.rows_of(0))[0]
        shape = (len(self), first.shape[1])
        with atomic_path(path) as temporary:
            out = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.float32, shape=shape)
            for shard in self.manifest.shards:
                rows = self.manifest.rows_of(shard)
                vectors = read_shard(self.folder, shard, rows)[0]
                if vectors.shape[1] != shape[1]:
                    raise CheckpointError(
                        f"{shard_path(self.folder, shard)} has D = {vectors.shape[1]}, the first shard {shape[1]}"
                    )
                out[rows[0] : rows[-1] + 1] = vectors
            out.flush()
            del out
