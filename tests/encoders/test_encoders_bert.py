"""A small BERT from nothing, words hidden from it, and the head that guesses them."""

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.encoders import HuggingFace, SmallBert
from counterpoint.encoders.word_head import WordHead, mask_words

pytest.importorskip("transformers")
SMALL = SmallBert(dim=16, layers=1, min_frequency=1, max_length=12)


@pytest.fixture
def bert(texts):
    return SMALL.build(texts)


def test_a_text_begins_with_its_own_token_and_is_cut(bert):
    inputs = bert.collate(["a plane is taking off", "off " * 50])
    assert inputs["input_ids"].shape == (2, 12)
    assert inputs["input_ids"][:, 0].tolist() == [bert.tokenizer.cls_token_id] * 2
    assert int(inputs["attention_mask"].sum()) == 12 + 1 + len(bert.tokenizer.tokenize("a plane is taking off"))


def test_the_same_sample_gives_the_same_tokens_and_other_numbers_other_weights(texts):
    torch.manual_seed(1)
    first, second = SMALL.build(texts), SMALL.build(texts)
    assert first.tokenizer.get_vocab() == second.tokenizer.get_vocab()
    name = "model.encoder.layer.0.output.dense.weight"
    assert not torch.equal(first.state_dict()[name], second.state_dict()[name])


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"dim": 0}, "sizes must be at least 1"),
        ({"max_length": 1}, "max_length at least 2"),
        ({"dim": 10, "heads": 3}, "heads must divide dim = 10, got 3"),
        ({"dropout": 1.0}, "dropout must lie in 0..1, got 1.0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, told):
    with pytest.raises(InputError, match=told):
        SmallBert(**settings)


def test_it_needs_a_sample():
    with pytest.raises(InputError, match="SmallBert needs a sample of texts"):
        SMALL.build()


def test_hidden_words_are_masked_drawn_or_kept_in_their_shares(bert):
    inputs = bert.collate(["a man is playing a large flute and the dog ran"] * 2000)
    masked = mask_words(bert, inputs, rate=0.3, keep=0.4)
    special = torch.isin(masked.tokens, torch.tensor(bert.tokenizer.all_special_ids))
    assert not bool((masked.hidden & special).any())
    assert float(masked.hidden[~special].float().mean()) == pytest.approx(0.3, abs=0.02)
    shown = masked.inputs["input_ids"]
    assert torch.equal(shown[~masked.hidden], masked.tokens[~masked.hidden])
    hidden = masked.hidden
    assert float((shown[hidden] == bert.tokenizer.mask_token_id).float().mean()) == pytest.approx(0.6, abs=0.02)
    assert float((shown[hidden] == masked.tokens[hidden]).float().mean()) == pytest.approx(0.2, abs=0.02)


def test_all_hidden_words_become_the_mask_where_none_is_kept(bert, texts):
    masked = mask_words(bert, bert.collate(texts), rate=0.5, keep=0.0)
    assert set(masked.inputs["input_ids"][masked.hidden].tolist()) == {bert.tokenizer.mask_token_id}


def test_hiding_refuses_shares_and_a_tokenizer_without_a_mask(bert, texts, tiny_bert):
    with pytest.raises(InputError, match=r"rate and keep must be between 0 and 1, got 2 and 0\.2"):
        mask_words(bert, bert.collate(texts), rate=2)
    other = HuggingFace(name_or_path=tiny_bert).build()
    other.tokenizer.mask_token = None
    with pytest.raises(InputError, match="a tokenizer with a mask token"):
        mask_words(other, other.collate(texts))


def test_the_head_learns_hidden_words_and_shares_the_token_vectors(bert, texts):
    head = WordHead(bert)
    assert not {id(one) for one in head.parameters()} & {id(one) for one in bert.parameters()}
    optimiser = torch.optim.Adam([*bert.parameters(), *head.parameters()], lr=1e-2)
    inputs, losses = bert.collate([text for text in texts if text]), []
    for _ in range(60):
        masked = mask_words(bert, inputs, rate=0.3)
        loss = head.loss(bert.model(**masked.inputs).last_hidden_state, masked)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert sum(losses[-10:]) < 0.7 * sum(losses[:10])


def test_the_loss_is_the_mean_surprise_of_hidden_words_and_0_without_any(bert, texts):
    bert.eval()
    head, inputs = WordHead(bert), bert.collate(texts)
    masked = mask_words(bert, inputs, rate=0.4)
    states = bert.model(**masked.inputs).last_hidden_state
    scores = head(states).log_softmax(-1)
    places = masked.hidden.nonzero().tolist()
    expected = -sum(scores[i, j, masked.tokens[i, j]] for i, j in places) / len(places)
    torch.testing.assert_close(head.loss(states, masked), expected)
    assert float(head.loss(states, mask_words(bert, inputs, rate=0.0)).detach()) == 0.0
