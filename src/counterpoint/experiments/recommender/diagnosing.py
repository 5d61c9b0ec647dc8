"""What of a recommender there is to diagnose: its items or its users, and who took what in the held-out part."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.interactions import Interactions, name_of
from counterpoint.encoders.id_vectors import looked_up
from counterpoint.evaluation.diagnosis import Subject
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.named_space import NamedSpace
from counterpoint.experiments.recommender.opening import Opened
from counterpoint.experiments.recommender.recipe import Recommender
from counterpoint.experiments.recommender.sequence_recipe import SequentialRecommender
from counterpoint.experiments.recommender.vectors import vectors_of
from counterpoint.experiments.source import DataSource
from counterpoint.methods.item_ranking import SampledSoftmax


class Rows(StrEnum):
    """Whose vectors are looked at."""

    ITEMS = "items"
    USERS = "users"


@dataclass(frozen=True, kw_only=True, eq=False)
class OpenedRun:
    """A finished run and its interactions.

    Attributes:
        folder: The run.
        recipe: What it learnt by.
        source: The file of these interactions.
        opened: What it learnt from, and what it held out.
    """

    folder: RunFolder
    recipe: Recommender | SequentialRecommender
    source: DataSource
    opened: Opened


def recommender_space(run: OpenedRun, rows: Rows, *, against: OpenedRun | None = None) -> NamedSpace:
    """Each item that somebody takes in the held-out part with the first who does, or each user with such an item.

    Popularity is how many users have an item, or how many items a user has, in what was known before. Users against
    items are what ``SampledSoftmax`` compares at its temperature; items against users no loss does.

    Args:
        run: To look at.
        rows: At what.
        against: Another recommender of the same names.

    Raises:
        InputError: The run held nothing out, or the other one does not know a name.
        CheckpointError: A run is not finished, or damaged.
    """
    known, test = run.opened.split.known, run.opened.split.test
    if not run.opened.judged:
        raise InputError(f"{run.folder.path} held nothing out: there is no pair to look at")
    # The first axis holds what is looked at, the second what belongs to it.
    pairs = np.stack([test.items, test.users] if rows is Rows.ITEMS else [test.users, test.items])
    own, first = np.unique(pairs[0], return_index=True)
    others = pairs[1][first]
    vectors, names = _sides(run, known, rows)
    used = np.bincount(known.items if rows is Rows.ITEMS else known.users, minlength=len(vectors[0]))[own]
    called = [names[0][row] for row in own]
    subject = Subject(
        anchors=vectors[0][own],
        positives=vectors[1][others],
        two_sides=True,
        nuisances={"popularity": used.astype(np.float64)},
        ids=own,
        against=None if against is None else _other(against, called, rows),
        temperature=_temperature(run.recipe) if rows is Rows.USERS else None,
        batch_size=run.recipe.settings.batch,
        seed=run.recipe.seed,
    )
    belonging = {int(row): names[1][other] for row, other in zip(own, others, strict=True)}
    keys = map(int, own)
    return NamedSpace(subject=subject, names=dict(zip(keys, called, strict=True)), positives=belonging, what=rows.value)


def _sides(
    run: OpenedRun, known: Interactions, rows: Rows
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[list[str], list[str]]]:
    """Vectors and names of what is looked at and of the other side, by their numbers in the run."""
    users, items = vectors_of(run.folder, known)
    user_names, item_names = ([name_of(one) for one in side] for side in (known.user_names, known.item_names))
    if rows is Rows.ITEMS:
        return (items, users), (item_names, user_names)
    return (users, items), (user_names, item_names)


def _other(against: OpenedRun, names: list[str], rows: Rows) -> np.ndarray:
    vectors, known = _sides(against, against.opened.split.known, rows)
    place = {name: row for row, name in enumerate(known[0])}
    return vectors[0][looked_up(names, place, f"--against {against.folder.path}")]


def _temperature(recipe: Recommender | SequentialRecommender) -> float | None:
    """What cosines of users and items are divided by; other rankings compare dot products."""
    ranking = recipe.settings.ranking if isinstance(recipe, Recommender) else None
    return ranking.temperature if isinstance(ranking, SampledSoftmax) else None
