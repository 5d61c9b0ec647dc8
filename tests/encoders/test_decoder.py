"""A small decoder: what its tokens see with the mask and without it, on the same weights, and after being saved."""

import numpy as np
import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.encoders import (
    HuggingFace,
    LastToken,
    LatentAttention,
    LinearHead,
    Mean,
    Projected,
    Saved,
    StaticText,
    load_encoder,
)
from counterpoint.encoders.causal_mask import BothWays, with_mask
from counterpoint.encoders.decoder import SmallDecoder
from counterpoint.encoders.innermost import innermost
from counterpoint.encoders.low_rank import LowRank
from counterpoint.encoders.token_tables import check_token_tables
from counterpoint.objectives import InfoNCE

pytest.importorskip("transformers")
SMALL = SmallDecoder(dim=16, layers=2, heads=2, vocabulary_size=300, min_frequency=1, max_length=40)
BOTH = SmallDecoder(**{**vars(SMALL), "causal": False, "pooling": Mean()})
POOLINGS = [LastToken(), Mean(), LatentAttention(latents=4, heads=2)]


def states(encoder, ids):
    """States `[N, L, D]` of texts without padding."""
    with torch.no_grad():
        return encoder.eval().model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state


def two_texts_that_part_at(place, length=6, vocabulary=250):
    ids = torch.randint(1, vocabulary, (1, length)).repeat(2, 1)
    ids[1, place] = (ids[0, place] + 7) % vocabulary
    return ids


@pytest.mark.parametrize("place", [1, 3, 5])
def test_with_the_mask_a_token_depends_on_none_after_it(texts, place):
    one, other = states(SMALL.build(texts), two_texts_that_part_at(place))
    torch.testing.assert_close(one[:place], other[:place])
    assert not torch.isclose(one[place:], other[place:]).all(dim=1).any()


@pytest.mark.parametrize("place", [1, 3, 5])
def test_without_it_every_token_depends_on_all(texts, place):
    one, other = states(BOTH.build(texts), two_texts_that_part_at(place))
    assert not torch.isclose(one, other).all(dim=1).any()


def test_a_causal_state_is_that_of_the_text_cut_there(texts):
    encoder, ids = SMALL.build(texts), torch.randint(1, 250, (3, 7))
    torch.testing.assert_close(states(encoder, ids)[:, :4], states(encoder, ids[:, :4]))


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("pooling", POOLINGS, ids=str)
def test_padding_says_nothing(texts, causal, pooling):
    encoder = SmallDecoder(**{**vars(SMALL), "causal": causal, "pooling": pooling}).build(texts).eval()
    _stir(encoder.pool)
    beside = encoder.collate(texts)
    assert (beside["attention_mask"] == 0).any()
    found = encoder(beside)
    for row, text in enumerate(texts):
        torch.testing.assert_close(encoder(encoder.collate([text]))[0], found[row], rtol=1e-4, atol=1e-5)
    beside["input_ids"][beside["attention_mask"] == 0] = 9
    torch.testing.assert_close(encoder(beside), found, rtol=1e-4, atol=1e-5)


def _stir(module):
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(torch.randn_like(weight) * 0.3)


@pytest.mark.parametrize("start", [SMALL, BOTH])
def test_the_mask_is_switched_on_the_same_weights_and_back(texts, start):
    encoder = start.build(texts).eval()
    switched = with_mask(encoder, causal=not start.causal)
    assert switched.spec.causal is not start.causal
    assert encoder.spec == start
    before, after = encoder.state_dict(), switched.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    ids = torch.randint(1, 250, (2, 6))
    assert not torch.allclose(states(encoder, ids), states(switched, ids))
    back = with_mask(switched, causal=start.causal)
    torch.testing.assert_close(states(back, ids), states(encoder, ids), rtol=0, atol=0)
    assert not any(one is other for one, other in zip(encoder.parameters(), switched.parameters(), strict=True))


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("pooling", POOLINGS, ids=str)
def test_it_is_saved_with_its_mask(texts, tmp_path, causal, pooling):
    encoder = SmallDecoder(**{**vars(SMALL), "causal": causal, "pooling": pooling}).build(texts)
    _stir(encoder.pool)
    encoder.save(tmp_path)
    found = load_encoder(tmp_path)
    assert found.spec == encoder.spec
    np.testing.assert_array_equal(found.encode(texts), encoder.encode(texts))
    ids = two_texts_that_part_at(3)
    one, other = states(found, ids)
    assert torch.allclose(one[:3], other[:3]) is causal


def test_a_saved_one_goes_on_both_ways_with_another_pooling_and_is_saved_as_such(texts, tmp_path):
    causal = SMALL.build(texts)
    causal.save(tmp_path / "causal")
    spec = BothWays(decoder=Saved(folder=str(tmp_path / "causal")), pooling=LatentAttention(latents=4, heads=2))
    opened = spec.build()
    assert opened.training
    assert opened.spec == SmallDecoder(**{**vars(SMALL), "causal": False, "pooling": spec.pooling})
    weights = opened.model.state_dict()
    assert all(torch.equal(weights[name], one) for name, one in causal.model.state_dict().items())
    opened.save(tmp_path / "both")
    (tmp_path / "causal" / "model.safetensors").unlink()
    found = load_encoder(tmp_path / "both")
    np.testing.assert_array_equal(found.encode(texts), opened.encode(texts))
    expected = with_mask(causal, causal=False).eval()
    ids = found.collate(texts)
    torch.testing.assert_close(
        found(ids), Mean().build(16)(expected.model(**ids).last_hidden_state, ids["attention_mask"])
    )  # latents begin as the mean


