import torch

from counterpoint.encoders import SmallBert
from counterpoint.encoders.layered import layer_embeddings

TEXTS = ["a small dog", "two men play the guitar in the rain", "snow"]


def test_the_last_layer_is_the_embedding_and_every_layer_that_of_a_cut_model():
    torch.manual_seed(0)
    encoder = SmallBert(dim=16, layers=3, vocabulary_size=300, min_frequency=1).build(TEXTS).eval()
    inputs = encoder.collate(TEXTS)
    layers = layer_embeddings(encoder, inputs)
    assert len(layers) == 3
    torch.testing.assert_close(layers[-1], encoder(inputs))
    encoder.model.encoder.layer = encoder.model.encoder.layer[:2]
    torch.testing.assert_close(layers[1], encoder(inputs))
