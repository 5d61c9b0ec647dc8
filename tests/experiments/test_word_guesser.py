"""Guessing hidden words: it learns, always alike, and replaces only what was hidden."""

import torch

from counterpoint.encoders import SmallBert
from counterpoint.experiments.word_guesser import learn_to_guess

SENTENCES = ["the cat sat on the mat", "the dog sat on the rug", "the cat ran to the dog"] * 3


def start():
    torch.manual_seed(0)
    return SmallBert(dim=16, layers=1, min_frequency=1).build(SENTENCES)


def test_it_learns_and_replaces_hidden_words_only():
    guesser = learn_to_guess(start(), SENTENCES, steps=150)
    inputs = guesser.encoder.collate(SENTENCES)
    edited = guesser.edited(inputs, rate=0.3)
    same = (edited["input_ids"] == inputs["input_ids"])[inputs["attention_mask"].bool()].float().mean()
    assert 0.7 < float(same) < 1.0  # more than what was left, since some guesses are right
    assert not torch.isin(edited["input_ids"], torch.tensor(guesser.encoder.tokenizer.mask_token_id)).any()
    assert torch.equal(guesser.edited(inputs, rate=0.0)["input_ids"], inputs["input_ids"])
    assert not any(one.requires_grad for one in [*guesser.encoder.parameters(), *guesser.head.parameters()])


def test_it_is_one_and_the_same_whatever_the_random_state():
    state = torch.random.get_rng_state()
    first = learn_to_guess(start(), SENTENCES, steps=2).head.layer.weight
    torch.manual_seed(77)
    model = SmallBert(dim=16, layers=1, min_frequency=1)
    torch.manual_seed(0)
    second = learn_to_guess(model.build(SENTENCES), SENTENCES, steps=2).head.layer.weight
    assert torch.equal(first, second)
    del state
