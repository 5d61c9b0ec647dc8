"""Neighbours of words: from the vectors alone, and only those that are near enough."""

import torch

from counterpoint.experiments.claim import Setting
from counterpoint.experiments.near_words import near_words
from counterpoint.experiments.sentence_tuning import sentence_start

TEXTS = ["What is the largest city ?", "Which city has the famous tower ?", "a xyzzyq"]


def test_neighbours_are_the_nearest_token_vectors():
    encoder = sentence_start(Setting.TINY)
    found = dict(near_words(encoder, TEXTS, others=2, least=-1.0))
    assert set(found) == {"what", "largest", "city", "which", "famous", "tower"}
    table, vocabulary = encoder.model.get_input_embeddings().weight, encoder.tokenizer.get_vocab()
    for word, others in found.items():
        assert len(others) == 2
        assert word not in others
        cosines = torch.nn.functional.cosine_similarity(table[vocabulary[word]], table, dim=1)
        words = [one for one in vocabulary if len(one) > 3 and one.isalpha() and one.islower() and one != word]
        able = {one: float(cosines[vocabulary[one]]) for one in words}
        assert set(others) == set(sorted(able, key=able.__getitem__)[-2:])


def test_far_words_are_left_out_and_only_the_most_frequent_are_asked():
    encoder = sentence_start(Setting.TINY)
    assert near_words(encoder, TEXTS, least=0.999) == ()
    assert [word for word, _ in near_words(encoder, TEXTS, words=1, least=-1.0)] == ["city"]
