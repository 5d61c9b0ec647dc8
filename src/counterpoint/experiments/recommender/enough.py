"""Whether enough could be held out to choose and to judge by, and what would help where it could not."""

import math

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.interactions import Interactions, Split
from counterpoint.experiments.source import DataSource

BY_TIME = 3
"""Items that a user needs with times, and with shares too where a part to judge by is drawn: one in every part."""
WITH_FILE = 2
"""Items that a user needs where the test is a file: one to learn from and one to choose by."""


def by_time(source: DataSource, *, timed: bool) -> bool:
    """Whether the last items of every user are held out, rather than a share of them or a file."""
    return source.test is None and source.test_fraction > 0 and timed


def check_enough(source: DataSource, whole: Interactions, split: Split, *, timed: bool) -> None:
    """At least two users have something to choose by, and to judge by where that is asked for.

    Args:
        source: What was asked for.
        whole: All interactions but those of a test file.
        split: What became of them.
        timed: There is a column of times.

    Raises:
        InputError: They have not; the message says what would help, and that nothing would where that is so.
    """
    if len(np.unique(split.validation.users)) < 2:
        advice = _advice(source, whole, timed=timed)
        raise InputError(f"{source.data}: fewer than two users have items enough to choose by; {advice}")
    if source.test is not None and len(np.unique(split.test.users)) < 2:
        raise InputError(
            f"--test {source.test}: fewer than two users have items to judge by; it must hold items, new to them, of "
            "two users at least that are known from training"
        )
    if source.test is None and source.test_fraction and len(np.unique(split.test.users)) < 2:
        advice = _advice(source, whole, timed=timed)
        raise InputError(f"{source.data}: fewer than two users have items enough to judge by; {advice}")


def _advice(source: DataSource, whole: Interactions, *, timed: bool) -> str:
    counts = np.sort(np.diff(whole.starts))
    second = int(counts[-2]) if len(counts) > 1 else 0
    needed = BY_TIME if source.test is None else WITH_FILE
    few = f"all users but one have at most {second}"
    if by_time(source, timed=timed):
        return f"with times a user needs three of them, the last to judge and the one before to choose by, and {few}"
    if second < needed:
        file = "" if source.test is not None else f", {WITH_FILE} with a --test file and --test-fraction 0.5"
        return f"two users at least must have {needed} each{file}, and {few}: no larger --test-fraction helps"
    if timed and source.test is None:
        return "leave out --test-fraction 0: there are times, with which a user needs three items"
    # The smallest share, in hundredths, of which a user's items, and what is left of them, give one each.
    enough = math.ceil(100 / (second - needed + WITH_FILE)) / 100
    times = "" if source.test is not None else ", or a column of times (each user's last items are held out then)"
    return f"name a larger --test-fraction, such as {enough:g}{times}"
