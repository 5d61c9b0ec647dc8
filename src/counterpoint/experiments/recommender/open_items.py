"""Interactions with a file of items, and with items that are taken out to judge how new ones are found."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.interactions import Interactions, name_of
from counterpoint.data.opening import open_table
from counterpoint.experiments.recommender.enough import BY_TIME
from counterpoint.experiments.recommender.feature_space import fit_space
from counterpoint.experiments.recommender.items_file import CATEGORY, ItemFile, ordered, read_items
from counterpoint.experiments.recommender.known_items import Features, KnownItems
from counterpoint.experiments.recommender.opening import Opened, item_column, open_interactions, without
from counterpoint.experiments.recommender.recipe import Recommender
from counterpoint.experiments.source import DataSource


def open_for(recipe: Recommender, source: DataSource) -> Opened:
    """What a recipe learns from: interactions, with the file of items that it names.

    Raises:
        InputError: As for :func:`open_interactions` and :func:`read_items`; or no item that was taken is in the file.
    """
    categories = tuple(column for role, column in source.columns if role == CATEGORY)
    if recipe.items is None:
        if categories:
            raise InputError(f"--column {CATEGORY}={categories[0]} goes with --items")
        if not recipe.new_items:
            return open_interactions(source)
    own = replace(source, columns=tuple(pair for pair in source.columns if pair[0] != CATEGORY))
    file = None if recipe.items is None else _read(recipe.items, own, categories)
    apart = _Apart(recipe.new_items, source.seed, file)
    opened = open_interactions(own, before_split=apart)
    split = replace(opened.split, test=without(opened.split.test, apart.held))
    new = np.bincount(split.train.items, minlength=split.train.shape[1]) == 0
    known = KnownItems(features=None if file is None else _features(file, split.train), new=new, held=apart.held)
    if len(np.unique(split.validation.users[~new[split.validation.items]])) < 2:
        raise InputError(
            f"{source.data}: fewer than two users have items to choose by that others took as well; hold out fewer "
            f"with --new-items, got {recipe.new_items:g}"
        )
    told = "\n".join([opened.described, *([] if file is None else [file.described]), *_told(known, apart)])
    return replace(opened, split=split, described=told, items=known)


def _read(path: str, source: DataSource, categories: tuple[str, ...]) -> ItemFile:
    if not Path(path).exists():
        raise InputError(f"--items: there is no file {path}")
    return read_items(open_table(path), item_column(path, source), categories=categories)


@dataclass
class _Apart:
    # Adds the items that only the file knows, and takes some of those that were taken out whole.

    share: float
    seed: int
    file: ItemFile | None
    only_described: int = 0
    held: Interactions = field(init=False)

    def __call__(self, whole: Interactions) -> Interactions:
        names = [name_of(name) for name in whole.item_names]
        described = np.ones(len(names), dtype=bool)
        if self.file is not None:
            there, known = set(names), set(self.file.names)
            if there.isdisjoint(known):
                raise InputError(
                    f"no item that was taken is described: interactions have {names[0]!r}, the file of items has "
                    f"{self.file.names[0]!r}"
                )
            described = np.array([name in known for name in names], dtype=bool)
            more = [name for name in self.file.names if name not in there]
            self.only_described = len(more)
            whole = replace(whole, item_names=[*whole.item_names, *more])
        # Only items with features can be found without anybody who took them.
        able = np.flatnonzero(described)
        count = min(max(1, round(self.share * len(able))), len(able)) if self.share else 0
        drawn = np.random.default_rng(self.seed + 2).permutation(able)[:count]
        out = np.isin(whole.items, drawn)
        self.held, rest = whole.only(out), replace(whole.only(~out), notes=whole.notes)
        if _enough(whole) and not _enough(rest):
            raise InputError(
                f"--new-items {self.share:g} takes {count:,} items out: fewer than two users keep {BY_TIME} others; "
                "take out fewer"
            )
        return rest


def _enough(some: Interactions) -> bool:
    return int((np.diff(some.starts) >= BY_TIME).sum()) >= 2


def _features(file: ItemFile, like: Interactions) -> Features:
    space = fit_space(file.features, [one.width for one in file.columns])
    rows, there = ordered(file, [name_of(name) for name in like.item_names])
    return Features(
        rows=(space(rows) * there[:, None]).astype(np.float32),
        there=there,
        columns=tuple(file.columns),
        space=space,
    )


def _told(known: KnownItems, apart: _Apart) -> list[str]:
    held, notes = known.held, list[str]()
    if apart.only_described:
        notes.append(
            f"{apart.only_described:,} items of the file were taken by nobody: their vectors come from features"
        )
    if known.features is not None and (bare := int((~known.features.there).sum())):
        notes.append(f"{bare:,} items that were taken have no features: they go by who took them alone")
    if len(held):
        notes.append(
            f"{len(np.unique(held.items)):,} items with {len(held):,} interactions are taken out of what is learnt "
            "from, to judge how items are found that nobody took (--new-items)"
        )
    return [" ".join(f"{note}." for note in notes)] if notes else []
