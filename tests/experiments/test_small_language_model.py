"""The small language model: it sees no later word, learns, and is a function of its seed."""

import numpy as np
import pytest
import torch

from counterpoint.experiments.small_language_model import LanguageSettings, learn_language

TEXTS = [
    f"the {colour} {thing} is {size}."
    for colour in ("red", "blue")
    for thing in ("dog", "cat", "house")
    for size in ("big", "small")
]
SETTINGS = LanguageSettings(steps=60, batch_size=12, layers=2, width=16, longest=8, learning_rate=1e-2)


@pytest.fixture(scope="module")
def model():
    return learn_language(TEXTS, SETTINGS, seed=0)


def test_it_learns_what_can_be_known(model):
    """Colours, things and sizes are free; articles, the verb and the stop are certain."""
    least = (np.log(2) + np.log(3) + np.log(2)) / 6
    with torch.no_grad():
        assert least - 0.05 < float(model.loss(model.numbers(TEXTS))) < least + 0.15


def test_no_state_depends_on_later_words(model):
    with torch.no_grad():
        whole, other = (model.layers(model.numbers([text])) for text in (TEXTS[0], "the red dog was here"))
    for one, two in zip(whole, other, strict=True):
        assert torch.allclose(one[:, :4], two[:, :4], atol=1e-5)
        assert not torch.allclose(one[:, 4], two[:, 4], atol=1e-3)


def test_unknown_words_ends_and_lengths(model):
    numbers = model.numbers(["the unicorn", "The red dog is big. " * 5])
    assert numbers.shape == (2, 9)  # 8 words are kept, after the mark of the beginning
    assert numbers[0].tolist()[3:] == [0] * 6
    assert numbers[0, 2] == 1
    assert numbers[0, 1] == numbers[1, 1]


def test_the_seed_decides_and_the_global_state_is_left_alone():
    state = torch.random.get_rng_state()
    one, same, other = (learn_language(TEXTS, LanguageSettings(steps=1, layers=1, width=8), seed=s) for s in (0, 0, 1))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.equal(one.word.weight, same.word.weight)
    assert not torch.equal(one.word.weight, other.word.weight)
