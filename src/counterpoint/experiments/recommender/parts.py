"""Parts of the users and items that are judged by themselves, where they say something that the whole does not."""

from dataclasses import dataclass

import numpy as np

from counterpoint.data.interactions import Interactions
from counterpoint.evaluation.recommendation import COLD, Group, cold_and_tail

MOST_COLD = 2 * COLD
"""Share of the judged users above which cold ones are no group of their own."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Parts:
    """What is judged by itself.

    Attributes:
        groups: Theirs.
        told: Why there are no cold users, to be told to the user; empty where there are.
    """

    groups: tuple[Group, ...]
    told: str


def parts_of(known: Interactions, test: Interactions) -> Parts:
    """Cold users and items of the tail and of the head; no cold users where a tie makes them more than half of all.

    The cold are a quarter of the users, and all that have as few items as the last of these. Where most users have the
    same number of items, that is nearly everybody, and their figures repeat those of all.

    Args:
        known: Everything before the test.
        test: What should be found, with the same numbers; its users are those who are judged.
    """
    groups, taken, judged = cold_and_tail(known.matrix), np.diff(known.starts), np.unique(test.users)
    cold = next(group.users for group in groups if group.name == "cold")
    count = int(cold[judged].sum())
    if count <= MOST_COLD * len(judged):
        return Parts(groups=groups, told="")
    told = (
        f"no cold users: {count:,} of {len(judged):,} judged users have at most {taken[cold].max():,} known items "
        "each, and a quarter is meant"
    )
    return Parts(groups=tuple(group for group in groups if group.name != "cold"), told=told)
