import numpy as np
import torch

from counterpoint.data.planted_sessions import planted_sessions
from counterpoint.encoders.sequences import LearntItems
from counterpoint.experiments.next_item import SequenceSettings
from counterpoint.experiments.unseen_items import Unseen, UnseenLearner

SHOP = planted_sessions(sessions=60, items=50, seed=0)
SETTINGS = SequenceSettings(steps=4, dim=8, layers=1, batch=8)


def test_items_taken_out_come_last_and_are_nowhere_before_the_test():
    unseen = Unseen(SHOP.split, seed=0)
    assert 0 < unseen.seen < 50
    assert unseen.data.train.shape == (60, unseen.seen)
    assert unseen.data.known.items.max() < unseen.seen <= unseen.whole.test.items.max()
    whole, before = unseen.whole.test, SHOP.split.test
    assert (unseen.order[whole.items] == before.items).all()
    assert whole.item_names[0] == before.item_names[unseen.order[0]]


def test_they_are_no_candidates_and_do_not_learn():
    unseen = Unseen(SHOP.split, seed=0)
    learner = UnseenLearner(unseen, SETTINGS, seed=0, items=lambda: LearntItems(50, dim=8), look=2)
    before = learner.items().detach().clone()
    learner.learn()
    moved = (learner.items() != before).any(dim=1)
    assert moved[: unseen.seen].any()
    assert not moved[unseen.seen :].any()
    assert len(learner.recalls) == 2
    assert {"recall@20", "recall@20/unseen", "recall@20/seen"} <= set(learner.judged())


def test_watching_changes_nothing():
    unseen = Unseen(SHOP.split, seed=0)
    tables = []
    for look in (1, 4):
        learner = UnseenLearner(unseen, SETTINGS, seed=0, items=lambda: LearntItems(50, dim=8), look=look)
        learner.learn()
        tables.append(learner.items().detach())
    assert torch.equal(*tables)
    assert np.isfinite(tables[0].numpy()).all()
