"""Where a run's data come from, as a saveable value, and how they become examples to train and to test on."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from counterpoint.base.content import Kind
from counterpoint.base.errors import InputError
from counterpoint.data import (
    BadRows,
    Examples,
    ImageFormat,
    Roles,
    Subset,
    Table,
    infer_roles,
    named,
    open_table,
    split_rows,
)


@dataclass(frozen=True, kw_only=True)
class DataSource:
    """A file, folder or named set, how its columns are read, and what is held out.

    Attributes:
        data: Path of a file or folder, or ``set:NAME`` for a named real set.
        test: Path of held-out data; None holds out ``test_fraction`` of the rows (named sets bring their own).
        test_fraction: Share of rows held out, 0 for none.
        columns: Pairs (role, column) that override the conventions.
        image_size: Height and width of images, when they are to be resized.
        bad_rows: How many unreadable rows may be skipped.
        rows: Use only the first rows of the training data; 0 for all.
        seed: Decides the split.
    """

    data: str
    test: str | None = None
    test_fraction: float = 0.1
    columns: tuple[tuple[str, str], ...] = ()
    image_size: int | None = None
    bad_rows: int = 0
    rows: int = 0
    seed: int = 0


@dataclass(frozen=True)
class Data:
    """Examples to learn from and examples held out, of the same roles."""

    train: Examples
    test: Examples | None
    roles: Roles
    described: str


def load_data(source: DataSource) -> Data:
    """Open everything a source names; nothing is trained yet.

    Raises:
        InputError: A file, column or row is not what was expected.
    """
    train, test, columns = _tables(source)
    return data_from(train, test, source, columns)


def data_from(train: Table, test: Table | None, source: DataSource, columns: dict[str, str]) -> Data:
    """Examples from tables that are already open; ``source`` gives image size and limits."""
    _check_numbers(source)
    roles = infer_roles(train, columns)
    image, limit = ImageFormat(size=source.image_size), BadRows(limit=source.bad_rows)
    names: tuple[str, ...] | None = None
    if test is None and source.test_fraction > 0:
        fractions = {"train": 1 - source.test_fraction, "test": source.test_fraction}
        # A class whose only examples happen to be held out is a class all the same.
        names = Examples(train, roles, bad_rows=limit, image=image).label_names or None
        parts = split_rows(train, fractions, group=roles.group, seed=source.seed)
        train, test = Subset(train, parts["train"]), Subset(train, parts["test"])
    if source.rows:
        train = Subset(train, np.arange(min(source.rows, len(train))))
    examples = Examples(train, roles, bad_rows=limit, image=image, label_names=names)
    held_out = None
    if test is not None:
        same = examples.image if roles.kind is Kind.IMAGE else image
        held_out = Examples(test, roles, bad_rows=limit, image=same, label_names=examples.label_names or None)
    return Data(train=examples, test=held_out, roles=roles, described=roles.describe(train))


def _check_numbers(source: DataSource) -> None:
    if not 0 <= source.test_fraction < 1:
        raise InputError(f"test_fraction must be at least 0 and below 1, got {source.test_fraction}")
    if source.image_size is not None and source.image_size < 1:
        raise InputError(f"image_size must be at least 1, got {source.image_size}")
    for name in ("bad_rows", "rows", "seed"):
        if getattr(source, name) < 0:
            raise InputError(f"{name} must be at least 0, got {getattr(source, name)}")


def _tables(source: DataSource) -> tuple[Table, Table | None, dict[str, str]]:
    columns = dict(source.columns)
    if source.data.startswith("set:"):
        found = named(source.data.removeprefix("set:"))
        return found.train, found.test, {**found.overrides, **columns}
    test = None if source.test is None else open_table(Path(source.test))
    return open_table(Path(source.data)), test, columns
