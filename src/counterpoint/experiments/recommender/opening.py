"""Interactions as a run names them: which columns, and what is kept to choose and to judge by."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data import MemoryTable, Table
from counterpoint.data.interaction_cells import as_known, times_of
from counterpoint.data.interactions import Interactions, Split, hold_out, leave_last_out, name_of, read_interactions
from counterpoint.data.table import listed
from counterpoint.experiments.named_roles import named_roles
from counterpoint.experiments.recommender.enough import by_time, check_enough
from counterpoint.experiments.recommender.in_order import check_in_order, last_out
from counterpoint.experiments.recommender.known_items import KnownItems
from counterpoint.experiments.source import DataSource, check_numbers, open_data, open_held_out

NAMES = {
    "user": ("user", "user_id", "userid", "customer", "customer_id", "visitor", "visitorid", "session_id"),
    "item": ("item", "item_id", "itemid", "product", "product_id", "movie_id", "movieid", "book_id"),
    "time": ("time", "timestamp", "date", "datetime"),
}
"""The roles, and what their columns are called."""
CHOSEN_BY = 0.1


@dataclass(frozen=True, kw_only=True)
class Opened:
    """Interactions, ready to learn from.

    Attributes:
        whole: All of them that are learnt from or held out.
        split: Its test part is empty where nothing is held out.
        described: What was found, to be told to the user.
        items: What is known of the items beside who took them; None where that is nothing.
    """

    whole: Interactions
    split: Split
    described: str
    items: KnownItems | None = None

    @property
    def judged(self) -> bool:
        """There is something to judge by."""
        return len(self.split.test) > 0


def roles_of(table: Table, given: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Role to column, as given or by name; a role without a column is left out.

    Raises:
        InputError: Two columns could have one role.
    """
    return named_roles(table, NAMES, given)


def read(table: Table, roles: dict[str, str], *, like: Interactions | None = None) -> Interactions:
    """Interactions of a table whose columns are known, with dates as times; see :func:`read_interactions`.

    Args:
        table: One row an interaction.
        roles: Column of ``user``, of ``item`` and, where there is one, of ``time``.
        like: Number users and items as there. They are matched by name: 3, 3.0 and "3" are one.

    Raises:
        InputError: There is no column of users or of items, a time is neither a number nor a date, or nothing is left
            after cleaning.
    """
    if lacking := [role for role in ("user", "item") if role not in roles]:
        raise InputError(f"{table.description} has no column of {lacking[0]}s: say --column {lacking[0]}=COLUMN")
    found = {name: roles[name] for name in ("user", "item", "time") if name in roles}
    cells = table.take(np.arange(len(table)), list(dict.fromkeys(found.values())))
    held = {role: cells[column] for role, column in found.items()}
    if like is not None:
        held |= {"user": as_known(held["user"], like.user_names), "item": as_known(held["item"], like.item_names)}
    if "time" in found:
        held["time"] = times_of(held["time"], table=table, column=found["time"])
    time = "time" if "time" in found else None
    return read_interactions(MemoryTable(held, description=table.description), time=time, like=like)


def open_interactions(
    source: DataSource,
    *,
    in_order: bool = False,
    before_split: Callable[[Interactions], Interactions] = lambda whole: whole,
) -> Opened:
    """Read, and split by time where there is one, by shares of every user otherwise.

    With a time, each user's last item is for the test and the one before to choose by; without, ``test_fraction`` of
    each user's items, and the same share of the rest. Where the test is a file of its own, or ``test_fraction=0`` asks
    for none, a tenth of each user's items is to choose by.

    Args:
        source: The interactions, and what of them is held out.
        in_order: They are learnt in the order of time: each user's last item is to choose by where the test is no part
            of the file.
        before_split: What all of them become before they are split.

    Raises:
        InputError: Columns are missing or named twice, nothing is left after cleaning, or too little can be held out;
            or the order is asked for, and there are no times or too few items to learn it from.
    """
    check_numbers(source)
    table = open_data(source.data)[0]
    if odd := [role for role, _ in source.columns if role not in NAMES]:
        raise InputError(f"--column {odd[0]}=...: interactions have the roles {', '.join(NAMES)}")
    roles = roles_of(table, source.columns)
    whole = read(table, roles)
    kept = before_split(whole)
    split = _split(kept, source, roles, in_order=in_order)
    told = check_in_order(source, roles, split) if in_order else ""
    check_enough(source, kept, split, timed="time" in roles)
    return Opened(whole=kept, split=split, described=_described(table, roles, whole, split) + told)


def _split(whole: Interactions, source: DataSource, roles: dict[str, str], *, in_order: bool) -> Split:
    if by_time(source, timed="time" in roles):
        train, validation, test = leave_last_out(whole)
        return Split(train=train, validation=validation, test=test)
    if source.test is not None:
        rest, test = whole, without(read(open_held_out(source.test), roles, like=whole), whole)
    elif source.test_fraction:
        rest, test = hold_out(whole, source.test_fraction, seed=source.seed)
    else:
        rest, test = whole, whole.only(whole.users < 0)
    share, seed = source.test_fraction or CHOSEN_BY, source.seed + 1
    train, validation = last_out(rest) if in_order else hold_out(rest, share, seed=seed)
    return Split(train=train, validation=validation, test=test)


def without(later: Interactions, earlier: Interactions) -> Interactions:
    """What of ``later`` is not in ``earlier``; the rest is counted in its notes."""
    pairs, known = (part.users * part.shape[1] + part.items for part in (later, earlier))
    seen = np.isin(pairs, known)
    notes = (f"{int(seen.sum()):,} held-out rows were there in training and are not judged",) if seen.any() else ()
    return replace(later.only(~seen), notes=(*later.notes, *notes))


def _described(table: Table, roles: dict[str, str], whole: Interactions, split: Split) -> str:
    notes = (*whole.notes, *split.train.notes, *split.test.notes)
    kept = f"{len(split.validation):,} to choose by, {len(split.test):,} to judge by."
    unused = [name for name in table.columns if name not in roles.values()]
    told = "".join(f" {note}." for note in (*notes, *([f"Not used: {listed(unused)}"] if unused else [])))
    return f"{sizes_of(table, roles, whole)} {len(split.train):,} to learn from, {kept}{told}"


def sizes_of(table: Table, roles: dict[str, str], whole: Interactions) -> str:
    """How many interactions, users and items a table holds, in words."""
    users, items = whole.shape
    order = f" Each user's items are in the order of {roles['time']!r}." if "time" in roles else ""
    return (
        f"{table.description}: {len(whole):,} interactions of {users:,} users (column {roles['user']!r}) with "
        f"{items:,} items (column {roles['item']!r}).{order}"
    )


def taken_by(user: str, source: DataSource) -> set[str]:
    """Names of the items that a user has in the data of a run; none for a user without any."""
    table = open_data(source.data)[0]
    whole = read(table, roles_of(table, source.columns))
    numbers = [number for number, name in enumerate(whole.user_names) if name_of(name) == user]
    return {name_of(whole.item_names[item]) for item in whole.items[np.isin(whole.users, numbers)]}


def item_column(data: str, source: DataSource | None) -> str:
    """The column of items in a file, called as in training or by one of the usual names.

    Raises:
        InputError: There is none.
    """
    table = open_data(data)[0]
    if len(table.columns) == 1:
        return table.columns[0]
    given = () if source is None else source.columns
    found = roles_of(table, tuple(pair for pair in given if pair[1] in table.columns))
    if "item" not in found:
        raise InputError(f"{table.description} has no column of items: name it with --column; columns: {table.columns}")
    return found["item"]
