"""How many texts are longer than an encoder reads, counted as its tokenizer counts."""

import pytest

from counterpoint.encoders import MLP, HuggingFace, StaticText
from counterpoint.encoders.cut_texts import CutTexts, cut_texts
from counterpoint.encoders.low_rank import LowRank
from counterpoint.encoders.role import Role

TEXTS = ["the cat", "the cat sat"]


@pytest.mark.parametrize(("length", "count"), [(5, 0), (4, 1), (3, 2)])
def test_a_transformer_counts_its_special_tokens(tiny_bert, length, count):
    encoder = HuggingFace(name_or_path=tiny_bert, max_length=length).build()
    longest = max(int(mask.sum()) for mask in encoder.collate(TEXTS)["attention_mask"])
    assert longest == min(5, length)
    assert cut_texts(encoder, TEXTS) == CutTexts(count, length)
    assert cut_texts(encoder, []) == CutTexts(0, length)


def test_a_prompt_takes_its_place_and_a_wrapper_changes_nothing(tiny_bert):
    spec = HuggingFace(name_or_path=tiny_bert, max_length=5, query_prompt="the ")
    for encoder in (spec.build(), LowRank(inner=spec, rank=1).build()):
        assert cut_texts(encoder, TEXTS, role=Role.QUERY) == CutTexts(1, 5)
        assert cut_texts(encoder, TEXTS, role=Role.DOCUMENT) == CutTexts(0, 5)


def test_static_texts_are_cut_at_their_length():
    texts = ["one two three four", "one two three four five six seven eight nine ten"]
    encoder = StaticText(dim=4, vocabulary_size=300, min_frequency=1, max_length=6).build(texts)
    sizes = encoder.collate(texts)["length"]
    assert sizes[0] < 6 == sizes[1]
    assert cut_texts(encoder, texts) == CutTexts(1, 6)
    assert cut_texts(encoder, []) == CutTexts(0, 6)


def test_an_encoder_without_tokens_has_no_limit():
    assert cut_texts(MLP(dim=4, in_dim=3).build(), ["a text"]) is None
