"""Interactions of users with items: Gowalla, Douban-Book and three sets of Amazon reviews."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from counterpoint.data.interactions import Interactions, Split, hold_out, leave_last_out
from counterpoint.data.sets.place import must_be_placed


@dataclass(frozen=True, kw_only=True)
class InteractionSet(Split):
    """A real set of interactions, split.

    Attributes:
        name: What it is called.
        citation: Who made it.
        licence: As stated by its makers.
        notes: Deviations from the original release.
    """

    name: str
    citation: str
    licence: str
    notes: tuple[str, ...] = ()


class Category(StrEnum):
    """Of Amazon reviews."""

    BEAUTY = "Beauty"
    SPORTS = "Sports_and_Outdoors"
    TOYS = "Toys_and_Games"


def gowalla() -> InteractionSet:
    """29,858 users, 40,981 places; 810,128 check-ins to learn from and 217,242 to test, in LightGCN's split.

    One in ten of every user's training items, drawn once, is the validation part. It has no download: it must be placed
    in ``COUNTERPOINT_DATA/rec_gowalla``.

    Raises:
        InputError: It is not there.
    """
    return _split_set("gowalla", "Cho, Myers and Leskovec (2011). Friendship and mobility. KDD")


def douban_book() -> InteractionSet:
    """13,024 users, 22,347 books; 633,649 ratings to learn from and 158,413 to test.

    One in ten of every user's training items, drawn once, is the validation part. It has no download: it must be placed
    in ``COUNTERPOINT_DATA/rec_douban_book``.

    Raises:
        InputError: It is not there.
    """
    return _split_set("douban_book", "Douban-Book, as packed by the authors of LightCSCF")


def amazon(category: Category, *, core: int = 5) -> InteractionSet:
    """Reviews by 5-core users in the order of time: the last item of everybody to test, the one before to validate.

    Args:
        category: Of the items.
        core: Reviews that each user and each item has at least; more than 5 make a smaller and denser set, whose items
            are called by their numbers in the whole one.

    It has no download: it must be placed in ``COUNTERPOINT_DATA/rec_sequential``.

    Raises:
        InputError: It is not there.
    """
    file = f"{category}.npz"
    with np.load(must_be_placed("rec_sequential", [file]) / file, allow_pickle=False) as held:
        whole = _interactions(held["indptr"], held["items"] - 1)
    train, validation, test = leave_last_out(whole if core <= 5 else whole.core(core))
    return InteractionSet(
        name=f"amazon_{category.name.lower()}",
        train=train,
        validation=validation,
        test=test,
        citation="McAuley, Targett, Shi and van den Hengel (2015). Image-based recommendations. SIGIR",
        licence="none stated; research use",
        notes=(f"{core}-core, from the 5-core as packed by the authors of S3-Rec", *train.notes),
    )


def item_attributes(category: Category) -> list[np.ndarray]:
    """The attributes of every item of :func:`amazon`, int64, by number of the item.

    Raises:
        InputError: The set is not there.
    """
    file = f"{category}.npz"
    with np.load(must_be_placed("rec_sequential", [file]) / file, allow_pickle=False) as held:
        names, starts, attributes = held["attr_item"], held["attr_indptr"], held["attr_ids"]
    found = [np.zeros(0, dtype=np.int64)] * int(names.max())
    for place, name in enumerate(names.tolist()):
        found[name - 1] = attributes[starts[place] : starts[place + 1]].astype(np.int64)
    return found


def _split_set(name: str, citation: str) -> InteractionSet:
    file = f"{name}.npz"
    with np.load(must_be_placed(f"rec_{name}", [file]) / file, allow_pickle=False) as held:
        items = int(held["n_items"])
        known, test = (
            _interactions(held[f"{part}_indptr"], held[f"{part}_items"], items) for part in ("train", "test")
        )
    train, validation = hold_out(known, 0.1, seed=0)
    return InteractionSet(
        name=name, train=train, validation=validation, test=test, citation=citation, licence="none stated"
    )


def _interactions(starts: np.ndarray, items: np.ndarray, count: int | None = None) -> Interactions:
    sizes = np.diff(starts)
    return Interactions(
        users=np.repeat(np.arange(len(sizes)), sizes),
        items=items.astype(np.int64),
        user_names=range(len(sizes)),
        item_names=range(int(items.max()) + 1 if count is None else count),
    )
