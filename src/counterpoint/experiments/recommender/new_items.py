"""Vectors of items that were not there in training, by their features."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors.numpy

from counterpoint.base.errors import CheckpointError, InputError
from counterpoint.base.files import read_json, write_json
from counterpoint.base.spec import from_json, to_json
from counterpoint.data.interactions import name_of
from counterpoint.data.opening import open_table
from counterpoint.data.table import Column, listed
from counterpoint.encoders.id_vectors import IdTables, id_tables
from counterpoint.experiments.feature_cells import is_empty
from counterpoint.experiments.feature_columns import FeatureColumn, read_features
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.named_vectors import tables_of
from counterpoint.experiments.recommender.feature_space import Affine
from counterpoint.experiments.recommender.items_file import item_rows

FOLDER = "new_items"
"""In the folder of the model."""
_COLUMNS, _MAP = "columns.json", "map.safetensors"


@dataclass(frozen=True, kw_only=True, eq=False)
class NewItems:
    """From the columns of a file to vectors of items.

    Attributes:
        columns: How the columns are read.
        map: From what is read to vectors.
        longest: Where items are ranked by dot products, the greatest length of a vector: of all, one more dimension
            makes the length this one, see :func:`~counterpoint.encoders.id_vectors.as_cosines`. None for cosines.
    """

    columns: tuple[FeatureColumn, ...]
    map: Affine
    longest: float | None

    def vectors(self, columns: dict[str, Column], where: str) -> np.ndarray:
        """Of every row, float64 `[N, D]`; one that is longer than ``longest`` is made as long.

        A row of which every cell is empty says nothing: it scores 0 with everybody.

        Args:
            columns: N cells each by the name of the column, those of all ``columns``.
            where: What messages call the file.

        Raises:
            InputError: A column does not hold what it held in training.
        """
        there = _said(columns)
        found = self.map(read_features(self.columns, columns, where, len(there))) * there[:, None]
        if self.longest is None:
            return found
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        found = found * np.minimum(1, self.longest / np.maximum(lengths, 1e-12))
        rest = np.maximum(self.longest**2 - np.square(found).sum(axis=1), 0)
        return np.column_stack([found, np.sqrt(rest)])

    def save(self, folder: Path) -> None:
        """Write into a folder that is not there yet."""
        folder.mkdir()
        write_json(folder / _COLUMNS, {"columns": to_json(self.columns), "longest": self.longest})
        safetensors.numpy.save_file({"matrix": self.map.matrix, "offset": self.map.offset}, folder / _MAP)

    @classmethod
    def load(cls, folder: Path) -> "NewItems":
        """What was saved.

        Raises:
            CheckpointError: A file is missing or damaged.
        """
        try:
            told, tensors = read_json(folder / _COLUMNS), safetensors.numpy.load_file(folder / _MAP)
            affine = Affine(tensors["matrix"], tensors["offset"])
            return cls(columns=from_json(told["columns"]), map=affine, longest=told["longest"])
        except (OSError, KeyError, TypeError, InputError, safetensors.SafetensorError) as error:
            raise CheckpointError(f"{folder} is damaged: {error}") from error


@dataclass(frozen=True, kw_only=True, eq=False)
class Unknown:
    """Items of a file that a run does not know, and what the file says of them.

    Attributes:
        names: Theirs; empty for a run without features, and for a file that has none of their columns.
        columns: The cells of its columns of features.
    """

    names: list[str]
    columns: dict[str, Column]

    @property
    def told(self) -> str:
        """Where their vectors come from, to be told to the user."""
        bare = int((~_said(self.columns)).sum())
        return f"{len(self.names):,} items were not there in training: their vectors come from their features" + (
            f", but for {bare:,} without any, which score 0 with everybody" if bare else ""
        )


_NONE = Unknown(names=[], columns={})


def unknown_items(folder: RunFolder, data: str, column: str) -> Unknown:
    """Items of a file that a run does not know.

    Args:
        folder: A finished run.
        data: Path of a file with a row for each item.
        column: Of the names.

    Raises:
        InputError: The file lacks a column of features.
        CheckpointError: The run is not finished, or damaged.
    """
    maker = _maker(folder)
    return _NONE if maker is None else _unknown(maker, tables_of(folder), data, column)


def with_new_items(folder: RunFolder, data: str, column: str) -> IdTables:
    """The vectors of a run, and those of the items of a file that it does not know.

    Raises:
        InputError: As for :func:`unknown_items`, and as for :meth:`NewItems.vectors`.
        CheckpointError: The run is not finished, or damaged.
    """
    encoder, maker = tables_of(folder), _maker(folder)
    if maker is None or not (new := _unknown(maker, encoder, data, column)).names:
        return encoder
    rows, split = encoder.table.numpy(), len(encoder.names["items"])
    more = maker.vectors(new.columns, Path(data).name)
    names = [*encoder.names["items"], *new.names]
    return id_tables(
        rows[split:], np.concatenate([rows[:split], more]), user_names=encoder.names["users"], item_names=names
    )


def _maker(folder: RunFolder) -> NewItems | None:
    """None for a run without features."""
    return NewItems.load(folder.model / FOLDER) if (folder.model / FOLDER).is_dir() else None


def _unknown(maker: NewItems, encoder: IdTables, data: str, column: str) -> Unknown:
    table, wanted = open_table(data), [one.name for one in maker.columns]
    there = [name for name in wanted if name in table.columns]
    names = table.take(np.arange(len(table)), [column])[column]
    known = set(encoder.names["items"])
    rows = np.array([row for row in item_rows(names) if name_of(names[row]) not in known], dtype=np.int64)
    if not rows.size or not there:
        return _NONE
    if lacking := [name for name in wanted if name not in there]:
        raise InputError(
            f"{table.description} has {len(rows):,} items that were not there in training, and lacks the column "
            f"{listed(lacking)} that a vector of a new item is made of"
        )
    return Unknown(names=[name_of(names[row]) for row in rows], columns=table.take(rows, wanted))


def _said(columns: dict[str, Column]) -> np.ndarray:
    """Which rows have a cell that is not empty, bool `[N]`."""
    return np.any([[not is_empty(value) for value in column] for column in columns.values()], axis=0)
