"""Columns of names that make a graph: read by role, with the rows that have all of them, and numbered."""

from collections.abc import Mapping, Sequence

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.interactions import name_of
from counterpoint.data.kinds import is_missing
from counterpoint.data.table import Column, Table, listed


def columns_by_role(table: Table, roles: Mapping[str, str]) -> dict[str, Column]:
    """The cells of all N rows by role.

    Args:
        table: The rows.
        roles: The name of the column by role.

    Raises:
        InputError: A column is missing, or has two roles.
    """
    taken: dict[str, str] = {}
    for role, name in roles.items():
        if name not in table.columns:
            raise InputError(f"{table.description} has no column {name!r}; its columns: {listed(table.columns)}")
        if name in taken:
            raise InputError(f"{taken[name]} and {role} are two columns, and {name!r} is given for both")
        taken[name] = role
    held = table.take(np.arange(len(table)), list(taken))
    return {role: held[name] for role, name in roles.items()}


def complete_rows(held: Mapping[str, Column]) -> np.ndarray:
    """The rows int64 `[R]` in which no cell is missing."""
    return np.array(
        [row for row, cells in enumerate(zip(*held.values(), strict=True)) if not any(map(is_missing, cells))],
        dtype=np.int64,
    )


def names_at(cells: Column, rows: np.ndarray) -> list[str]:
    """The names in these rows; whole numbers have no point."""
    return [name_of(cells[row]) for row in rows]


def numbered(names: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """Places int64 `[R]` of names in the order in which each came first, and the names in that order."""
    place: dict[str, int] = {}
    return np.array([place.setdefault(name, len(place)) for name in names], dtype=np.int64), list(place)


def told(counts: Mapping[str, int]) -> tuple[str, ...]:
    """What was found so often, for all that was found at all."""
    return tuple(f"{count:,} {what}" for what, count in counts.items() if count)
