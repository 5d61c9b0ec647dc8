"""SciMult: gradients are looked at on the way, and mates of all tasks compete."""

import numpy as np
import pytest
import torch

from counterpoint.data.planted_aspects import planted_aspects
from counterpoint.encoders import SmallBert
from counterpoint.encoders.experts import FEED_FORWARD, add_experts
from counterpoint.experiments.text_domains import Pairs
from counterpoint.papers import scimult
from counterpoint.papers.scimult import by_aspects, reciprocal_rank


class Table:
    """An encoder that looks its vectors up."""

    def __init__(self, vectors):
        self.vectors = vectors

    def encode(self, texts, *, batch_size):
        return np.array([self.vectors[text] for text in texts], dtype=np.float32)


def test_the_second_side_is_ranked_among_all_candidates():
    found = Table({"q": [1, 0], "a": [0.6, 0.8], "b": [0.8, 0.6], "c": [1, 0], "p": [0, 1]})
    pairs = Pairs(["q", "p"], ["a", "a"])
    assert reciprocal_rank(found, pairs, ["a", "p"]) == pytest.approx((1 + 1 / 2) / 2)
    assert reciprocal_rank(found, pairs, ["a", "b", "c"]) == pytest.approx((1 / 3 + 1) / 2)


def test_each_task_has_one_aspect_and_every_mate_competes():
    train, test = planted_aspects(texts=5, seed=0), planted_aspects(texts=4, seed=1)
    tasks = by_aspects(train, test)
    assert [one.train.second for one, _ in tasks] == train.mates
    assert all(one.test.first == test.texts for one, _ in tasks)
    assert {len(among) for _, among in tasks} == {12}
    assert all(set(one.test.second) <= set(among) for one, among in tasks)


def test_a_look_leaves_the_steps_as_they_are():
    def step(number):
        return torch.rand(()) + number

    looks = []
    torch.manual_seed(0)
    plain = [float(step(number)) for number in range(6)]
    torch.manual_seed(0)
    looked = scimult._looking(step, range(0, 6, 2), lambda: looks.append(float(torch.rand(()))))
    assert [float(looked(number)) for number in range(6)] == plain
    assert len(looks) == 3


def test_weights_of_experts_are_not_shared(bert):
    every = {weight for weight in bert.parameters() if weight.requires_grad}
    assert set(scimult._shared(bert)) == every
    perceptrons = {
        weight
        for layer in bert.model.encoder.layer
        for part in FEED_FORWARD
        for weight in getattr(layer, part).parameters()
    }
    add_experts(bert, 2, parts=FEED_FORWARD)
    assert set(scimult._shared(bert)) == every - perceptrons


@pytest.fixture
def bert():
    return SmallBert(dim=8, layers=1, heads=2, vocabulary_size=30, min_frequency=1).build(["some words", "and others"])
