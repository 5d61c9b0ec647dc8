"""The target of UNSEE has no projection, and its losses go both ways; the rate rises and falls."""

import pytest
import torch
from torch import nn

from counterpoint.encoders import SmallBert
from counterpoint.experiments.sentence_tuning import SentenceLoop
from counterpoint.papers.unsee import OnlineNetwork, descend_warmed

TEXTS = ["a small dog", "two men play the guitar in the rain", "snow", "a red car stops"]


@pytest.fixture
def online() -> OnlineNetwork:
    torch.manual_seed(0)
    return OnlineNetwork(SmallBert(dim=16, layers=1, vocabulary_size=300, min_frequency=1, dropout=0.0).build(TEXTS))


def test_projections_are_compared_with_embeddings_of_the_target_in_both_directions(online):
    inputs = online.encoder.collate(TEXTS)
    found = online.loss(inputs, lambda one, other: (one - other).square().sum())
    first, embedding = online.projection(online.encoder(inputs)), online.encoder(inputs)  # the target is still equal
    torch.testing.assert_close(found, 2 * (first - embedding.detach()).square().sum())
    found.backward()
    assert all(one.grad is None for one in online.target.parameters())
    assert all(one.grad is not None for one in online.projection.parameters())


def test_the_target_follows_the_encoder_alone(online):
    weight, follower = next(online.encoder.parameters()), next(online.target.parameters())
    before = follower.clone()
    with torch.no_grad():
        weight.add_(1.0)
    online.loss(online.encoder.collate(TEXTS), lambda one, other: one.sum() + other.sum())
    torch.testing.assert_close(follower, before + 0.001)
    assert len(list(online.target.parameters())) == len(list(online.encoder.parameters()))


def test_the_rate_rises_over_a_tenth_of_the_steps_and_falls_to_0():
    one, places = nn.Linear(1, 1, bias=False), []

    def step(_):
        places.append(one.weight.item())
        return 1e3 * one.weight.sum()  # cut to norm 1; Adam's steps are then as long as the rate

    descend_warmed(one, step, SentenceLoop(steps=20, learning_rate=0.01))
    moved = -torch.tensor(places).diff()
    rates = 0.01 * torch.tensor([0.5, 1.0, *((20 - done) / 18 for done in range(2, 19))])
    torch.testing.assert_close(moved, rates, atol=1e-4, rtol=0)
    assert not one.training
