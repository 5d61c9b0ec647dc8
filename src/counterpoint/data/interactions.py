"""Who took what: users and items by number, read from a table, cleaned with a count, and split."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.data.kinds import is_missing
from counterpoint.data.table import Column, Table, listed


@dataclass(frozen=True, kw_only=True, eq=False)
class Interactions:
    """E pairs of a user and an item, each pair once, those of a user in the order of time.

    Attributes:
        users: int64 `[E]`, ascending.
        items: int64 `[E]`.
        user_names: User u is called ``user_names[u]``.
        item_names: Item i is called ``item_names[i]``.
        notes: What was cleaned, with counts, to be told to the user.
    """

    users: np.ndarray
    items: np.ndarray
    user_names: Sequence[Any]
    item_names: Sequence[Any]
    notes: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of users and of items."""
        return len(self.user_names), len(self.item_names)

    def __len__(self) -> int:
        """E."""
        return len(self.users)

    @property
    def starts(self) -> np.ndarray:
        """int64 `[U + 1]`: the items of user u are ``items[starts[u]:starts[u + 1]]``."""
        return np.searchsorted(self.users, np.arange(len(self.user_names) + 1))

    @property
    def matrix(self) -> sparse.csr_array:
        """1 where a user took an item, float64 `[U, I]`."""
        return sparse.csr_array((np.ones(len(self)), (self.users, self.items)), self.shape)

    def of_first(self, users: int) -> "Interactions":
        """Those of the first so many users; items keep their numbers."""
        return replace(self.only(self.users < users), user_names=self.user_names[:users])

    def core(self, least: int) -> "Interactions":
        """The users with so many items at least and the items with so many users, numbered anew; names stay.

        Raises:
            InputError: Nobody is left.
        """
        keep = np.ones(len(self), dtype=bool)
        while True:
            counts = [
                np.bincount(side[keep], minlength=count)
                for side, count in zip((self.users, self.items), self.shape, strict=True)
            ]
            fewer = keep & (counts[0][self.users] >= least) & (counts[1][self.items] >= least)
            if fewer.sum() == keep.sum():
                break
            keep = fewer
        if not keep.any():
            raise InputError(f"no user has {least} items that {least} users have")
        users, user = np.unique(self.users[keep], return_inverse=True)
        items, item = np.unique(self.items[keep], return_inverse=True)
        names = [self.user_names[number] for number in users], [self.item_names[number] for number in items]
        return replace(self, users=user, items=item, user_names=names[0], item_names=names[1], notes=())

    def only(self, keep: np.ndarray) -> "Interactions":
        """Those of a bool mask `[E]`, with the same names."""
        return replace(self, users=self.users[keep], items=self.items[keep], notes=())


@dataclass(frozen=True, kw_only=True)
class Split:
    """Interactions in three parts; users and items have the same numbers in all of them.

    Attributes:
        train: To learn from.
        validation: To choose by.
        test: To judge by.
    """

    train: Interactions
    validation: Interactions
    test: Interactions

    @property
    def known(self) -> Interactions:
        """What is known before the test: training and validation together, sorted by user."""
        parts = (self.train, self.validation)
        users, items = (np.concatenate([getattr(part, name) for part in parts]) for name in ("users", "items"))
        order = np.argsort(users, kind="stable")
        return replace(self.train, users=users[order], items=items[order], notes=())

    def of_first(self, users: int) -> Self:
        """What the first so many users took, in every part."""
        parts = {name: getattr(self, name).of_first(users) for name in ("train", "validation", "test")}
        return replace(self, **parts)


