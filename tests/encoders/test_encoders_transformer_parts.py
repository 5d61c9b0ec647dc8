"""What is built beside a transformer: detection of edits, restoring from noise, and its attention."""

import pytest
import torch

from counterpoint.encoders import SmallBert
from counterpoint.encoders.attention_maps import drawn_entries, keep_attention, with_attention
from counterpoint.encoders.edit_detector import EditDetector
from counterpoint.encoders.restorer import Restorer

pytest.importorskip("transformers")


@pytest.fixture
def bert(texts):
    return SmallBert(dim=16, layers=2, heads=2, min_frequency=1, max_length=12).build(texts)


@pytest.fixture
def inputs(bert, texts):
    return bert.collate(texts)


def edited(inputs, places):
    tokens = inputs["input_ids"].clone()
    for row, place in places:
        tokens[row, place] = 7 if int(tokens[row, place]) != 7 else 8
    return {**inputs, "input_ids": tokens}


def test_the_detector_learns_what_was_replaced_and_teaches_the_encoder_through_its_embedding(bert, inputs):
    detector = EditDetector(bert)
    shown = edited(inputs, [(0, 1), (4, 2), (4, 5), (5, 1)])
    optimiser = torch.optim.Adam([*bert.parameters(), *detector.parameters()], lr=3e-3)
    losses = []
    for _ in range(40):
        loss = detector.loss(bert(inputs), inputs, shown)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.3 * losses[0]
    assert all(one.grad is not None for one in bert.model.encoder.parameters())


def test_the_detector_counts_every_token_but_the_first_and_padding(bert, inputs):
    detector = EditDetector(bert).eval()
    shown = edited(inputs, [(0, 1), (2, 3)])
    h = bert.eval()(inputs)
    odds = detector(h, shown)
    total, count = 0.0, 0
    for i, row in enumerate(inputs["attention_mask"]):
        for j in range(1, int(row.sum())):
            sign = 1 if (i, j) in {(0, 1), (2, 3)} else -1
            total, count = total - torch.nn.functional.logsigmoid(sign * odds[i, j]), count + 1
    torch.testing.assert_close(detector.loss(h, inputs, shown), total / count)


def test_restoring_needs_the_embedding_where_noise_left_nothing(bert, inputs):
    restorer = Restorer(bert, noise=0.999)
    optimiser = torch.optim.Adam([*bert.parameters(), *restorer.parameters()], lr=3e-3)
    for _ in range(150):
        loss = restorer.loss(bert(inputs), inputs)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        told = restorer.loss(bert(inputs), inputs)
        untold = restorer.loss(bert(inputs).roll(1, 0), inputs)
    assert told < untold - 0.2


def test_input_vectors_teach_nothing_through_the_restorer(bert, inputs):
    restorer = Restorer(bert)
    restorer.loss(torch.zeros(len(inputs["input_ids"]), 16), inputs).backward()
    grads = {name: one.grad for name, one in bert.named_parameters() if one.grad is not None}
    assert list(grads) == ["model.embeddings.word_embeddings.weight"]  # as scores only


def test_attention_maps_are_those_of_the_heads_and_the_embedding_is_the_same(bert, inputs):
    wanted = bert.eval()(inputs)
    found, maps = with_attention(keep_attention(bert), inputs)
    torch.testing.assert_close(found, wanted)
    n, length = inputs["input_ids"].shape
    assert maps.shape == (n, 4, length, length)
    there = inputs["attention_mask"].bool()
    torch.testing.assert_close(maps.sum(3), torch.ones(n, 4, length))
    assert float(maps.detach()[~there[:, None, None].expand_as(maps)].abs().max()) < 1e-9


def test_entries_are_drawn_among_real_tokens_and_at_the_same_places_of_every_map():
    maps = torch.arange(1, 2 * 3 * 16 + 1, dtype=torch.float64).reshape(2, 3, 4, 4)
    there = torch.tensor([[True, True, False, False], [True] * 4])
    drawn = drawn_entries(maps, there, count=200).exp()
    assert set(drawn[0, 0].round().long().tolist()) == {1, 2, 5, 6}
    torch.testing.assert_close(drawn[:, 1] - drawn[:, 0], torch.full((2, 200), 16.0, dtype=torch.float64))
    assert len(set(drawn[1, 2].round().long().tolist())) > 10
