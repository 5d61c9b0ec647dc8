"""The small masked model: it learns, always alike, and copies of it stay tied to their own token vectors."""

import pytest
import torch

from counterpoint.encoders import SmallBert
from counterpoint.encoders.word_head import mask_words
from counterpoint.experiments.claim import Setting
from counterpoint.experiments.small_masked_model import learn_masked_words, small_masked_model

SENTENCES = ["the cat sat on the mat", "the dog sat on the rug", "the cat ran to the dog"] * 3
SPEC = SmallBert(dim=16, layers=1, min_frequency=1, max_length=40)


def loss_of(model):
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(5)
        masked = mask_words(model.encoder, model.encoder.collate(SENTENCES * 10))
        return float(model.head.loss(model.encoder.model(**masked.inputs).last_hidden_state, masked))


def test_it_learns_and_is_one_and_the_same_whatever_the_random_state():
    state = torch.random.get_rng_state()
    short, long = (learn_masked_words(SENTENCES, SPEC, steps=steps) for steps in (1, 150))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert loss_of(long) < 0.6 * loss_of(short)
    torch.manual_seed(77)
    again = learn_masked_words(SENTENCES, SPEC, steps=1)
    assert torch.equal(again.head.layer.weight, short.head.layer.weight)
    assert not long.encoder.training


def test_a_copy_learns_alone_and_its_head_reads_its_own_token_vectors():
    model = learn_masked_words(SENTENCES, SPEC, steps=1)
    before, copied = loss_of(model), model.copied()
    states = torch.randn(2, 16)
    torch.testing.assert_close(copied.head(states), model.head(states))
    with torch.no_grad():
        copied.encoder.model.get_input_embeddings().weight.zero_()
    torch.testing.assert_close(copied.head(states), copied.head.bias.expand(2, -1))
    assert loss_of(model) == pytest.approx(before)


def test_that_of_a_setting_is_kept():
    assert small_masked_model(Setting.TINY) is small_masked_model(Setting.TINY)
