import copy

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.encoders import SmallBert, StaticText, load_encoder
from counterpoint.encoders.soft_prompts import SoftPromptEncoder, SoftPrompts

TEXTS = ["a small dog", "two men play the guitar in the rain", "snow"]
INNER = SmallBert(dim=16, layers=2, vocabulary_size=300, min_frequency=1, dropout=0.0, max_length=20)


def encoder(**settings) -> SoftPromptEncoder:
    torch.manual_seed(0)
    return SoftPrompts(inner=INNER, length=3, **settings).build(TEXTS)


def test_only_prompts_learn_and_all_of_them_do():
    made = encoder()
    made(made.collate(TEXTS)).square().sum().backward()
    learning = {name for name, one in made.named_parameters() if one.requires_grad}
    assert len(learning) == 2
    assert all(one.grad is not None and (one.grad.abs().sum(1) > 0).all() for one in made.prompts())


def test_states_are_those_of_the_layers_one_after_the_other():
    made = encoder(spread=1.0).eval()
    inputs = made.collate(TEXTS[:1])  # no padding
    plain = made.inner.model
    states = plain.embeddings(input_ids=inputs["input_ids"])
    for layer, prompt in zip(plain.encoder.layer, made.prompts(), strict=True):
        states = layer.layer(torch.cat([prompt[None], states[:, 3:]], 1))
    torch.testing.assert_close(made(inputs), states[:, 3:].mean(1))


def test_padding_and_the_places_of_prompts_say_nothing():
    made = encoder(spread=1.0).eval()
    alone, beside = made(made.collate(TEXTS[:1])), made(made.collate(TEXTS))[:1]
    torch.testing.assert_close(alone, beside)
    inputs = made.collate(TEXTS)
    inputs["input_ids"][:, :3] = 7
    torch.testing.assert_close(made(inputs)[:1], alone)


def test_it_is_saved_and_copied(tmp_path):
    made = encoder(spread=1.0).eval()
    made.save(tmp_path)
    for other in (load_encoder(tmp_path).eval(), copy.deepcopy(made)):
        torch.testing.assert_close(other(other.collate(TEXTS)), made(made.collate(TEXTS)))


def test_texts_are_cut_to_what_room_is_left():
    made = encoder()
    assert made.collate(["dog " * 50])["input_ids"].shape[1] == 20


def test_what_cannot_be_prompted_is_refused():
    with pytest.raises(InputError, match="at least 1, got 0"):
        SoftPrompts(inner=INNER, length=0)
    with pytest.raises(InputError, match="20 prompts leave no position"):
        SoftPrompts(inner=INNER, length=20).build(TEXTS)
    static = StaticText(dim=4, min_frequency=1).build(TEXTS)
    static.model = None
    with pytest.raises(InputError, match="NoneType has none"):
        SoftPromptEncoder(SoftPrompts(inner=INNER), static)
