import numpy as np
import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.encoders import (
    CLS,
    MLP,
    Attention,
    HuggingFace,
    LastToken,
    LinearHead,
    Mean,
    Projected,
    ProjectionHead,
    Role,
    SmallBert,
    StaticText,
    export_sentence_transformers,
    load_encoder,
)

library = pytest.importorskip("sentence_transformers")


def trained(encoder):
    """Weights that are not the initial ones."""
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return encoder


def check(encoder, folder, texts) -> None:
    export_sentence_transformers(encoder, folder)
    opened = library.SentenceTransformer(str(folder), device="cpu", trust_remote_code=False)
    np.testing.assert_allclose(opened.encode(texts), encoder.encode(texts), atol=1e-5)
    np.testing.assert_allclose(opened.encode_query(texts), encoder.encode(texts, role=Role.QUERY), atol=1e-5)
    np.testing.assert_allclose(opened.encode_document(texts), encoder.encode(texts, role=Role.DOCUMENT), atol=1e-5)


@pytest.mark.parametrize("pooling", [Mean(), CLS(), LastToken()])
def test_transformer_opens_in_sentence_transformers(tiny_bert, texts, tmp_path, pooling):
    encoder = trained(HuggingFace(name_or_path=tiny_bert, pooling=pooling, max_length=10).build())
    check(encoder, tmp_path, texts)


def test_prompts_go_along(tiny_bert, texts, tmp_path):
    encoder = HuggingFace(name_or_path=tiny_bert, prompt="passage: ", query_prompt="query: ", document_prompt="")
    check(trained(encoder.build()), tmp_path, texts)


def test_a_small_bert_opens_in_sentence_transformers(texts, tmp_path):
    encoder = trained(SmallBert(dim=8, layers=1, min_frequency=1, max_length=12).build(texts))
    check(encoder, tmp_path, [*texts, "words that were never seen [PAD] [MASK] Ω", "a dog " * 50])


@pytest.mark.parametrize("sif", [None, 1e-3])
def test_static_text_opens_in_sentence_transformers(texts, tmp_path, sif):
    encoder = trained(StaticText(dim=8, min_frequency=1, max_length=12, sif=sif, token_dropout=0.1).build(texts))
    check(encoder, tmp_path, [*texts, "words that were never seen [PAD] Ω", "a dog " * 50])


@pytest.mark.parametrize("bias", [True, False])
def test_a_linear_projection_goes_along(tiny_bert, texts, tmp_path, bias):
    head = LinearHead(out_dim=6, bias=bias)
    static = StaticText(dim=8, min_frequency=1)
    check(trained(Projected(backbone=static, head=head).build(texts)), tmp_path / "static", texts)
    prompted = HuggingFace(name_or_path=tiny_bert, query_prompt="query: ")
    check(trained(Projected(backbone=prompted, head=head).build()), tmp_path / "transformer", texts)


def test_one_folder_can_be_both(texts, tmp_path):
    encoder = StaticText(dim=8, min_frequency=1).build(texts)
    encoder.save(tmp_path)
    check(encoder, tmp_path, texts)
    assert np.array_equal(load_encoder(tmp_path).encode(texts), encoder.encode(texts))
    trained(encoder).save(tmp_path)
    check(encoder, tmp_path, texts)


def test_what_has_no_place_there_is_refused(tiny_bert, vectors, tmp_path):
    with pytest.raises(InputError, match="takes text encoders, not a MLPEncoder"):
        export_sentence_transformers(MLP().build(vectors), tmp_path)
    with pytest.raises(InputError, match=r"has no pooling Attention\(\)"):
        export_sentence_transformers(HuggingFace(name_or_path=tiny_bert, pooling=Attention()).build(), tmp_path)
    deep = Projected(backbone=StaticText(min_frequency=1), head=ProjectionHead()).build(["a b", "a c"])
    with pytest.raises(InputError, match="has no projection like ProjectionHead"):
        export_sentence_transformers(deep, tmp_path)
    assert list(tmp_path.iterdir()) == []
