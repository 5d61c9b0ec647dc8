"""A file as a corpus to embed, and a run folder as its encoder; both can be opened again in another process."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from counterpoint.base.content import Content
from counterpoint.base.errors import InputError
from counterpoint.base.files import read_json
from counterpoint.base.spec import from_json
from counterpoint.data import (
    Examples,
    ImageFormat,
    MemoryTable,
    Roles,
    Table,
    infer_roles,
    named,
    open_table,
    table_from,
)
from counterpoint.data.interactions import name_of
from counterpoint.data.kinds import is_missing
from counterpoint.data.overrides import overridden
from counterpoint.encoders import Role
from counterpoint.encoders.id_vectors import IdTables
from counterpoint.encoders.saving import DESCRIPTION
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.graph_job.features import node_column
from counterpoint.experiments.graph_job.recipe import NodeLearner
from counterpoint.experiments.recommender.new_items import with_new_items
from counterpoint.experiments.recommender.opening import item_column
from counterpoint.experiments.recommender.recipe import Recommender
from counterpoint.experiments.recommender.sequence_recipe import SequentialRecommender
from counterpoint.retrieval import Encode, TableColumn, fingerprint_path
from counterpoint.retrieval.fingerprint import fingerprint_values

SOURCE = "corpus.json"
"""What ``embed`` leaves in a folder of vectors: the corpus they are of."""


@dataclass(frozen=True, kw_only=True)
class CorpusSource:
    """Which column of which file is embedded.

    Attributes:
        data: File, folder, or ``set:NAME`` for the training part of a named set.
        column: The column to embed; the anchor found by name otherwise.
        id_column: Column of the user's own row names.
        image_size: Height and width of images, as in training.
        channels: Channels of images, as in training.
        names: The column holds names (of items), each of which is embedded once.
    """

    data: str
    column: str | None = None
    id_column: str | None = None
    image_size: tuple[int, int] | None = None
    channels: int | None = None
    names: bool = False


class TableCorpus:
    """A table read as content, in the sense of :class:`counterpoint.retrieval.Corpus`."""

    def __init__(self, source: CorpusSource) -> None:
        """Open it.

        Raises:
            InputError: Nothing can be read there, or a column is missing.
        """
        self.source = source
        self.table, overrides = _opened(source)
        roles = infer_roles(self.table, overrides)
        roles = replace(roles, positives=(), negatives=(), label=None, score=None, other_kind=None)
        image = ImageFormat(size=source.image_size, channels=source.channels)
        self.examples = Examples(self.table, roles, image=image)
        self._raw = TableColumn(table=self.table, column=roles.anchor[0], id_column=source.id_column)

    @property
    def roles(self) -> Roles:
        """Which column is embedded, and what it holds."""
        return self.examples.roles

    @property
    def fingerprint(self) -> str:
        """Digest of what is embedded and how it is read; where the files are does not matter.

        Every byte of every file counts; of a named set, a sample of its values. Images that a table only names by
        their paths are not looked into.
        """
        named_set = self.source.data.startswith("set:")
        content = self._raw.fingerprint if named_set else fingerprint_path(self.source.data)
        read = self.examples.image
        how = [list(self.roles.anchor), self.source.id_column, read.size, read.channels]
        return fingerprint_values([content, len(self), *how])

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.table)

    def content(self, rows: np.ndarray) -> Content:
        """The examples at ``rows``."""
        return self.examples.batch(rows).anchor

    def like(self, values: list[str]) -> Content:
        """Values that are not in the table (paths of images, say), read as its own are."""
        column = self.roles.anchor[0]
        table = table_from({column: values})
        return Examples(table, self.roles, image=self.examples.image).batch(np.arange(len(values))).anchor

    def ids(self, rows: np.ndarray) -> list[str] | None:
        """The user's names of the rows.

        Raises:
            InputError: A row has none.
        """
        return self._raw.ids(rows)


def embedded_corpus(vectors: Path) -> TableCorpus:
    """The corpus that ``embed`` made this folder of vectors from.

    Raises:
        InputError: The folder does not say, or the corpus is gone.
    """
    source = from_json(read_json(vectors / SOURCE))
    if not isinstance(source, CorpusSource):
        raise InputError(f"{vectors / SOURCE} does not say which corpus was embedded")
    return TableCorpus(source)


def encode_with(run: Path, *, role: Role = Role.DOCUMENT, corpus: CorpusSource | None = None) -> Encode:
    """The encoder of a run folder for documents (or queries).

    Args:
        run: Its folder.
        role: What is encoded.
        corpus: Items, which the features in this file give vectors to where training had them not; None for what
            the encoder knows by itself.
    """
    query, document = RunFolder(run).encoders()
    if corpus is not None and corpus.names and corpus.column is not None and isinstance(document, IdTables):
        document = with_new_items(RunFolder(run), corpus.data, corpus.column)
    encoder = document if role is Role.DOCUMENT else query
    return partial(encoder.encode, role=role)


def model_fingerprint(run: Path) -> str:
    """Digest of the saved document encoder: of its description, which holds a digest of every other file.

    Raises:
        InputError: No encoder was saved there.
    """
    model = RunFolder(run).model
    where = model / "candidates" if (model / "candidates").is_dir() else model
    return fingerprint_path(where / DESCRIPTION)


def corpus_source(
    run: Path, data: str, *, column: str | None = None, id_column: str | None = None, channels: int | None = None
) -> CorpusSource:
    """The corpus of a file, with images in the size the run was trained on; found again from any folder."""
    plan, trained = RunFolder(run).plan()
    if isinstance(plan, (Recommender, SequentialRecommender, NodeLearner)):
        data = str(Path(data).resolve())
        found = column or (node_column(data) if isinstance(plan, NodeLearner) else item_column(data, trained))
        return CorpusSource(data=data, column=found, id_column=id_column, names=True)
    size = None if trained is None or trained.image_size is None else (trained.image_size, trained.image_size)
    data = data if data.startswith("set:") else str(Path(data).resolve())
    return CorpusSource(data=data, column=column, id_column=id_column, image_size=size, channels=channels)


def _opened(source: CorpusSource) -> tuple[Table, dict[str, str]]:
    chosen = {} if source.column is None else {"anchor": source.column}
    if source.data.startswith("set:"):
        found = named(source.data.removeprefix("set:"))
        return found.train, overridden(found.overrides, chosen)
    table = open_table(Path(source.data))
    return (_of_names(table, source) if source.names else table), chosen


def _of_names(table: Table, source: CorpusSource) -> Table:
    """Each name once, as text, with the first of its row names."""
    wanted = [name for name in (source.column, source.id_column) if name is not None]
    held = table.take(np.arange(len(table)), wanted)
    there = [row for row, value in enumerate(held[wanted[0]]) if not is_missing(value)]
    named = {name_of(held[wanted[0]][row]): row for row in reversed(there)}
    rows = sorted(named.values())
    columns = {name: [name_of(held[name][row]) for row in rows] for name in wanted}
    return MemoryTable(columns, description=table.description)
