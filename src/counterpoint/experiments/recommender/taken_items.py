"""What somebody took, as typed or from a file."""

from collections.abc import Collection
from pathlib import Path

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.interaction_cells import times_of
from counterpoint.data.table import listed
from counterpoint.experiments.feature_cells import is_empty
from counterpoint.experiments.named_rows import first_rows, taken
from counterpoint.experiments.recommender.opening import roles_of
from counterpoint.experiments.source import DataSource, open_data


def taken_items(given: str, source: DataSource, known: Collection[str]) -> list[str]:
    """Names of items, each once, oldest first.

    Args:
        given: Names with commas between them, or the path of a file with a row for each. A file has one column, or one
            of items that is called as in training or by a usual name; a column of times orders its rows.
        source: What the run learnt from.
        known: Items of the run.

    Raises:
        InputError: There is no item; or the file has items of several users, no column of items, an item in the place
            of a column's name, or a time that is none.
    """
    if Path(given).is_file():
        found = _of_file(given, source, known)
    else:
        found = list(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))
        if len(found) == 1 and found[0] not in known:
            raise InputError(
                f"--taken: {found[0]!r} is no file, and no item that was there in training; {len(known):,} are known"
            )
    if not found:
        raise InputError(f"--taken must be items with commas between them, or a file of items, got {given!r}")
    return found


def _of_file(path: str, source: DataSource, known: Collection[str]) -> list[str]:
    table = open_data(path)[0]
    named = tuple(pair for pair in source.columns if pair[1] in table.columns)
    roles = {"item": table.columns[0]} if len(table.columns) == 1 else roles_of(table, named)
    if "item" not in roles:
        raise InputError(f"--taken: {table.description} has no column of items, only {listed(table.columns)}")
    column = roles["item"]
    if column in known:
        raise InputError(
            f"--taken: {table.description} must begin with the name of its column, such as item: {column!r} is an item"
        )
    cells = table.take(np.arange(len(table)), list(dict.fromkeys(roles.values())))
    if "user" in roles and len(users := first_rows(cells[roles["user"]], is_empty)) > 1:
        raise InputError(
            f"--taken must be the items of one user: {table.description} has {len(users):,} (column {roles['user']!r})"
        )
    items = cells[column]
    if "time" in roles:
        times = times_of(cells[roles["time"]], table=table, column=roles["time"], orders="items")
        items = taken(items, np.argsort(times, kind="stable"))
    return list(first_rows(items, is_empty))
