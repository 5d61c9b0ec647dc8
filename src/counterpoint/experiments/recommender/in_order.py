"""Interactions in the order of time: what is held out of them, and whether enough is left to learn what comes next."""

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.interactions import Interactions, Split
from counterpoint.experiments.source import DataSource


def last_out(whole: Interactions) -> tuple[Interactions, Interactions]:
    """Each user's last item is the second part; users with one item keep it in the first."""
    starts = whole.starts
    last = (np.arange(len(whole)) == starts[whole.users + 1] - 1) & (np.diff(starts)[whole.users] > 1)
    return whole.only(~last), whole.only(last)


def check_in_order(source: DataSource, roles: dict[str, str], split: Split) -> str:
    """Somebody has items enough that what comes next can be learnt.

    Args:
        source: What was asked for, in messages.
        roles: Column by role.
        split: What is learnt from.

    Returns:
        How many users teach nothing, to be told; nothing where there are none.

    Raises:
        InputError: There are no times, fewer than two users have an item to choose by, or nobody has two to learn from.
    """
    if "time" not in roles:
        raise InputError(
            f"{source.data} has no column of times, and --encoder sasrec learns what comes next: name it with "
            "--column time=COLUMN, or leave out --encoder"
        )
    if len(split.validation) < 2:
        raise InputError(
            f"{source.data}: fewer than two users have two items or more, the last of which is kept to choose by"
        )
    few = int((np.diff(split.train.starts) < 2).sum())
    users = split.train.shape[0]
    if few == users:
        raise InputError(
            f"{source.data}: none of {users:,} users has two items to learn from beside those held out, and "
            "--encoder sasrec learns what comes next: leave out --encoder"
        )
    if not few:
        return ""
    return f" {few:,} of {users:,} users have fewer than two items to learn from: they teach nothing, and may ask."