def read_interactions(
    table: Table, *, user: str = "user", item: str = "item", time: str | None = None, like: Interactions | None = None
) -> Interactions:
    """Interactions of a table, one row each.

    Rows without a user or an item are left out, and of equal pairs the first is kept; both are counted in ``notes``.

    Args:
        table: One row an interaction.
        user: Column of users.
        item: Column of items.
        time: Column to order a user's interactions by; the order of rows otherwise.
        like: Number users and items as there; rows with others are left out and counted.

    Raises:
        InputError: A column is missing, a time is no number, or no interaction is left.
    """
    wanted = [user, item] if time is None else [user, item, time]
    missing = [name for name in wanted if name not in table.columns]
    if missing:
        raise InputError(f"{table.description} has no column {missing[0]!r}; its columns: {listed(table.columns)}")
    held = table.take(np.arange(len(table)), wanted)
    empty = _missing(held[user]) | _missing(held[item])
    notes = _count(empty, "without a user or an item")
    users, user_names = _numbered(held[user], ~empty, None if like is None else like.user_names)
    items, item_names = _numbered(held[item], ~empty, None if like is None else like.item_names)
    strange = ~empty & ((users < 0) | (items < 0))
    notes += _count(strange, "whose user or item was not there in training")
    rows = np.flatnonzero(~empty & ~strange)
    if not rows.size:
        raise InputError(f"{table.description} has no interaction that can be used: {', '.join(notes) or 'no rows'}")
    order = np.lexsort((np.zeros(len(rows)) if time is None else _times(held[time], time)[rows], users[rows]))
    rows = rows[order]
    _, first = np.unique(users[rows] * len(item_names) + items[rows], return_index=True)
    kept = np.zeros(len(rows), dtype=bool)
    kept[first] = True
    notes += _count(~kept, "that repeat an earlier one")
    rows = rows[kept]
    return Interactions(users=users[rows], items=items[rows], user_names=user_names, item_names=item_names, notes=notes)


def name_of(value: object) -> str:
    """A user or an item as it is typed: whole numbers without a point."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def leave_last_out(whole: Interactions) -> tuple[Interactions, Interactions, Interactions]:
    """Each user's last item to test, the one before to validate, the rest to learn from.

    Users with fewer than three items have all of them in training; the notes of the first part count them.
    """
    starts = whole.starts
    length, from_end = np.diff(starts)[whole.users], starts[whole.users + 1] - 1 - np.arange(len(whole))
    short = length < 3
    count = int((np.diff(starts) < 3).sum())
    notes = (f"{count:,} users with fewer than 3 items are not judged",) if count else ()
    train = replace(whole.only(short | (from_end > 1)), notes=notes)
    return train, whole.only(~short & (from_end == 1)), whole.only(~short & (from_end == 0))


def hold_out(whole: Interactions, share: float, *, seed: int) -> tuple[Interactions, Interactions]:
    """Of every user's n items, ``floor(share n)`` drawn at random are the second part.

    Raises:
        InputError: The share does not lie between 0 and 1.
    """
    if not 0 < share < 1:
        raise InputError(f"share must lie between 0 and 1, got {share}")
    # Within a user the order is random, and the first few of it are held out.
    order = np.lexsort((np.random.default_rng(seed).random(len(whole)), whole.users))
    place = np.arange(len(whole)) - whole.starts[whole.users]
    held = np.zeros(len(whole), dtype=bool)
    held[order[place < np.floor(share * np.diff(whole.starts))[whole.users]]] = True
    return whole.only(~held), whole.only(held)


def _count(rows: np.ndarray, what: str) -> tuple[str, ...]:
    return (f"{int(rows.sum()):,} rows {what} were left out",) if rows.any() else ()


def _missing(column: Column) -> np.ndarray:
    if isinstance(column, np.ndarray) and column.dtype.kind in "iu":
        return np.zeros(len(column), dtype=bool)
    return np.array([is_missing(value) or value != value for value in column], dtype=bool)  # NaN is not itself


def _numbered(column: Column, there: np.ndarray, names: Sequence[Any] | None) -> tuple[np.ndarray, Sequence[Any]]:
    """Numbers int64, -1 for what has none, and the names in order of their numbers."""
    rows = np.flatnonzero(there)
    values = column[rows] if isinstance(column, np.ndarray) else [column[row] for row in rows]
    found: dict[Any, int] = {} if names is None else {name: number for number, name in enumerate(names)}
    numbers = np.full(len(column), -1, dtype=np.int64)
    if names is None and isinstance(values, np.ndarray):
        known, numbers[rows] = np.unique(values, return_inverse=True)
        return numbers, known.tolist()
    for row, value in zip(rows, values if isinstance(values, list) else values.tolist(), strict=True):
        numbers[row] = found.get(value, -1) if names is not None else found.setdefault(value, len(found))
    return numbers, list(found) if names is None else names


def _times(column: Column, name: str) -> np.ndarray:
    try:
        times = np.asarray(column, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"column {name!r} orders interactions and must hold numbers: {error}") from error
    if not np.isfinite(times).all():
        raise InputError(
            f"column {name!r} orders interactions: row {int(np.flatnonzero(~np.isfinite(times))[0])} is no number"
        )
    return times
