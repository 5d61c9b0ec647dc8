"""A finished folder of embeddings, opened for searching."""

from functools import cached_property
from pathlib import Path

import numpy as np

from counterpoint.base.errors import CheckpointError
from counterpoint.base.files import atomic_path
from counterpoint.retrieval.manifest import VECTORS, Manifest, is_whole, read_manifest
from counterpoint.retrieval.shards import read_ids, read_vectors


class Store:
    """N embeddings on disk: Parquet shards, which other tools read too, and one array to map into memory.

    Parquet cannot be mapped (its pages are encoded), so the first use of ``vectors`` copies the embeddings once into
    ``vectors.npy`` beside the shards. It may be deleted at any time; it is then made again.

    Attributes:
        folder: Where it is.
        manifest: What was embedded by which model.
    """

    def __init__(self, folder: Path | str) -> None:
        """Open a folder that ``embed`` or ``embed_with_ray`` finished.

        Raises:
            CheckpointError: No manifest, or some shards are unfinished, gone or cut short.
        """
        self.folder = Path(folder)
        self.manifest: Manifest = read_manifest(self.folder)
        if not self.manifest.complete or self.manifest.dim is None:
            raise CheckpointError(
                f"{self.folder} is unfinished: {self.manifest.rows_done} of {self.manifest.rows} rows are embedded; "
                "run the same embedding again to finish it"
            )
        for shard in self.manifest.shards:
            if not is_whole(self.folder, shard):
                raise CheckpointError(
                    f"{self.folder / shard.file} is missing or not the file that was written (of {shard.size} bytes); "
                    f"run the same embedding again, which remakes rows {shard.start} to {shard.stop - 1}"
                )
        self.dim: int = self.manifest.dim

    def __len__(self) -> int:
        """Number of embeddings N."""
        return self.manifest.rows

    @property
    def normalised(self) -> bool:
        """Every embedding has length 1 (within 1e-3), as measured when it was written."""
        return bool(self.manifest.normalised)

    @cached_property
    def ids(self) -> list[str] | None:
        """The user's names of the rows, N of them, or None when rows are known by number only.

        Raises:
            CheckpointError: A shard is damaged.
        """
        if not self.manifest.shards[0].ids:
            return None
        return [name for shard in self.manifest.shards for name in read_ids(self.folder, shard)]

    @cached_property
    def vectors(self) -> np.ndarray:
        """The embeddings float32 `[N, D]`, mapped read-only from ``vectors.npy``, which is made if it is not there.

        Raises:
            CheckpointError: A shard is damaged, or ``vectors.npy`` is.
            StorageError: ``vectors.npy`` cannot be written.
        """
        path = self.folder / VECTORS
        if not path.exists():
            self._write_vectors(path)
        try:
            vectors = np.load(path, mmap_mode="r", allow_pickle=False)
        except (ValueError, EOFError) as error:
            raise CheckpointError(
                f"{path} is damaged ({error}); delete it, it is made again from the shards"
            ) from error
        if vectors.shape != (len(self), self.dim) or vectors.dtype != np.float32:
            raise CheckpointError(
                f"{path} holds {vectors.dtype} {list(vectors.shape)}, not float32 [{len(self)}, {self.dim}]; "
                "delete it, it is made again from the shards"
            )
        return vectors

    def _write_vectors(self, path: Path) -> None:
        # Written in sequence rather than through a map: on a full disk a map ends in SIGBUS, a write in an error.
        header = {"descr": "<f4", "fortran_order": False, "shape": (len(self), self.dim)}
        with atomic_path(path) as temporary, open(temporary, "wb") as handle:
            np.lib.format.write_array_header_2_0(handle, header)
            for shard in self.manifest.shards:
                for piece in read_vectors(self.folder, shard):
                    handle.write(np.ascontiguousarray(piece, dtype="<f4").data)
