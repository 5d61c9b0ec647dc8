"""A recommender as it was at its best, for what is asked of its parts and not of its rankings alone."""

import copy

from counterpoint.data.interactions import Split
from counterpoint.experiments.recommend import Learner, RecommenderSettings, ranking
from counterpoint.methods.graph_contrast import GraphContrast


def best_learner(
    data: Split, contrast: GraphContrast, settings: RecommenderSettings, *, seed: int
) -> tuple[Learner, int]:
    """What has learnt for all epochs, with the weights of the best look at the validation part, and the epoch of it.

    Args:
        data: Learnt from, and looked at.
        contrast: Beside the ranking.
        settings: Sizes, length and ranking; its patience is not asked.
        seed: As for :class:`Learner`.

    Raises:
        InputError: As for :class:`Learner`.
    """
    learner = Learner(data.train, contrast, settings, seed=seed)
    best, kept, found = -1.0, {}, 0
    for epoch in range(1, settings.epochs + 1):
        learner.epoch()
        if epoch % settings.look and epoch != settings.epochs:
            continue
        reached = ranking(learner.vectors(), data.train, data.validation, groups=())["recall@20"]
        if reached > best:
            best, kept, found = reached, copy.deepcopy(learner.model.state_dict()), epoch
    learner.model.load_state_dict(kept)
    return learner, found
