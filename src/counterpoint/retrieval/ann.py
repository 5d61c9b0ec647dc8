"""Approximate search with faiss."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from counterpoint.base.errors import CheckpointError, InputError
from counterpoint.base.extras import require
from counterpoint.base.files import atomic_path
from counterpoint.base.numerics import unit_rows
from counterpoint.retrieval.checks import at_least, finite, float32, matrix, same_width
from counterpoint.retrieval.embed import Progress, unheard
from counterpoint.retrieval.search import BLOCK_ROWS, Hits

_TRAINED_ON = 64
"""Vectors for each list of an inverted file, at most: what its k-means is given."""


@dataclass(frozen=True, kw_only=True)
class Flat:
    """All vectors are compared, in faiss."""

    def make(self, faiss: ModuleType, dim: int, rows: int) -> Any:
        """An empty index."""
        return faiss.IndexFlatIP(dim)


@dataclass(frozen=True, kw_only=True)
class IVF:
    """Vectors in lists by k-means; a query looks into the nearest lists (Sivic and Zisserman 2003, "Video Google").

    Attributes:
        lists: How many; 0 stands for the square root of the number of vectors.
        probes: Lists a query looks into; all of them make the search exact.
    """

    lists: int = 0
    probes: int = 16

    def __post_init__(self) -> None:
        """Check the numbers."""
        at_least("lists", self.lists, 0)
        at_least("probes", self.probes, 1)

    def make(self, faiss: ModuleType, dim: int, rows: int) -> Any:
        """An index that still has to be trained."""
        lists = min(self.lists or max(1, round(rows**0.5)), rows)
        index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dim), dim, lists, faiss.METRIC_INNER_PRODUCT)
        index.nprobe = min(self.probes, lists)
        index.cp.min_points_per_centroid = 1  # a small corpus is no reason for faiss to print a warning
        return index


@dataclass(frozen=True, kw_only=True)
class HNSW:
    """A layered graph of neighbours (Malkov and Yashunin 2018, arXiv:1603.09320).

    Attributes:
        neighbours: Edges of a vector.
        build_effort: Candidates kept while a vector is added.
        effort: Candidates kept while a query is answered; at least k are kept.
    """

    neighbours: int = 32
    build_effort: int = 200
    effort: int = 128

    def __post_init__(self) -> None:
        """Check the numbers."""
        at_least("neighbours", self.neighbours, 2)
        at_least("build_effort", self.build_effort, 1)
        at_least("effort", self.effort, 1)

    def make(self, faiss: ModuleType, dim: int, rows: int) -> Any:
        """An empty index."""
        index = faiss.IndexHNSWFlat(dim, self.neighbours, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = self.build_effort
        index.hnsw.efSearch = self.effort
        return index


Kind = Flat | IVF | HNSW
"""What an index can be."""

KINDS: Mapping[str, Kind] = {"flat": Flat(), "ivf": IVF(), "hnsw": HNSW()}
"""The kinds by name, with their defaults."""


class AnnIndex:
    """A faiss index of cosines. It holds all vectors in memory, unlike exact search of a store."""

    def __init__(
        self, corpus: np.ndarray, kind: Kind, *, rows: np.ndarray | None = None, progress: Progress = unheard
    ) -> None:
        """Build it in one thread, so that the index depends on nothing but the vectors and the settings.

        Args:
            corpus: `[M, D]`, read in blocks.
            kind: Which index, with its settings.
            rows: int64 `[m]`, which rows of the corpus to take in; all of them if not said.
            progress: Told of every block.

        Raises:
            InputError: No vectors, NaN or infinity (the row is named).
            MissingExtraError: faiss is not installed.
        """
        self._faiss = _faiss()
        corpus_MD = matrix("the corpus", corpus)
        rows = np.arange(len(corpus_MD)) if rows is None else rows
        at_least("the number of rows to index", len(rows), 1)
        self.dim = corpus_MD.shape[1]
        empty = kind.make(self._faiss, self.dim, len(rows))
        if not empty.is_trained:
            sample = min(len(rows), _TRAINED_ON * empty.nlist)
            spread = rows[np.linspace(0, len(rows) - 1, sample).astype(np.int64)]
            with _one_thread(self._faiss):
                empty.train(_unit("the corpus,", corpus_MD[spread], spread))
        self._index = self._faiss.IndexIDMap(empty)
        self.add(corpus_MD, rows, progress=progress)

    @property
    def rows(self) -> int:
        """How many vectors it holds."""
        return int(self._index.ntotal)

    @property
    def version(self) -> str:
        """Of faiss."""
        return str(self._faiss.__version__)

    def add(self, corpus: np.ndarray, rows: np.ndarray, *, progress: Progress = unheard) -> None:
        """Take in further rows int64 `[m]` of the corpus `[M, D]`, again in one thread.

        Raises:
            InputError: Another D, NaN or infinity (the row is named).
        """
        same_width("further rows", corpus.shape[1], "the index", self.dim)
        with _one_thread(self._faiss):
            for start in range(0, len(rows), BLOCK_ROWS):
                block = rows[start : start + BLOCK_ROWS]
                self._index.add_with_ids(_unit("the corpus,", corpus[block], block), block)
                progress(start + len(block), len(rows))

    def __call__(self, queries: np.ndarray, k: int) -> Hits:
        """The k vectors of largest cosine, as far as the index finds them.

        Args:
            queries: `[Q, D]`.
            k: 1 to the number of rows held.

        Raises:
            InputError: Another D, NaN or infinity, or k out of range.
        """
        queries_QD = matrix("queries", queries)
        same_width("queries", queries_QD.shape[1], "the index", self.dim)
        if not 1 <= k <= self.rows:
            raise InputError(f"k must be between 1 and the {self.rows} rows of the index, got {k}")
        scores, rows = self._index.search(_unit("queries,", queries_QD, range(len(queries_QD))), k)
        return Hits(rows.astype(np.int64), np.where(rows < 0, -np.inf, scores).astype(np.float32))

    def write(self, path: Path) -> None:
        """Write it to one file, whole or not at all; faiss itself reads it too, and answers with row numbers.

        Raises:
            StorageError: The file cannot be written.
        """
        # Through a handle of ours: faiss's own writer only prints a warning when the last bytes find the disk full.
        with atomic_path(path) as temporary, open(temporary, "wb") as handle:
            self._faiss.write_index(self._index, self._faiss.PyCallbackIOWriter(handle.write))

    @classmethod
    def read(cls, path: Path) -> "AnnIndex":
        """What :meth:`write` wrote.

        Raises:
            CheckpointError: It is no index of faiss, damaged, or not one of cosines.
            MissingExtraError: faiss is not installed.
        """
        index = cls.__new__(cls)
        index._faiss = _faiss()
        try:
            index._index = index._faiss.read_index(str(path))
        except RuntimeError as error:
            reason = str(error).split("Error: ")[-1]
            raise CheckpointError(
                f"{path} cannot be read by faiss {index.version}: {reason}; build it again"
            ) from error
        numbered = isinstance(index._index, index._faiss.IndexIDMap)
        if not numbered or index._index.metric_type != index._faiss.METRIC_INNER_PRODUCT:
            raise CheckpointError(f"{path} holds another index than one of cosines with row numbers")
        index.dim = int(index._index.d)
        return index


def _faiss() -> Any:
    return require("faiss", extra="ann", purpose="approximate search")


@contextlib.contextmanager
def _one_thread(faiss: Any) -> Iterator[None]:
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


def _unit(name: str, vectors: np.ndarray, rows: Sequence[int] | np.ndarray) -> np.ndarray:
    plain = float32(vectors)
    for bad in np.flatnonzero(~np.isfinite(plain).all(axis=1))[:1]:
        finite(name, plain[bad : bad + 1], first_row=int(rows[bad]))
    return unit_rows(torch.from_numpy(plain)).numpy()
