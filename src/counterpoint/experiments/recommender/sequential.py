"""Train a recommender of sequences into a run folder."""

from collections.abc import Callable

from counterpoint.base.folders import atomic_folder
from counterpoint.data.interactions import Split, name_of
from counterpoint.encoders.item_sequences import ItemSequences, next_item_encoder
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.next_item import SequenceLearner, sequences_of
from counterpoint.experiments.recommend import Look
from counterpoint.experiments.recommender.opening import Opened
from counterpoint.experiments.recommender.sequence_recipe import HEADS, SequentialRecommender
from counterpoint.experiments.sequence_looks import Looked, learn_to_best

MEASURES = ("recall@20", "ndcg@20")
"""What the epoch is chosen by; with fewer than 20 items recall is the same for all."""


def learner_of(recipe: SequentialRecommender, split: Split) -> SequenceLearner:
    """What learns, before its first step.

    Raises:
        InputError: No user has two items to learn from.
    """
    learning = recipe.settings.learning(learnt_from(split))
    return SequenceLearner(split, learning, seed=recipe.seed, contrast=recipe.contrast)


def learnt_from(split: Split) -> int:
    """Users with two items or more to learn from."""
    return sum(len(one) > 1 for one in sequences_of(split.train))


def learn_sequences(
    recipe: SequentialRecommender, split: Split, *, tell: Callable[[Look], None] = lambda look: None
) -> tuple[SequenceLearner, int]:
    """What has learnt, with the weights of the epoch that did best on the validation part, and that epoch.

    Args:
        recipe: What to train.
        split: Learnt from, and chosen by.
        tell: Told of every epoch.

    Raises:
        InputError: No user has two items to learn from.
    """
    learner = learner_of(recipe, split)
    steps = recipe.settings.steps_an_epoch(len(learner.sequences))

    def told(looked: Looked) -> None:
        tell(Look(looked.step // steps, looked.loss, looked.reached))

    patience = recipe.settings.patience
    return learner, learn_to_best(learner, look=steps, measures=MEASURES, patience=patience, tell=told) // steps


def train_sequences_into(
    recipe: SequentialRecommender,
    opened: Opened,
    folder: RunFolder,
    *,
    tell: Callable[[Look], None] = lambda look: None,
) -> int:
    """Train and save; the folder's config must exist.

    What is saved goes on from the last item that a user has in the file, held out or not. It has learnt from the
    training part alone, and is judged by what it makes of what is known before the test.

    Args:
        recipe: What to train.
        opened: Learnt from, and chosen by.
        folder: Where the model goes.
        tell: Told of every epoch.

    Returns:
        The epoch whose weights were kept.

    Raises:
        InputError: No user has two items to learn from.
    """
    settings = recipe.settings
    learner, best = learn_sequences(recipe, opened.split, tell=tell)
    spec = ItemSequences(dim=settings.dim, longest=settings.longest, layers=settings.layers, heads=HEADS)
    whole = opened.whole
    users, items = ([name_of(one) for one in side] for side in (whole.user_names, whole.item_names))
    encoder = next_item_encoder(spec, learner.encoder, sequences_of(whole), user_names=users, item_names=items)
    with atomic_folder(folder.model) as temporary:
        encoder.save(temporary)
    return best
