import numpy as np
import torch

from counterpoint.encoders import StaticText
from counterpoint.experiments.annotators import cosine_annotator, paraphrased

TEXTS = ["a dog runs", "a cat sleeps", "the dog runs fast"]


def test_cosines_of_an_encoder_are_ratings():
    torch.manual_seed(0)
    encoder = StaticText(dim=4, min_frequency=1).build(TEXTS)
    found = cosine_annotator(encoder)(TEXTS, TEXTS[::-1])
    vectors = encoder.encode(TEXTS)
    np.testing.assert_allclose(found, (vectors * vectors[::-1]).sum(1).clip(0, 1), atol=1e-6)
    assert found[1] > 0.999


def test_a_paraphrase_has_near_synonyms_and_keeps_a_word():
    assert paraphrased("A dog is running near the road") == "puppy racing beside street"
    assert paraphrased("the") == "the", "nothing would be left"
