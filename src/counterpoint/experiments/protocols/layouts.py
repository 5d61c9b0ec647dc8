"""Which layout data have, seen by their files, arrays and columns."""

from pathlib import Path

from counterpoint.base.errors import InputError
from counterpoint.data import Table, named, open_table
from counterpoint.data.beir import is_beir, open_beir
from counterpoint.experiments.arrays import array_names, read_arrays
from counterpoint.experiments.protocols.captions import caption_layout, is_captions
from counterpoint.experiments.protocols.corpus import corpus_layout
from counterpoint.experiments.protocols.graphs import graph_layout, is_graph
from counterpoint.experiments.protocols.series import forecast_layout, is_measurements, is_series, series_layout
from counterpoint.experiments.protocols.task import Layout
from counterpoint.experiments.protocols.words import analogy_layout
from counterpoint.experiments.source import SET

TABLES = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")


def open_layout(on: str, *, width: int | None = None) -> Layout | None:
    """What can be judged on data that are no table of examples; None for those that are.

    Args:
        on: A path, or ``set:NAME``.
        width: Length of the vectors that the model takes; None for other models.

    Raises:
        InputError: A file is damaged or not what its layout says.
    """
    if on.startswith(SET):
        found = named(on.removeprefix(SET))
        return None if found.retrieval is None else corpus_layout(found.retrieval, found.name)
    path = Path(on)
    if path.is_dir():
        return corpus_layout(open_beir(path), path.name) if is_beir(path) else None
    if not path.exists():
        raise InputError(f"no such file or folder: {path}")
    if path.name.lower().endswith((".txt", ".txt.gz")):
        return analogy_layout(path)
    if path.suffix.lower() == ".npz":
        return _of_arrays(path)
    return _of_table(open_table(path), width) if path.suffix.lower() in TABLES else None


def _of_arrays(path: Path) -> Layout | None:
    names = array_names(path)
    if is_graph(names):
        return graph_layout(read_arrays(path), path.name)
    if "train_x" not in names:
        return None
    arrays = read_arrays(path)
    return series_layout(arrays, path.name) if is_series(arrays) else None


def _of_table(table: Table, width: int | None) -> Layout | None:
    if is_captions(table):
        return caption_layout(table)
    return forecast_layout(table, width) if width is not None and is_measurements(table) else None
