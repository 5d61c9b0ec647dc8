"""Sentences are scored by sums of their token vectors."""

import torch

from counterpoint.encoders import StaticText
from counterpoint.papers.quick_thought import _sum


def test_a_sentence_is_the_sum_of_its_tokens_and_not_their_mean():
    texts = ["the dog runs", "the dog runs the dog runs", "rain"]
    encoder = StaticText(dim=8, vocabulary_size=60, min_frequency=1).build(texts).eval()
    inputs = encoder.collate(texts)
    expected = torch.stack([encoder.token_vectors()[row].sum(0) for row in inputs["tokens"]])
    torch.testing.assert_close(_sum(encoder, inputs), expected)
    torch.testing.assert_close(expected[1], 2 * expected[0])
