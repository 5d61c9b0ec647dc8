"""Train a recommender into a run folder, and judge it against popularity."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from counterpoint.base.folders import atomic_folder
from counterpoint.data.interactions import Interactions, Split, name_of
from counterpoint.encoders.id_vectors import IdTables, as_cosines, id_tables
from counterpoint.evaluation import Measure
from counterpoint.evaluation.exposure import exposure
from counterpoint.evaluation.recommendation import dot_scores, popularity_scores, recommendation
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.judge import Comparison, SystemMeasure
from counterpoint.experiments.recommend import Look, Vectors, train_recommender
from counterpoint.experiments.recommender.parts import parts_of
from counterpoint.experiments.recommender.recipe import Recommender
from counterpoint.experiments.recommender.vectors import vectors_of


def train_into(
    recipe: Recommender, split: Split, folder: RunFolder, *, tell: Callable[[Look], None] = lambda look: None
) -> int:
    """Train and save; the folder's config must exist.

    Args:
        recipe: What to train.
        split: Learnt from, and chosen by.
        folder: Where the model goes.
        tell: Told of every epoch.

    Returns:
        The epoch whose vectors were kept.

    Raises:
        InputError: A user has taken every item.
    """
    (users, items), epoch = train_recommender(split, recipe.contrast, recipe.settings, seed=recipe.seed, tell=tell)
    with atomic_folder(folder.model) as temporary:
        encoder_of(recipe, split, (users, items)).save(temporary)
    return epoch


def encoder_of(recipe: Recommender, split: Split, vectors: Vectors) -> IdTables:
    """Users and items by name, so that cosines rank as what was learnt does.

    Args:
        recipe: Which of cosines and dot products rank.
        split: With the names.
        vectors: Of users and of items.
    """
    users, items = vectors if recipe.settings.ranking.by_cosine else as_cosines(*vectors)
    names = [[name_of(one) for one in side] for side in (split.train.user_names, split.train.item_names)]
    return id_tables(users, items, user_names=names[0], item_names=names[1])


def judge_recommender(folder: RunFolder, known: Interactions, test: Interactions) -> list[Comparison]:
    """Full ranking of all items but those known of a user: popularity, and the model; and what each recommends.

    Args:
        folder: A finished run.
        known: Everything before the test; these items are not recommended again.
        test: What should be found.

    Raises:
        InputError: Fewer than two users have a test item.
    """
    scores = dot_scores(*vectors_of(folder, known))
    systems = {"popularity": popularity_scores(known.matrix), "trained": scores}
    asked, groups = np.unique(test.users), parts_of(known, test).groups
    found = {
        name: [
            *recommendation(scores, known.matrix, test.matrix, groups=groups),
            *exposure(scores, known.matrix, asked),
        ]
        for name, scores in systems.items()
    }
    return compared(found, model="trained")


def compared(found: Mapping[str, Sequence[Measure]], *, model: str) -> list[Comparison]:
    """Measure by measure what is there system by system.

    Args:
        found: The same measures of every system, by its name.
        model: Which of them was trained.
    """
    return [
        Comparison(
            measures[0].name,
            measures[0].greater_is_better,
            tuple(
                SystemMeasure(name, one.value, one.low, one.high, name == model)
                for name, one in zip(found, measures, strict=True)
            ),
        )
        for measures in zip(*found.values(), strict=True)
    ]
