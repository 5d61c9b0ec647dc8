"""Splits: rows of the same table for training and for judging, without leaking from one to the other."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.table import Column, Table, listed

Parts = dict[str, np.ndarray]
"""Part name to ascending row numbers, int64."""


def split_rows(
    table: Table,
    fractions: Mapping[str, float] | None = None,
    *,
    by_column: str | None = None,
    group: str | None = None,
    stratify: str | None = None,
    seed: int = 0,
) -> Parts:
    """Split a table: by the values of a column, or by fractions (of groups, or stratified by class, or plain).

    Args:
        table: What is split.
        fractions: Part name to share, summing to 1, such as ``{"train": 0.9, "test": 0.1}``.
        by_column: Column that names the part of every row (the other arguments are then not allowed).
        group: Rows with equal values here stay on one side.
        stratify: Each part gets the classes of this column in proportion.
        seed: Decides the draw.

    Raises:
        InputError: Arguments that do not go together, fractions that do not sum to 1, or a part without rows.
    """
    if by_column is not None:
        if fractions is not None or group is not None or stratify is not None:
            raise InputError(f"by_column={by_column!r} already says which row is where; leave out the other arguments")
        return split_by_value(_column(table, by_column))
    if fractions is None:
        raise InputError("either fractions or by_column is needed to split")
    if group is not None and stratify is not None:
        raise InputError("a split keeps groups together or stratifies by class, not both")
    if group is not None:
        return split_by_group(_column(table, group), fractions, seed=seed)
    labels = None if stratify is None else _column(table, stratify)
    return split_by_fraction(len(table), fractions, seed=seed, labels=labels)


def split_by_value(values: Column) -> Parts:
    """One part per distinct value, named by it, in order of appearance.

    Raises:
        InputError: A missing value.
    """
    parts: dict[str, list[int]] = {}
    for row, value in enumerate(values):
        if value is None or value == "":
            raise InputError(f"row {row} does not say to which part it belongs")
        parts.setdefault(str(value), []).append(row)
    return {name: np.array(rows, dtype=np.int64) for name, rows in parts.items()}


def split_by_fraction(
    n: int, fractions: Mapping[str, float], *, seed: int, labels: Sequence[Any] | np.ndarray | None = None
) -> Parts:
    """Draw parts at random; sizes are the fractions of n, rounded so that they sum to n.

    With ``labels`` every class is spread evenly: its rows in random order take the places (k + 1/2) / n_class, all
    rows are sorted by place, and the order is cut. So a class misses its proportion by about one row at most.

    Raises:
        InputError: Fractions that do not sum to 1, or a part without rows.
    """
    bounds = _bounds(n, fractions)
    random = np.random.default_rng(seed)
    order = random.permutation(n)
    if labels is not None:
        if len(labels) != n:
            raise InputError(f"one label per row is needed: {len(labels)} labels for {n} rows")
        _, classes = np.unique([str(label) for label in labels], return_inverse=True)
        order = _spread(classes, order)
    return _cut(order, fractions, bounds)


def split_by_group(groups: Sequence[Any] | np.ndarray, fractions: Mapping[str, float], *, seed: int) -> Parts:
    """Draw whole groups: all rows of a group are in one part. Part sizes are as near as whole groups allow.

    Raises:
        InputError: Fractions that do not sum to 1, fewer groups than parts, or a part without rows.
    """
    if any(group is None or group == "" for group in groups):
        raise InputError("a row has no group, so it cannot be kept together with its own")
    names, number = np.unique([str(group) for group in groups], return_inverse=True)
    if len(names) < len(fractions):
        raise InputError(f"{len(names)} groups cannot fill {len(fractions)} parts")
    order = np.random.default_rng(seed).permutation(len(names))
    sizes = np.bincount(number)[order]
    middle = (np.cumsum(sizes) - sizes / 2) / sizes.sum()
    part_of_group = np.empty(len(names), dtype=np.int64)
    part_of_group[order] = np.searchsorted(np.cumsum(list(fractions.values()))[:-1], middle, side="right")
    part = part_of_group[number]
    _bounds(len(number), fractions)
    parts = {name: np.flatnonzero(part == place) for place, name in enumerate(fractions)}
    empty = [name for name, rows in parts.items() if not rows.size]
    if empty:
        raise InputError(f"the {len(names)} groups are too large: the part {empty[0]!r} stays empty (seed {seed})")
    return parts


def _bounds(n: int, fractions: Mapping[str, float]) -> np.ndarray:
    shares = np.array(list(fractions.values()), dtype=np.float64)
    if not shares.size or (shares <= 0).any() or abs(shares.sum() - 1) > 1e-6:
        raise InputError(f"fractions must be positive and sum to 1, not {dict(fractions)}")
    bounds = np.round(np.cumsum(shares) * n).astype(np.int64)
    empty = np.flatnonzero(np.diff(bounds, prepend=0) == 0)
    if empty.size:
        raise InputError(f"{n} rows are too few: the part {list(fractions)[empty[0]]!r} would be empty")
    return bounds


def _spread(classes: np.ndarray, order: np.ndarray) -> np.ndarray:
    place = np.empty(len(classes))
    for number in np.unique(classes):
        rows = order[classes[order] == number]
        place[rows] = (np.arange(len(rows)) + 0.5) / len(rows)
    return order[np.argsort(place[order], kind="stable")]


def _cut(order: np.ndarray, fractions: Mapping[str, float], bounds: np.ndarray) -> Parts:
    return {name: np.sort(rows) for name, rows in zip(fractions, np.split(order, bounds[:-1]), strict=True)}


def _column(table: Table, name: str) -> Column:
    if name not in table.columns:
        raise InputError(f"{table.description} has no column {name!r}; its columns: {listed(table.columns)}")
    return table.take(np.arange(len(table)), [name])[name]
