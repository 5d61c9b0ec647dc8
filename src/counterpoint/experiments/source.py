"""Where a run's data come from, as a saveable value, and how they become examples to train and to test on."""

import shlex
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from counterpoint.base.content import Kind
from counterpoint.base.errors import InputError
from counterpoint.base.facts import Fact
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
from counterpoint.data.overrides import overridden

SET = "set:"
"""What the name of a real data set begins with, where a path may stand too."""


@dataclass(frozen=True, kw_only=True)
class DataSource:
    """A file, folder or named set, how its columns are read, and what is held out.

    Attributes:
        data: Path of a file or folder, or ``set:NAME`` for a named real set.
        test: Path of held-out data, or ``set:NAME`` for the test part of a named set; None holds out
            ``test_fraction`` of the rows (named sets bring their own).
        test_fraction: Share of rows held out, 0 for none.
        columns: Pairs (role, column) that override the conventions.
        image_size: Height and width of images, when they are to be resized.
        bad_rows: How many unreadable rows may be skipped.
        facts: What the relation of a recipe must know of every training row; their columns are found by name, or as
            ``columns`` says, and are no content.
        rows: Use only the first rows of the training data; 0 for all.
        seed: Decides the split.
    """

    data: str
    test: str | None = None
    test_fraction: float = 0.1
    columns: tuple[tuple[str, str], ...] = ()
    image_size: int | None = None
    bad_rows: int = 0
    facts: tuple[Fact, ...] = ()
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
    check_numbers(source)
    roles = infer_roles(train, columns, facts=source.facts)
    image, limit = ImageFormat(size=source.image_size), BadRows(limit=source.bad_rows)
    names = None
    if roles.label is not None:
        # A class whose only examples happen to be held out, or left out, is a class all the same.
        names = Examples(train, roles, bad_rows=limit, image=image).label_names
    if test is None and source.test_fraction > 0:
        fractions = {"train": 1 - source.test_fraction, "test": source.test_fraction}
        parts = split_rows(train, fractions, group=roles.group, seed=source.seed)
        train, test = Subset(train, parts["train"]), Subset(train, parts["test"])
    if source.rows:
        train = Subset(train, np.arange(min(source.rows, len(train))))
    examples = Examples(train, roles, bad_rows=limit, image=image, label_names=names)
    held_out = None
    if test is not None:
        same = examples.image if roles.kind is Kind.IMAGE else image
        # A relation is learnt from, not judged by.
        judged = replace(roles, facts=())
        held_out = Examples(test, judged, bad_rows=limit, image=same, label_names=examples.label_names or None)
    return Data(train=examples, test=held_out, roles=roles, described=roles.describe(train))


def check_numbers(source: DataSource) -> None:
    """Refuse shares, sizes and limits that are none.

    Raises:
        InputError: One is out of its range; the message names it.
    """
    if not 0 <= source.test_fraction < 1:
        raise InputError(f"test_fraction must be at least 0 and below 1, got {source.test_fraction}")
    if source.image_size is not None and source.image_size < 1:
        raise InputError(f"image_size must be at least 1, got {source.image_size}")
    for name in ("bad_rows", "rows", "seed"):
        if getattr(source, name) < 0:
            raise InputError(f"{name} must be at least 0, got {getattr(source, name)}")


def _tables(source: DataSource) -> tuple[Table, Table | None, dict[str, str]]:
    """The table to learn from, the one held out if there is any, and what is known of the columns."""
    train, test, overrides = open_data(source.data)
    if source.test is not None:
        test = open_held_out(source.test)
    return train, test, overridden(overrides, dict(source.columns))


def open_data(name: str) -> tuple[Table, Table | None, dict[str, str]]:
    """A file or folder; or a named set, which brings a part to judge by and the roles of its columns.

    Raises:
        InputError: There is no such file, folder or set.
    """
    if name.startswith(SET):
        found = named(name.removeprefix(SET))
        return found.train, found.test, dict(found.overrides)
    return open_table(Path(name)), None, {}


def open_held_out(name: str) -> Table:
    """A file or folder, or the part of a named set that is there to judge by.

    Raises:
        InputError: There is no such file, folder or set.
    """
    whole, part, _ = open_data(name)
    return whole if part is None else part


def source_options(source: DataSource) -> list[str]:
    """What to say to ``counterpoint train`` besides the data and the recipe, which names the facts it reads."""
    options = [f"--column {shlex.quote(f'{role}={name}')}" for role, name in source.columns]
    for field in fields(DataSource):
        value = getattr(source, field.name)
        if field.name not in ("data", "columns", "facts") and value != field.default:
            options.append(f"--{field.name.replace('_', '-')} {shlex.quote(str(value))}")
    return options
