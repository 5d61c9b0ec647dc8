"""A file that describes items: one row each, a column of names, and all other columns as features."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.data import Table
from counterpoint.data.interactions import name_of
from counterpoint.data.names import is_identifier
from counterpoint.data.table import Column, listed
from counterpoint.experiments.feature_cells import is_empty
from counterpoint.experiments.feature_columns import FeatureColumn, fitted_features
from counterpoint.experiments.named_rows import first_rows, in_order, taken

SHOWN = 5
CATEGORY = "category"
"""The role of a column whose numbers are no amounts."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ItemFile:
    """What a file says of items.

    Attributes:
        names: Of the items that have features, each once.
        features: Sparse float32 `[N, F]`.
        columns: How they were read, in the order of the features.
        described: Which column was taken for what, and what was left out, to be told to the user.
    """

    names: list[str]
    features: sparse.csr_array
    columns: list[FeatureColumn]
    described: str


def read_items(table: Table, item: str, *, categories: Sequence[str] = ()) -> ItemFile:
    """Names by one column, and features from every other one but those that name rows by numbers.

    Numbers are standardised, vectors taken as they are, texts as TF-IDF of their most frequent words. An empty cell
    says nothing. Rows without a name, rows that repeat one, and rows of which every feature is empty are left out and
    counted.

    Args:
        table: One row an item.
        item: The column of names.
        categories: Columns whose values are categories, whatever they look like.

    Raises:
        InputError: A column that is not there, no column besides the names, or one that is empty or holds neither
            numbers, vectors nor texts.
    """
    if unknown := [name for name in categories if name not in table.columns]:
        raise InputError(f"{table.description} has no column {unknown[0]!r}; its columns: {listed(table.columns)}")
    used = [one for one in table.columns if one != item and (one in categories or not is_identifier(one))]
    if not used:
        raise InputError(
            f"{table.description} says nothing of its items: it has no column besides {item!r} to learn by"
        )
    held = table.take(np.arange(len(table)), [item, *used])
    rows, notes = _rows(held, item)
    if not len(rows):
        raise InputError(f"{table.description} describes no item: {', '.join(notes) or 'no rows'}")
    columns = {name: taken(held[name], rows) for name in used}
    fitted, features = fitted_features(table.description, columns, len(rows), categories=categories)
    unused = [name for name in table.columns if name not in (item, *used)]
    notes += [f"Not used, as they name rows: {listed(unused)}"] if unused else []
    return ItemFile(
        names=[name_of(held[item][row]) for row in rows],
        features=features,
        columns=fitted,
        described=f"{table.description}: {len(rows):,} items by column {item!r}, features: "
        f"{_told(fitted, columns)}.{''.join(f' {note}.' for note in notes)}",
    )


def item_rows(names: Column) -> np.ndarray:
    """The first row of every name, int64 ascending; cells without one are passed over."""
    return np.array(list(first_rows(names, is_empty).values()), dtype=np.int64)


def ordered(file: ItemFile, names: Sequence[str]) -> tuple[sparse.csr_array, np.ndarray]:
    """Features `[I, F]` in the order of these names, and bool `[I]`, the file knows them; others have zeros."""
    features, rows = in_order(file.features, file.names, names)
    return features, rows >= 0


def _rows(held: dict[str, Column], item: str) -> tuple[np.ndarray, list[str]]:
    """Those that say something of an item not met before, and how many were left out for what reason."""
    nameless = sum(is_empty(value) for value in held[item])
    first = item_rows(held[item])
    repeated = len(held[item]) - nameless - len(first)
    said = [[not is_empty(value) for value in taken(column, first)] for name, column in held.items() if name != item]
    rows = first[np.any(said, axis=0)]
    reasons = {
        "without a name": nameless,
        "that repeat an item, of which the first counts,": repeated,
        "with nothing but a name": len(first) - len(rows),
    }
    return rows, [f"{count:,} rows {reason} were left out" for reason, count in reasons.items() if count]


def _told(fitted: Sequence[FeatureColumn], columns: dict[str, Column]) -> str:
    shown = []
    for one in fitted[:SHOWN]:
        empty = sum(map(is_empty, columns[one.name]))
        shown.append(f"{one.name} ({one.told}{f', {empty:,} empty' if empty else ''})")
    return ", ".join(shown) + (f" and {len(fitted) - SHOWN} more" if len(fitted) > SHOWN else "")
