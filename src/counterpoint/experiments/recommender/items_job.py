"""Train a recommender of items that have features, and judge how those are found that nobody took."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from sklearn.preprocessing import normalize

from counterpoint.base.folders import atomic_folder
from counterpoint.data.interactions import Interactions, Split
from counterpoint.encoders.feature_gcn import FeatureGCN
from counterpoint.encoders.light_gcn import LightGCN
from counterpoint.evaluation import Measure
from counterpoint.evaluation.bootstrap import mean_measure
from counterpoint.evaluation.exposure import DEPTH, exposure
from counterpoint.evaluation.recommendation import (
    Scores,
    dot_scores,
    popularity_scores,
    recommendation,
    top_items,
)
from counterpoint.experiments.best_learner import best_learner
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.judge import Comparison
from counterpoint.experiments.recommend import Look
from counterpoint.experiments.recommender.feature_space import Affine
from counterpoint.experiments.recommender.job import compared, encoder_of, judge_recommender, train_into
from counterpoint.experiments.recommender.known_items import Features, KnownItems, joined
from counterpoint.experiments.recommender.new_items import FOLDER, NewItems
from counterpoint.experiments.recommender.opening import Opened
from counterpoint.experiments.recommender.parts import parts_of
from counterpoint.experiments.recommender.recipe import Recommender
from counterpoint.experiments.recommender.vectors import vectors_of
from counterpoint.methods.item_features import with_features


@dataclass(frozen=True, kw_only=True, eq=False)
class Learnt:
    """Vectors whose dot products rank.

    Attributes:
        users: `[U, D]`.
        items: `[I, D]`, also of items that nobody took; zeros for those of them without features.
        map: From features as they were read to vectors of items.
        epoch: What they are from.
    """

    users: np.ndarray
    items: np.ndarray
    map: Affine
    epoch: int


def train_opened(
    recipe: Recommender, opened: Opened, folder: RunFolder, *, tell: Callable[[Look], None] = lambda look: None
) -> int:
    """Train and save, with the features of items where there are any; the folder's config must exist.

    Args:
        recipe: What to train.
        opened: Learnt from, and chosen by.
        folder: Where the model goes.
        tell: Told of every epoch.

    Returns:
        The epoch whose vectors were kept.

    Raises:
        InputError: A user has taken every item.
    """
    if opened.items is None or opened.items.features is None:
        return train_into(recipe, opened.split, folder, tell=tell)
    found = learn_items(recipe, opened.split, opened.items.features, ~opened.items.new, tell=tell)
    by_cosine = recipe.settings.ranking.by_cosine
    longest = None if by_cosine else float(np.linalg.norm(found.items, axis=1).max())
    maker = NewItems(columns=opened.items.features.columns, map=found.map, longest=longest)
    with atomic_folder(folder.model) as temporary:
        encoder_of(recipe, opened.split, (found.users, found.items)).save(temporary)
        maker.save(temporary / FOLDER)
    return found.epoch


def learn_items(
    recipe: Recommender,
    split: Split,
    features: Features,
    taken: np.ndarray,
    *,
    tell: Callable[[Look], None] = lambda look: None,
) -> Learnt:
    """Learn from items that somebody took, and give vectors to all that have features.

    Items that nobody took have no part in learning, not even as what users did not take. Their vectors are what
    features alone give, made as long, on average, as those of items that were taken: the length says in dot products
    how much an item is taken at all, which features are not asked for.

    Args:
        recipe: How.
        split: Learnt from, and chosen by.
        features: Of all items.
        taken: bool `[I]`, somebody took an item in ``split.train``.
        tell: Told of every epoch.

    Raises:
        InputError: A user has taken every item.
    """
    learnt, settings = np.flatnonzero(taken), recipe.settings
    data, contrast = _learnt_from(split, learnt), with_features(recipe.contrast, features.rows[learnt])
    learner, epoch = best_learner(data, contrast, settings, seed=recipe.seed, patient=False, tell=tell)
    users, own = learner.vectors()
    matrix = _by_features(learner.model, features.rows[learnt], own)
    items = features.rows @ matrix * features.there[:, None]
    items[learnt] = own
    return Learnt(users=users, items=items, map=features.space.then(matrix), epoch=epoch)


def _learnt_from(split: Split, learnt: np.ndarray) -> Split:
    """What is learnt from and chosen by, with numbers for the items that somebody took alone."""
    number = np.full(split.train.shape[1], -1, dtype=np.int64)
    number[learnt] = np.arange(len(learnt))

    def within(part: Interactions) -> Interactions:
        kept = part.only(number[part.items] >= 0)
        return replace(kept, items=number[kept.items], item_names=[part.item_names[item] for item in learnt])

    return Split(train=within(split.train), validation=within(split.validation), test=within(split.test))


def _by_features(model: LightGCN, rows: np.ndarray, own: np.ndarray) -> np.ndarray:
    """The map from features to vectors `[R, D]` that, on average, are as long as the items' own."""
    assert isinstance(model, FeatureGCN)  # with_features() learns no other
    matrix = model.by_features(torch.eye(rows.shape[1])).numpy()
    lengths = [float(np.linalg.norm(one, axis=1).mean()) for one in (own, rows @ matrix)]
    return matrix * (lengths[0] / max(lengths[1], 1e-12))


def judge_opened(folder: RunFolder, opened: Opened, test: Interactions, *, held_out: bool = True) -> list[Comparison]:
    """As :func:`judge_recommender`, and by themselves the items that nobody took in what was learnt from.

    Measures ``/new`` ask for those items, with all others competing, and ``new_share@20`` says how much of what is
    recommended they are. With features there is one more system: the cosine of an item with the mean of what a user
    took, which needs no training. What was taken out whole is asked for in ``/new`` alone.

    Args:
        folder: A finished run.
        opened: What it learnt from.
        test: What should be found.
        held_out: ``test`` is what the run held out, and what it took out whole is asked for as well.

    Raises:
        InputError: Fewer than two users have a test item.
    """
    known, items = opened.split.known, opened.items
    if items is None:
        return judge_recommender(folder, known, test)
    everything, asked = joined(known, items.held).matrix, np.unique(test.users)
    groups = parts_of(known, test).groups
    fresh = test.only(items.new[test.items])
    wanted = joined(items.held, fresh) if held_out else fresh
    found = {
        name: [
            *recommendation(scores, everything, test.matrix, groups=groups),
            *_of_new(scores, known, wanted),
            *exposure(scores, known.matrix, asked),
            _new_share(scores, known, asked, items.new),
        ]
        for name, scores in _systems(folder, known, items).items()
    }
    return compared(found, model="trained")


def _systems(folder: RunFolder, known: Interactions, items: KnownItems) -> dict[str, Scores]:
    trained = dot_scores(*vectors_of(folder, known))
    found = {"popularity": popularity_scores(known.matrix)}
    if items.features is not None:
        rows = np.asarray(normalize(items.features.rows))
        found["features"] = dot_scores(np.asarray(known.matrix @ rows), rows)
    return {**found, "trained": trained}


def _of_new(scores: Scores, known: Interactions, wanted: Interactions) -> list[Measure]:
    """None where fewer than two users took one."""
    if len(np.unique(wanted.users)) < 2:
        return []
    found = recommendation(scores, known.matrix, wanted.matrix, groups=())
    return [replace(one, name=f"{one.name}/new") for one in found]


def _new_share(scores: Scores, known: Interactions, asked: np.ndarray, new: np.ndarray) -> Measure:
    share = new[top_items(scores, known.matrix, asked, DEPTH)].mean(axis=1)
    return mean_measure(f"new_share@{DEPTH}", share)
