"""A made log of clicks with a long tail: few groups of taste, and most users with few clicks."""

from dataclasses import dataclass

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.interactions import Interactions, Split


@dataclass(frozen=True, kw_only=True)
class PlantedClicks:
    """What was made, and what it was made of.

    Attributes:
        split: Who clicked what; its validation part, which would be known at the test, is empty.
        validation: As many further clicks as in the test, which are not known there.
        group: Of every user, int64 `[U]`.
    """

    split: Split
    validation: Interactions
    group: np.ndarray


def planted_clicks(
    *,
    users: int,
    items: int,
    groups: int = 8,
    most: int = 40,
    tested: int = 10,
    fit: float = 3.0,
    seed: int,
) -> PlantedClicks:
    """Users whose numbers of clicks follow a power law, and whose clicks follow the taste of their group.

    Formula: a user has n of 1 to ``most`` clicks to learn from, ``P(n)`` as ``1 / n``, and ``tested`` each for the
    test and to validate; all are drawn, each item once, with log-odds ``fit [the item is of the user's group] -
    log(rank of the item) / 2``.

    Args:
        users: U, as many in one group as in another but for chance.
        items: I, of which every group has as many, but for chance.
        groups: Of taste.
        most: Clicks of a user to learn from.
        tested: Clicks of a user for the test, and to validate.
        fit: What being of the user's group adds to the log-odds of an item.
        seed: Of everything.

    Raises:
        InputError: A size is below 1, or there are fewer items than clicks of a user.
    """
    if min(users, groups, most, tested) < 1:
        given = f"{users}, {groups}, {most} and {tested}"
        raise InputError(f"users, groups, most and tested must be at least 1, got {given}")
    if most + 2 * tested >= items:
        raise InputError(f"items must be more than the {most + 2 * tested} clicks of a user, got {items}")
    rng = np.random.default_rng(seed)
    group, of_item = rng.integers(groups, size=users), rng.integers(groups, size=items)
    numbers = np.arange(1, most + 1)
    activity = rng.choice(numbers, size=users, p=1 / numbers / (1 / numbers).sum())
    popular = -np.log(rng.permutation(items) + 1) / 2
    odds = fit * (group[:, None] == of_item) + popular
    # The largest of log-odds with Gumbel noise, in their order, are a draw without replacement.
    drawn = np.argsort(-(odds + rng.gumbel(size=odds.shape)), axis=1)
    clicks = _first(drawn, activity + 2 * tested, rng)
    place = np.arange(clicks.shape[1]) - activity[:, None]
    train, test, validation = (
        _part(clicks, (place >= least) & (place < most), items)
        for least, most in ((-items, 0), (0, tested), (tested, 2 * tested))
    )
    nothing = train.only(np.zeros(len(train), dtype=bool))
    return PlantedClicks(split=Split(train=train, validation=nothing, test=test), validation=validation, group=group)


def _first(drawn: np.ndarray, count: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The first ``count`` of each row in random order, as the first drawn are the likeliest `[U, largest count]`."""
    width = int(count.max())
    place = np.where(np.arange(width) < count[:, None], rng.random((len(drawn), width)), np.inf)
    return np.take_along_axis(drawn[:, :width], np.argsort(place, axis=1), axis=1)


def _part(clicks: np.ndarray, there: np.ndarray, items: int) -> Interactions:
    return Interactions(
        users=np.nonzero(there)[0],
        items=clicks[there],
        user_names=range(len(clicks)),
        item_names=range(items),
    )