def test_any_decoder_of_hugging_face_loses_its_mask_and_is_saved_without(texts, tmp_path):
    encoder = SMALL.build(texts)
    encoder.model.save_pretrained(tmp_path / "there")
    encoder.tokenizer.save_pretrained(tmp_path / "there")
    spec = HuggingFace(name_or_path=str(tmp_path / "there"), pooling=Mean())
    opened = BothWays(decoder=spec).build()
    assert opened.spec == spec
    np.testing.assert_allclose(opened.encode(texts), _both_ways_mean(encoder, texts), atol=1e-6)
    opened.save(tmp_path / "saved")
    np.testing.assert_array_equal(load_encoder(tmp_path / "saved").encode(texts), opened.encode(texts))


def _both_ways_mean(encoder, texts):
    other = with_mask(encoder, causal=False)
    other.pool = Mean().build(16)
    return other.encode(texts)


def test_inside_of_other_specs_the_mask_stays_away(texts, tmp_path):
    SMALL.build(texts).save(tmp_path / "model")
    inner = BothWays(decoder=HuggingFace(name_or_path=str(tmp_path / "model")))
    for number, spec in enumerate(
        [Projected(backbone=inner, head=LinearHead(out_dim=4)), LowRank(inner=inner, rank=1, where=("q_proj",))]
    ):
        made = spec.build()
        made.save(tmp_path / str(number))
        found = load_encoder(tmp_path / str(number))
        assert innermost(found).model.config.is_causal is False
        np.testing.assert_array_equal(found.encode(texts), made.encode(texts))


def test_every_text_ends_with_its_own_token_and_is_cut_before_it(texts):
    encoder = SMALL.build(texts)
    inputs = encoder.collate(["a plane is taking off", "", "off " * 80])
    lengths = inputs["attention_mask"].sum(1)
    assert inputs["input_ids"].shape == (3, 40)
    assert lengths.tolist()[1:] == [1, 40]
    assert [int(inputs["input_ids"][row, n - 1]) for row, n in enumerate(lengths)] == [
        encoder.tokenizer.eos_token_id
    ] * 3
    check_token_tables(encoder)


@pytest.mark.parametrize("spec", [SMALL, BOTH], ids=["causal", "both ways"])
def test_a_few_contrastive_steps_lower_the_loss(spec):
    words = ["cat", "dog", "sun", "rain", "tree", "road", "boat", "fish"]
    first = [f"{a} and {b}" for a in words for b in words if a < b]
    second = [f"{b} with {a}" for a in words for b in words if a < b]
    encoder = spec.build([*first, *second])
    optimiser, objective, losses = torch.optim.Adam(encoder.parameters(), lr=1e-2), InfoNCE(temperature=0.1), []
    for _ in range(25):
        loss = objective(encoder(encoder.collate(first)), encoder(encoder.collate(second)))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert sum(losses[-3:]) < 0.5 * sum(losses[:3])


def test_sentence_transformers_reads_it_without_the_mask_too(texts, tmp_path):
    library = pytest.importorskip("sentence_transformers")
    from counterpoint.encoders import export_sentence_transformers

    encoder = BOTH.build(texts)
    export_sentence_transformers(encoder, tmp_path)
    found = library.SentenceTransformer(str(tmp_path), device="cpu").encode(texts)
    np.testing.assert_allclose(found, encoder.encode(texts), atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"dim": 0}, "sizes must be at least 1"),
        ({"max_length": 1}, "max_length at least 2"),
        ({"dim": 10, "heads": 2}, "heads must divide dim = 10 into even parts, got 2"),
        ({"heads": -2}, "heads must divide dim = 128 into even parts, got -2"),
        ({"heads": 0}, "heads must divide dim = 128 into even parts, got 0"),
        ({"dropout": 1.0}, "dropout must lie in 0..1, got 1.0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, told):
    with pytest.raises(InputError, match=told):
        SmallDecoder(**settings)


def test_bert_reads_from_left_to_right_and_is_saved_so(tiny_bert, texts, tmp_path):
    encoder = HuggingFace(name_or_path=tiny_bert).build().eval()
    masked, ids = with_mask(encoder, causal=True), torch.randint(5, 35, (2, 6))
    torch.testing.assert_close(states(masked, ids)[:, :4], states(masked, ids[:, :4]))
    torch.testing.assert_close(states(masked, ids[:, :1]), states(encoder, ids[:, :1]))
    assert not torch.allclose(states(masked, ids)[:, 1], states(encoder, ids)[:, 1])
    masked.save(tmp_path)
    np.testing.assert_array_equal(load_encoder(tmp_path).encode(texts), masked.encode(texts))


def test_what_cannot_be_is_refused(texts):
    with pytest.raises(InputError, match="SmallDecoder needs a sample of texts"):
        SMALL.build()

    class Given(StaticText):
        def build(self, sample=None):
            return StaticText(dim=4, min_frequency=1).build(texts)

    with pytest.raises(InputError, match="decoder must be a transformer, got StaticTextEncoder"):
        BothWays(decoder=Given()).build()


def test_a_transformers_that_takes_no_mask_away_is_refused_and_not_believed(texts, monkeypatch):
    transformers = pytest.importorskip("transformers")
    passed_over = property(lambda config: True, lambda config, value: None)
    monkeypatch.setattr(transformers.LlamaConfig, "is_causal", passed_over, raising=False)
    causal = SMALL.build(texts)
    with pytest.raises(InputError, match="causal=False: LlamaModel passes this over"):
        with_mask(causal, causal=False)
    with pytest.raises(InputError, match="causal=False: LlamaModel passes this over, and a token does not see"):
        BOTH.build(texts)
