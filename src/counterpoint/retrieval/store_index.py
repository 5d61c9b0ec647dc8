"""An index of faiss beside the vectors of a store: measured when it is built, refused where it does not fit."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from counterpoint.base.errors import CheckpointError, InputError
from counterpoint.base.files import read_json, write_json
from counterpoint.base.spec import from_json, to_json
from counterpoint.pairwise.similarity import Cosine, Similarity
from counterpoint.retrieval.ann import AnnIndex, Kind
from counterpoint.retrieval.checks import at_least, float32, matrix, same_width
from counterpoint.retrieval.embed import Progress, unheard
from counterpoint.retrieval.fingerprint import fingerprint_path, fingerprint_values
from counterpoint.retrieval.manifest import INDEX, INDEX_MANIFEST
from counterpoint.retrieval.recall import Recall, measured_recall
from counterpoint.retrieval.search import SHORTLIST, Hits, scored_again, search
from counterpoint.retrieval.store import Store

RECALL_AT = 10
HELD_ROWS = 200
"""Rows that recall is measured on, at most; a tenth of a small store."""

_SAMPLED_ROWS = 4096


@dataclass(frozen=True, kw_only=True)
class IndexManifest:
    """What an index file holds and what it was built from.

    Attributes:
        kind: Which index, with its settings.
        metric: Larger is nearer; always the cosine, as everywhere where a store is searched.
        rows: N.
        dim: D.
        vectors: Fingerprint of corpus, model, N, D, and the values of up to 4,096 evenly spread rows.
        file: sha256 of the index file and its name.
        faiss: Version of faiss that wrote it.
        recall: Share of the exact k best rows that it found for rows held back, see :func:`build_index`.
        asked: The same for queries of the kind that will be asked, where they were known.
    """

    kind: Kind
    metric: Similarity = Cosine()
    rows: int
    dim: int
    vectors: str
    file: str
    faiss: str
    recall: Recall
    asked: Recall | None = None


@dataclass(frozen=True)
class Answer:
    """What a search through an index found.

    Attributes:
        hits: k rows of every query, never fewer, with scores and order as in exact search.
        exact: bool `[Q]`, queries for which the index found fewer than k rows and all vectors were compared instead.
    """

    hits: Hits
    exact: np.ndarray


@dataclass(frozen=True)
class StoreIndex:
    """A store and an index that fits it; from :func:`build_index` or :func:`open_index`.

    Attributes:
        store: The vectors.
        manifest: What the index is, and its recall.
        index: In memory.
    """

    store: Store
    manifest: IndexManifest
    index: AnnIndex

    def search(self, queries: np.ndarray, k: int) -> Answer:
        """The k rows of largest cosine, as far as the index finds them.

        The k + 32 rows that the index finds are scored again by the vectors of the store, as exact search does, so
        that scores are the same and of equal scores the lower row comes first. A query for which the index finds fewer
        than k rows (few probed lists, many rows asked for) is answered by exact search.

        Args:
            queries: `[Q, D]`.
            k: 1 to N.

        Raises:
            InputError: Another D, NaN or infinity, or k out of range.
        """
        queries_QD = matrix("queries", queries)
        found = _nearest(self.index, self.store.vectors, queries_QD, k)
        short = np.asarray((found.rows < 0).any(axis=1))
        if short.any():
            rest = search(queries_QD[short], self.store, k)
            found.rows[short], found.scores[short] = rest.rows, rest.scores
        return Answer(found, short)


def build_index(
    store: Store,
    kind: Kind,
    *,
    k: int = RECALL_AT,
    queries: np.ndarray | None = None,
    progress: Progress = unheard,
) -> StoreIndex:
    """Build an index of a store, measure it, and write it beside the vectors; an earlier index is replaced.

    Files: ``index.faiss``, which faiss itself reads (ids are row numbers, vectors have length 1), and ``index.json``,
    an :class:`IndexManifest`. Both may be deleted at any time. The index is the same for the same vectors and settings.

    Recall is measured on rows that the index has not seen: up to 200 drawn rows, a tenth at most, are held back, asked
    for their k nearest among the rest, and taken in afterwards. So it speaks of queries that are like the rows. Others
    may find less: give some as ``queries`` where users ask for items, or questions for documents.

    Args:
        store: A finished one, of at least two rows.
        kind: ``Flat()``, ``IVF()`` or ``HNSW()``.
        k: Rows that recall counts, at most those not held back.
        queries: `[Q, D]`, such as will be asked; they are searched among all rows.
        progress: Told of every block of rows taken in, held-back ones left out.

    Raises:
        InputError: Fewer than two rows, k below 1, or queries that do not fit.
        MissingExtraError: faiss is not installed.
        StorageError: The files cannot be written.
    """
    at_least("the number of rows to index", len(store), 2)
    at_least("k", k, 1)
    if queries is not None:  # known before the work rather than after it
        same_width("queries", matrix("queries", queries).shape[1], "the store", store.dim)
    vectors_ND = store.vectors
    count = max(1, min(HELD_ROWS, len(store) // 10))
    held = np.sort(np.random.default_rng(0).choice(len(store), count, replace=False))
    index = AnnIndex(vectors_ND, kind, rows=np.delete(np.arange(len(store)), held), progress=progress)
    found, k = partial(_nearest, index, vectors_ND), min(k, index.rows)
    recall = measured_recall(found, vectors_ND[held], vectors_ND, k, without=held)
    index.add(vectors_ND, held)
    asked = None if queries is None else measured_recall(found, queries, vectors_ND, k)
    path = store.folder / INDEX
    index.write(path)
    manifest = IndexManifest(
        kind=kind, rows=len(store), dim=store.dim, vectors=_fingerprint(store), file=fingerprint_path(path),
        faiss=index.version, recall=recall, asked=asked,
    )  # fmt: skip
    write_json(store.folder / INDEX_MANIFEST, to_json(manifest))
    return StoreIndex(store, manifest, index)


def open_index(store: Store) -> StoreIndex | None:
    """The index beside the vectors of a store, or None where there is none.

    Both files are read in full: their cost is paid once for many searches.

    Raises:
        CheckpointError: The index is of other vectors, another metric, damaged, or not whole.
        MissingExtraError: faiss is not installed.
    """
    path, told = store.folder / INDEX, store.folder / INDEX_MANIFEST
    if not path.exists() and not told.exists():
        return None
    for one, other in ((path, told), (told, path)):
        if not one.is_file():
            raise _misfit(other, f"stands there without {one.name}")
    manifest = _read_manifest(told)
    for what, there, here in (
        ("metric", manifest.metric, Cosine()),
        ("number of rows", manifest.rows, len(store)),
        ("dimension", manifest.dim, store.dim),
        ("corpus, model or values: fingerprint", manifest.vectors, _fingerprint(store)),
    ):
        if there != here:
            raise _misfit(path, f"was built from other vectors than those beside it: {what} {there} there, {here} here")
    if fingerprint_path(path) != manifest.file:
        raise _misfit(path, f"is not the file that {told.name} tells of: it was cut short or changed")
    index = AnnIndex.read(path)
    if (index.rows, index.dim) != (manifest.rows, manifest.dim):
        raise _misfit(path, f"holds {index.rows} rows of D = {index.dim}, not {manifest.rows} of {manifest.dim}")
    return StoreIndex(store, manifest, index)


def _nearest(index: AnnIndex, vectors_ND: np.ndarray, queries: np.ndarray, k: int) -> Hits:
    """The index's k + 32 rows scored again; where it found fewer than k, its own answer, with -1 for the rest."""
    queries_QD = float32(matrix("queries", queries))
    if not 1 <= k <= index.rows:
        raise InputError(f"k must be between 1 and the {index.rows} rows of the index, got {k}")
    longer = index(queries_QD, min(k + SHORTLIST, index.rows))
    rows, scores = longer.rows[:, :k].copy(), longer.scores[:, :k].copy()
    enough = np.flatnonzero((longer.rows >= 0).sum(axis=1) >= k)
    shortlists = (np.sort(one[one >= 0]) for one in longer.rows[enough])
    again = scored_again(queries_QD[enough], vectors_ND, shortlists, k)
    rows[enough], scores[enough] = again.rows, again.scores
    return Hits(rows, scores)


def _fingerprint(store: Store) -> str:
    rows = np.unique(np.linspace(0, len(store) - 1, _SAMPLED_ROWS).astype(np.int64))
    whose = [store.manifest.source, store.manifest.model, len(store), store.dim]
    return fingerprint_values([*whose, np.asarray(store.vectors[rows])])


def _read_manifest(path: Path) -> IndexManifest:
    try:
        manifest = from_json(read_json(path))
    except InputError as error:
        raise _misfit(path, f"is damaged ({error})") from error
    if not isinstance(manifest, IndexManifest):
        raise _misfit(path, "is not a manifest of an index of this version")
    return manifest


def _misfit(path: Path, why: str) -> CheckpointError:
    return CheckpointError(
        f"{path} {why}; build the index again, or delete {INDEX} and {INDEX_MANIFEST} to compare every vector"
    )
