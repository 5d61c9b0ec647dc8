"""Tuning on sentences without labels: two passes differ by dropout, a seed decides all, and tuning helps."""

import numpy as np
import pytest
import torch

from counterpoint.encoders import SmallBert
from counterpoint.experiments.claim import Setting
from counterpoint.experiments.sentence_tuning import (
    ScoredPairs,
    SentenceLearner,
    SentenceLoop,
    sentence_data,
    sentence_start,
    tuned,
)
from counterpoint.objectives import InfoNCE
from counterpoint.views import WordDrop

SENTENCES = [f"the {a} {b} {c}" for a in ("red", "blue", "old") for b in ("cat", "dog", "bird") for c in ("ran", "sat")]
LOOP = SentenceLoop(steps=15, batch_size=9, learning_rate=3e-3)
PAIRS = ScoredPairs(
    [*SENTENCES[:3], *("the cat", "old dog ran", "a bird sat on the old red cat")],
    [*SENTENCES[:3], *SENTENCES[9:12]],
    np.array([5.0, 5, 4, 1, 0, 2]),
)


@pytest.fixture
def start():
    torch.manual_seed(0)
    return SmallBert(dim=16, layers=1, min_frequency=1).build(SENTENCES)


def test_strangers_part_and_the_start_stays_as_it_was(start):
    before, weights = PAIRS.judged(start), {name: one.clone() for name, one in start.state_dict().items()}
    found = tuned(start, SENTENCES, InfoNCE(temperature=0.05), LOOP, seed=0)
    after = PAIRS.judged(found)
    assert after["uniformity"] < before["uniformity"]
    assert all(torch.equal(one, weights[name]) for name, one in start.state_dict().items())
    assert not found.training


def test_a_seed_decides_everything_and_nothing_outside_changes(start):
    state = torch.random.get_rng_state()
    views = (WordDrop(rate=0.3), WordDrop(rate=0.3))
    runs = [tuned(start, SENTENCES, InfoNCE(), LOOP, *views, seed=seed).encode(SENTENCES) for seed in (1, 1, 2)]
    assert torch.equal(torch.random.get_rng_state(), state)
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])


def test_both_sides_are_the_same_sentences_and_differ_by_dropout(start):
    seen = []

    def loss(first, second):
        seen.append((first, second))
        return (first - second).square().mean()

    learner = SentenceLearner(start, SENTENCES, LOOP, seed=0)
    learner.encoder.train()
    learner.contrast(loss)(0)
    assert not torch.equal(*seen[0])
    learner.encoder.eval()
    learner.contrast(loss)(1)
    torch.testing.assert_close(*seen[1])
    assert len(seen[1][0]) == LOOP.batch_size


def test_views_are_drawn_anew_for_every_step_and_side(start):
    learner = SentenceLearner(start, ["one two three four five six seven eight"], LOOP, seed=0)
    rows, view = torch.tensor([0]), WordDrop(rate=0.5)
    drawn = [learner.texts(rows, view, step=step, number=side) for step, side in ((0, 0), (0, 0), (0, 1), (1, 0))]
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]
    assert drawn[0] != drawn[3]


def test_alignment_looks_at_the_closest_pairs_only(start):
    first, second = (start.encode(side) for side in (PAIRS.first, PAIRS.second))
    expected = np.square(first - second).sum(1)[PAIRS.score >= 4].mean()
    assert PAIRS.judged(start)["alignment"] == pytest.approx(expected, abs=1e-6)


def test_biases_are_those_of_length_and_of_words_in_common():
    first = [" ".join(["a"] * n) for n in (1, 3, 6, 2, 11, 4)]
    pairs = ScoredPairs(first, [*first[:5], first[5] + " b"], np.array([0.0, 5, 1, 4, 2, 3]))

    class Length:
        """Cosines say nothing but how alike two lengths are."""

        def encode(self, texts, *, batch_size):
            turns = np.array([len(text.split()) for text in texts]) / 8
            return np.stack([np.cos(turns), np.sin(turns)], axis=1)

    assert pairs.judged(Length())["length_bias"] == pytest.approx(1.0)

    class Opposite(Length):
        """The other way round: strangers are alike when their lengths are not."""

        def encode(self, texts, *, batch_size):
            return super().encode(texts, batch_size=batch_size) * (1 if texts is pairs.first else -1)

    assert pairs.judged(Opposite())["length_bias"] == pytest.approx(1.0)

    class Overlap(Length):
        """Orthogonal where no word is shared."""

        def encode(self, texts, *, batch_size):
            return np.eye(2)[[int("b" in text) for text in texts]]

    shared = ScoredPairs(["a b", "a b", "a", "a"] * 2, ["a b", "a", "b", "a"] * 2, np.array([5.0, 0, 4, 1, 3, 2, 4, 0]))
    assert shared.judged(Overlap())["overlap_bias"] > 0.5


def test_the_family_starts_from_layers_of_minilm_with_still_token_vectors():
    start = sentence_start(Setting.TINY)
    assert start.model.config.num_hidden_layers == 1
    table = start.model.get_input_embeddings().weight.clone()
    data = sentence_data(Setting.TINY)
    assert len(set(data.train)) == len(data.train)
    found = tuned(start, data.train, InfoNCE(), SentenceLoop(steps=1), seed=0)
    assert torch.equal(found.model.get_input_embeddings().weight, table)
