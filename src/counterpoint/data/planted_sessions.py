"""Made sessions in which the attributes of items, and nothing else about them, say what follows what."""

from dataclasses import dataclass

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.interactions import Interactions, Split, leave_last_out


@dataclass(frozen=True, kw_only=True)
class PlantedSessions:
    """What was made, and what it was made of.

    Attributes:
        split: Sessions as users: the last item of each to test, the one before to validate.
        attributes: Of every item, int64: category, subcategory, brand and tags, each attribute a number of its own.
        classes: Category and subcategory of every item, int64 `[I, 2]`, each from 0 on.
    """

    split: Split
    attributes: list[np.ndarray]
    classes: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Shop:
    """How many attributes of each kind there are, and what they count.

    Attributes:
        categories: Of items.
        each: Subcategories of a category.
        brands: An item has one.
        tags: An item has three.
        follow: What being of a subcategory that usually follows adds to the log-odds of an item.
        brand: What the session's brand adds.
        tag: What each tag adds that the session looks for.
    """

    categories: int = 6
    each: int = 4
    brands: int = 12
    tags: int = 20
    follow: float = 3.0
    brand: float = 2.0
    tag: float = 1.0


_TAGS = 3
_FOLLOWERS = 2


def planted_sessions(
    *, sessions: int, items: int, lengths: tuple[int, int] = (5, 10), shop: Shop | None = None, seed: int
) -> PlantedSessions:
    """Sessions that go from subcategory to subcategory, faithful to a brand and to some tags.

    Formula: every subcategory has two that usually follow it, and a session has a brand and three tags. Its next item
    is drawn, among those it has not had, with log-odds ``follow [usual follower] + brand [the session's brand] + tag
    (tags in common with the session)``; the first item without the first term.

    Args:
        sessions: How many.
        items: I.
        lengths: The least and the largest number of items of a session, drawn evenly.
        shop: Attributes.
        seed: Of everything.

    Raises:
        InputError: A session has less than three items, or not fewer than there are.
    """
    shop = shop or Shop()
    if not 3 <= lengths[0] <= lengths[1] < items:
        raise InputError(f"lengths must lie in 3..{items - 1}, got {lengths}")
    rng = np.random.default_rng(seed)
    kinds = shop.categories * shop.each
    kind, brand = rng.integers(kinds, size=items), rng.integers(shop.brands, size=items)
    tags = _some_tags(items, shop.tags, rng)
    usual = np.zeros((kinds, kinds))
    np.put_along_axis(usual, np.argsort(rng.random((kinds, kinds)), axis=1)[:, :_FOLLOWERS], shop.follow, axis=1)
    liked = shop.tag * _some_tags(sessions, shop.tags, rng) @ tags.T
    liked += shop.brand * (rng.integers(shop.brands, size=sessions)[:, None] == brand)
    taken = _walk(liked, usual[kind][:, kind], lengths[1], rng)
    there = np.arange(lengths[1]) < rng.integers(lengths[0], lengths[1] + 1, size=sessions)[:, None]
    whole = Interactions(
        users=np.nonzero(there)[0], items=taken[there], user_names=range(sessions), item_names=range(items)
    )
    train, validation, test = leave_last_out(whole)
    category = kind // shop.each
    starts = np.cumsum([0, shop.categories, kinds, shop.brands])
    single = np.stack([category, kind, brand], axis=1) + starts[:3]
    attributes = [np.append(one, np.flatnonzero(own) + starts[3]) for one, own in zip(single, tags, strict=True)]
    split = Split(train=train, validation=validation, test=test)
    return PlantedSessions(split=split, attributes=attributes, classes=np.stack([category, kind], axis=1))


def _some_tags(rows: int, tags: int, rng: np.random.Generator) -> np.ndarray:
    """Three of them in every row, 0 and 1 `[rows, tags]`."""
    return (np.argsort(np.argsort(rng.random((rows, tags)), axis=1), axis=1) < _TAGS).astype(np.float64)


def _walk(liked: np.ndarray, usual: np.ndarray, steps: int, rng: np.random.Generator) -> np.ndarray:
    """Items of every session `[S, steps]`, drawn without repetition by log-odds ``liked + usual[last]``."""
    free, taken = liked.copy(), np.zeros((len(liked), steps), dtype=np.int64)
    for step in range(steps):
        odds = free if not step else free + usual[taken[:, step - 1]]
        taken[:, step] = (odds + rng.gumbel(size=odds.shape)).argmax(axis=1)
        np.put_along_axis(free, taken[:, step : step + 1], -np.inf, axis=1)
    return taken
