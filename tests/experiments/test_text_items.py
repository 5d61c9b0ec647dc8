import numpy as np
import pytest
import torch

from counterpoint.data.interactions import Interactions, Split, leave_last_out
from counterpoint.experiments.next_item import SequenceLearner, SequenceSettings
from counterpoint.experiments.recommend import ranking
from counterpoint.experiments.sequence_looks import learn_to_best
from counterpoint.experiments.text_items import AdaptedItems


def circles(users=60, items=12, each=6):
    """Everybody goes round the same circle, from another item on."""
    taken = (np.random.default_rng(0).integers(items, size=(users, 1)) + np.arange(each)) % items
    whole = Interactions(
        users=np.repeat(np.arange(users), each), items=taken.ravel(), user_names=range(users), item_names=range(items)
    )
    return Split(**dict(zip(("train", "validation", "test"), leave_last_out(whole), strict=True)))


def test_the_adaptor_is_two_maps_of_vectors_that_stay():
    torch.manual_seed(0)
    vectors = torch.randn(9, 4)
    items = AdaptedItems(vectors, dim=3, hidden=5).eval()
    first, second = items.adaptor[1], items.adaptor[4]
    wanted = (vectors @ first.weight.T).relu() @ second.weight.T
    torch.testing.assert_close(items(), wanted, msg="biases begin at 0")
    assert not any(one.shape == vectors.shape for one in items.parameters())
    torch.testing.assert_close(AdaptedItems(vectors, dim=3, hidden=4000).adaptor[1].weight.std().item(), 0.02, **NEAR)


@pytest.mark.parametrize("rate", [0.01, 3.0])
def test_the_best_look_is_kept(rate):
    """At a rate that spoils everything, too, the encoder is as good as it ever was when it was looked at."""
    data, found = circles(), {}
    for steps in (20, 40, 60):
        settings = SequenceSettings(steps=steps, dim=16, layers=1, batch=32, longest=6, learning_rate=rate, dropout=0.0)
        plain = SequenceLearner(data, settings, seed=1, items=lambda: AdaptedItems(torch.eye(12), dim=16))
        plain.learn()
        found[steps] = validated(plain)
    learner = SequenceLearner(data, settings, seed=1, items=lambda: AdaptedItems(torch.eye(12), dim=16))
    at = learn_to_best(learner, look=20)
    assert validated(learner) == max(found.values()) == found[at]
    assert not learner.encoder.training


NEAR = {"atol": 1e-3, "rtol": 0}


def validated(learner):
    data = learner.data
    return ranking(learner.vectors(data.train), data.train, data.validation, groups=())["ndcg@10"]
