"""Texts that say nothing to an encoder are those it gives the same vector, whatever they are."""

import numpy as np

from counterpoint.encoders import MLP, HuggingFace, LinearHead, Projected, SmallBert, StaticText
from counterpoint.encoders.innermost import innermost
from counterpoint.encoders.low_rank import LowRank
from counterpoint.encoders.unread_texts import unread_texts

TEXTS = ["a cat", "\u03c8\u03c8", "", "cat \u03c8"]


def test_a_static_encoder_has_zeros_for_them(texts):
    encoder = StaticText(dim=4, min_frequency=1).build(texts)
    zeros = ~encoder.encode(TEXTS).any(axis=1)
    assert zeros.tolist() == [False, True, True, False]
    assert unread_texts(encoder, TEXTS) == 2
    assert unread_texts(encoder, []) == 0


def test_a_projection_has_the_same_vector_for_all_of_them(texts):
    encoder = Projected(backbone=StaticText(dim=4, min_frequency=1), head=LinearHead(out_dim=3)).build(texts)
    found = encoder.encode(TEXTS)
    assert np.array_equal(found[1], found[2])
    assert unread_texts(encoder, TEXTS) == 2


def test_a_transformer_has_one_token_for_all_that_it_does_not_know(tiny_bert):
    spec = HuggingFace(name_or_path=tiny_bert)
    for encoder in (spec.build(), LowRank(inner=spec, rank=1).build()):
        assert unread_texts(encoder, [*TEXTS, "\u03c8 cat \u03c8", "\u03c8 \u03be"]) == 3
        assert unread_texts(encoder, []) == 0


def test_bytes_are_always_known(texts):
    assert unread_texts(SmallBert(dim=16, layers=1, min_frequency=1).build(texts), TEXTS[:2]) == 0


def test_what_has_no_tokens_is_not_counted():
    encoder = MLP(dim=4, in_dim=3).build()
    assert unread_texts(encoder, TEXTS) is None
    assert innermost(encoder) is encoder
