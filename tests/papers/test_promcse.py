"""Learnt keys and values of every layer, beside attention written out; and where hard negatives come from."""

import copy
import math

import numpy as np
import pytest
import torch

from counterpoint.encoders import SmallBert
from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.experiments.sentence_tuning import ScoredPairs, SentenceLearner, SentenceLoop
from counterpoint.papers.promcse import prompted, scored_triples, share_trained, supervised

TEXTS = ["a small dog", "two men play the guitar in the rain", "snow"]
INNER = SmallBert(dim=16, layers=2, vocabulary_size=300, min_frequency=1, dropout=0.0, max_length=20)
PROMPTS = 3


@pytest.fixture
def start() -> HuggingFaceEncoder:
    torch.manual_seed(0)
    return INNER.build(TEXTS)


def keys_and_values(encoder: HuggingFaceEncoder) -> torch.nn.Parameter:
    return encoder.model.prompt_encoder["default"].embedding.weight


def by_hand(encoder: HuggingFaceEncoder, text: str) -> torch.Tensor:
    model, ids = encoder.model.get_base_model(), encoder.collate([text])["input_ids"]
    heads = model.config.num_attention_heads
    learnt = keys_and_values(encoder).view(PROMPTS, len(model.encoder.layer), 2, heads, -1)
    states = model.embeddings(input_ids=ids, past_key_values_length=PROMPTS)[0]
    for number, layer in enumerate(model.encoder.layer):
        own = layer.attention.self
        query, key, value = (part(states).view(len(states), heads, -1) for part in (own.query, own.key, own.value))
        key, value = (torch.cat([learnt[:, number, i], one]) for i, one in enumerate((key, value)))
        weights = (torch.einsum("qhd,khd->hqk", query, key) / math.sqrt(query.shape[2])).softmax(2)
        mixed = layer.attention.output(torch.einsum("hqk,khd->qhd", weights, value).flatten(1), states)
        states = layer.output(layer.intermediate(mixed), mixed)
    return states.mean(0)


def test_every_layer_attends_to_its_keys_and_values_and_to_the_text(start):
    found = prompted(start, PROMPTS, seed=0).eval()
    with torch.no_grad():
        keys_and_values(found).mul_(50)  # to be seen beside the text
        together = found(found.collate(TEXTS))  # with padding
        for text, embedding in zip(TEXTS, together, strict=True):
            torch.testing.assert_close(embedding, by_hand(found, text))
        again = copy.deepcopy(found)
        torch.testing.assert_close(again(again.collate(TEXTS)), together)


def test_nothing_else_learns_and_the_start_stays_as_it_is(start):
    before = {name: one.clone() for name, one in start.state_dict().items()}
    found = prompted(start, PROMPTS, seed=0)
    found(found.collate(TEXTS)).square().sum(1).log().sum().backward()
    learning = [one for one in found.parameters() if one.requires_grad]
    assert len(learning) == 1
    assert learning[0] is keys_and_values(found)
    assert learning[0].grad is not None
    assert (learning[0].grad.view(PROMPTS, 2, 2, -1).abs().sum(3) > 0).all()  # of every prompt and layer
    total = sum(one.numel() for one in found.parameters())
    assert share_trained(found) == pytest.approx(PROMPTS * 2 * 2 * 16 / total)
    assert all(one.requires_grad for one in start.parameters())
    assert all(torch.equal(before[name], one) for name, one in start.state_dict().items())


def test_a_tenth_of_the_numbers_is_dropped_while_they_learn(start):
    prefix = prompted(start, 200, seed=0).model.prompt_encoder["default"]
    rows = torch.arange(200)
    torch.manual_seed(0)
    assert (prefix.train()(rows) == 0).float().mean() == pytest.approx(0.1, abs=0.01)
    assert torch.equal(prefix.eval()(rows), prefix.embedding.weight)


def test_the_seed_decides_them_alone(start):
    first, second, third = (keys_and_values(prompted(start, PROMPTS, seed=seed)) for seed in (0, 1, 0))
    assert torch.equal(first, third)
    assert not torch.equal(first, second)
    assert float(first.detach().std()) == pytest.approx(0.02, rel=0.2)


def test_a_hard_negative_shares_most_words_short_of_saying_the_same():
    first = ["a man rides a horse", "the cat sleeps", "a man rides a horse today", "a man"]
    second = ["someone is on a horse", "a cat is asleep", "a dog runs", "stocks fell"]
    found = scored_triples(ScoredPairs(first, second, np.array([5.0, 4.0, 1.0, 0.0])))
    assert found[:2] == (first[:2], second[:2])
    # "a man" and what goes on about the horse are too near, and "someone is on a horse" is the positive
    assert found[2][0] == "a dog runs"
    assert found[2][1] not in (first[1], second[1])  # nothing else shares a word with it


def test_the_hinge_is_on_the_nearest_of_all_negatives_and_comes_on_top(start):
    start.eval()
    triples = (TEXTS, ["a dog", "music", "it snows"], ["two dogs", "a guitar", "rain"])
    loop = SentenceLoop(steps=1, batch_size=3)
    alone, both = (
        supervised(SentenceLearner(start, TEXTS, loop, seed=0), triples, hinge=hinge)(0) for hinge in (0.0, 10.0)
    )
    anchors, positives, negatives = (torch.from_numpy(start.encode(side)) for side in triples)
    cosine = anchors @ torch.cat([positives, negatives]).T
    own = cosine.diagonal()
    nearest = cosine.masked_fill(torch.eye(3, 6, dtype=torch.bool), -2.0).max(1).values
    torch.testing.assert_close(both - alone, 10 * (0.2 + nearest - own).relu().mean())
