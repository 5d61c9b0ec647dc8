"""A file as a corpus to embed, and a run folder as its encoder; both can be opened again in another process."""

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from counterpoint.base.content import Content
from counterpoint.base.spec import to_json
from counterpoint.data import Examples, ImageFormat, Roles, Table, infer_roles, named, open_table, table_from
from counterpoint.encoders import Role
from counterpoint.experiments.folder import RunFolder
from counterpoint.retrieval import Encode


@dataclass(frozen=True, kw_only=True)
class CorpusSource:
    """Which column of which file is embedded.

    Attributes:
        data: File, folder, or ``set:NAME`` for the training part of a named set.
        column: The column to embed; the anchor found by name otherwise.
        id_column: Column of the user's own row names.
        image_size: Height and width of images, as in training.
        channels: Channels of images, as in training.
    """

    data: str
    column: str | None = None
    id_column: str | None = None
    image_size: tuple[int, int] | None = None
    channels: int | None = None


class TableCorpus:
    """A table read as content, in the sense of :class:`counterpoint.retrieval.Corpus`."""

    def __init__(self, source: CorpusSource) -> None:
        self.source = source
        self.table, overrides = _opened(source)
        roles = infer_roles(self.table, overrides)
        roles = replace(roles, positives=(), negatives=(), label=None, score=None, other_kind=None)
        image = ImageFormat(size=source.image_size, channels=source.channels)
        self.examples = Examples(self.table, roles, image=image)

    @property
    def roles(self) -> Roles:
        """Which column is embedded, and what it holds."""
        return self.examples.roles

    @property
    def fingerprint(self) -> str:
        """Digest of the source, the number of rows, and name, size and time of every file."""
        files = [] if self.source.data.startswith("set:") else _files(Path(self.source.data))
        return hashlib.sha256(repr((to_json(self.source), len(self), files)).encode()).hexdigest()[:16]

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
        """The user's names of the rows."""
        if self.source.id_column is None:
            return None
        return [str(value) for value in self.table.take(rows, [self.source.id_column])[self.source.id_column]]


def _files(path: Path) -> list[tuple[str, int, int]]:
    found = sorted(path.rglob("*")) if path.is_dir() else [path]
    return [(one.name, one.stat().st_size, one.stat().st_mtime_ns) for one in found if one.is_file()]


def encode_with(run: Path, *, role: Role = Role.DOCUMENT) -> Encode:
    """The encoder of a run folder for documents (or queries)."""
    query, document = RunFolder(run).encoders()
    encoder = document if role is Role.DOCUMENT else query
    return partial(encoder.encode, role=role)


def model_fingerprint(run: Path) -> str:
    """Digest of the saved document encoder."""
    model = RunFolder(run).model
    where = model / "candidates" if (model / "candidates").is_dir() else model
    return hashlib.sha256((where / "encoder.json").read_bytes()).hexdigest()[:16]


def corpus_source(
    run: Path, data: str, *, column: str | None = None, id_column: str | None = None, channels: int | None = None
) -> CorpusSource:
    """The corpus of a file, with images in the size the run was trained on."""
    trained = RunFolder(run).read()[1]
    size = None if trained is None or trained.image_size is None else (trained.image_size, trained.image_size)
    return CorpusSource(data=data, column=column, id_column=id_column, image_size=size, channels=channels)


def _opened(source: CorpusSource) -> tuple[Table, dict[str, str]]:
    chosen = {} if source.column is None else {"anchor": source.column}
    if source.data.startswith("set:"):
        found = named(source.data.removeprefix("set:"))
        return found.train, {**found.overrides, **chosen}
    return open_table(Path(source.data)), chosen
