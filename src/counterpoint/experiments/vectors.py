"""Embeddings made elsewhere as something to diagnose: an array file, a table of vectors, or a folder of vectors."""

from pathlib import Path

import numpy as np

from counterpoint.base.content import Kind
from counterpoint.base.errors import InputError
from counterpoint.data import Examples, infer_roles
from counterpoint.data.overrides import overridden
from counterpoint.evaluation.diagnosis import Subject
from counterpoint.experiments.judge import collect
from counterpoint.experiments.source import open_data, open_held_out
from counterpoint.retrieval import Store

MANIFEST = "manifest.json"
ALL = 1 << 62


def vector_subject(path: Path, *, on: str | None = None, columns: tuple[tuple[str, str], ...] = ()) -> Subject:
    """Vectors of a file or of a folder that ``embed`` made; arrays of ``.npy`` and folders are mapped, not loaded.

    Args:
        path: ``.npy``; a table with a column of vectors (``.npz``, ``.parquet``), a second one as positives and a
            label where there are; or a folder of vectors.
        on: The data that were embedded, row by row, for their labels.
        columns: Pairs (role, column).

    Raises:
        InputError: No vectors, or another number of rows in ``on``.
    """
    if path.is_dir() and (path / MANIFEST).is_file():
        return Subject(anchors=(vectors := Store(path).vectors), labels=_labels(on, len(vectors), columns))
    if path.suffix == ".npy":
        vectors = np.load(path, mmap_mode="r", allow_pickle=False)
        return Subject(anchors=vectors, labels=_labels(on, len(vectors), columns))
    table, _, overrides = open_data(str(path))
    roles = infer_roles(table, overridden(overrides, dict(columns)) if on is None else overrides)
    if roles.kind is not Kind.VECTOR or roles.other_kind not in (None, Kind.VECTOR):
        raise InputError(f"{path} holds {roles.kind} examples, not embeddings: name a run to embed them with")
    batch = collect(Examples(table, roles), limit=ALL)
    labels = None if batch.label is None else batch.label.numpy()
    return Subject(
        anchors=np.asarray(batch.anchor),
        positives=None if batch.positives is None else np.asarray(batch.positives),
        two_sides=batch.positives is not None,
        labels=labels if on is None else _labels(on, len(table), columns),
    )


def _labels(on: str | None, n: int, columns: tuple[tuple[str, str], ...]) -> np.ndarray | None:
    if on is None:
        return None
    table = open_held_out(on)
    if len(table) != n:
        raise InputError(f"{on} has {len(table)} rows and there are {n} embeddings; row i is the embedding of row i")
    return Examples(table, infer_roles(table, dict(columns))).labels
