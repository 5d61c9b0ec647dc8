import numpy as np
from test_recommend import SETTINGS, split

from counterpoint.experiments.best_learner import best_learner
from counterpoint.experiments.recommend import Learner, ranking
from counterpoint.methods.graph_contrast import CrossLayer


def test_weights_are_those_of_the_best_look():
    data, contrast = split(), CrossLayer(weight=0.5, noise=0.5)
    learner, epoch = best_learner(data, contrast, SETTINGS, seed=0)
    again, reached = Learner(data.train, contrast, SETTINGS, seed=0), {}
    for number in range(1, SETTINGS.epochs + 1):
        again.epoch()
        if number % SETTINGS.look == 0:
            vectors = again.vectors()
            reached[number] = ranking(vectors, data.train, data.validation, groups=())["recall@20"], vectors
    best = max(recall for recall, _ in reached.values())
    assert epoch == min(number for number, (recall, _) in reached.items() if recall == best)
    for mine, theirs in zip(learner.vectors(), reached[epoch][1], strict=True):
        np.testing.assert_array_equal(mine, theirs)
