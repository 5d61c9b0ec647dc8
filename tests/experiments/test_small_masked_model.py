"""The small masked model: kept for a setting, and copies of it learn alone and stay tied to their own token vectors."""

import torch

from counterpoint.encoders import SmallBert
from counterpoint.experiments.claim import Setting
from counterpoint.experiments.small_masked_model import learning_copy, small_masked_model
from counterpoint.experiments.word_guesser import learn_to_guess

SENTENCES = ["the cat sat on the mat", "the dog sat on the rug", "the cat ran to the dog"]


def test_a_copy_learns_alone_and_its_head_reads_its_own_token_vectors():
    model = learn_to_guess(SmallBert(dim=16, layers=1, min_frequency=1).build(SENTENCES), SENTENCES, steps=1)
    states = torch.randn(2, 16)
    before, copied = model.head(states), learning_copy(model)
    torch.testing.assert_close(copied.head(states), before)
    with torch.no_grad():
        copied.encoder.model.get_input_embeddings().weight.zero_()
    torch.testing.assert_close(copied.head(states), copied.head.bias.expand(2, -1))
    torch.testing.assert_close(model.head(states), before)


def test_all_of_a_copy_learns_but_its_token_vectors():
    model = small_masked_model(Setting.TINY)
    assert model is small_masked_model(Setting.TINY)
    assert not any(one.requires_grad for one in [*model.encoder.parameters(), *model.head.parameters()])
    copied = learning_copy(model)
    still = [name for name, one in copied.encoder.named_parameters() if not one.requires_grad]
    assert still == ["model.embeddings.word_embeddings.weight"]
    assert all(one.requires_grad for one in copied.head.parameters())
    assert copied.encoder.train().training
    assert copied.encoder.collate(["what " * 100])["input_ids"].shape == (1, 64)
