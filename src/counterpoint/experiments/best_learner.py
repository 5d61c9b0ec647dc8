"""A recommender as it was at its best, for what is asked of its parts and not of its rankings alone."""

import copy
from collections.abc import Callable

from counterpoint.data.interactions import Split
from counterpoint.experiments.recommend import Learner, Look, RecommenderSettings, ranking
from counterpoint.methods.graph_contrast import GraphContrast


def best_learner(
    data: Split,
    contrast: GraphContrast,
    settings: RecommenderSettings,
    *,
    seed: int,
    patient: bool = True,
    tell: Callable[[Look], None] = lambda look: None,
) -> tuple[Learner, int]:
    """What has learnt, with the weights of the best look at the validation part, and the epoch of it.

    Args:
        data: Learnt from, and looked at.
        contrast: Beside the ranking.
        settings: Sizes, length and ranking.
        seed: As for :class:`Learner`.
        patient: Learn for all epochs, whatever the patience of the settings.
        tell: Told of every epoch.

    Raises:
        InputError: As for :class:`Learner`.
    """
    learner = Learner(data.train, contrast, settings, seed=seed)
    best, kept, found, since = -1.0, {}, 0, 0
    for epoch in range(1, settings.epochs + 1):
        loss = learner.epoch()
        if epoch % settings.look and epoch != settings.epochs:
            tell(Look(epoch, loss, None))
            continue
        reached = ranking(learner.vectors(), data.train, data.validation, groups=())["recall@20"]
        tell(Look(epoch, loss, reached))
        since += 1
        if reached > best:
            best, kept, found, since = reached, copy.deepcopy(learner.model.state_dict()), epoch, 0
        if since >= settings.patience and not patient:
            break
    learner.model.load_state_dict(kept)
    return learner, found
