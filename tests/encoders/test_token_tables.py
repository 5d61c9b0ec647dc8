"""A tokenizer that knows more tokens than there are vectors is refused before a text shows it."""

from dataclasses import replace

import pytest
import torch

from counterpoint.base.errors import CheckpointError, InputError
from counterpoint.data import Supervision, table_from
from counterpoint.encoders import HuggingFace, LinearHead, Projected, StaticText, load_encoder
from counterpoint.encoders.token_tables import check_token_tables
from counterpoint.experiments.job import start_method
from counterpoint.experiments.presets import recipe_for
from counterpoint.experiments.source import DataSource, data_from

MESSAGE = r"does not fit its tokenizer: the tokenizer has 36 tokens, and the model's table has 8 rows \(vocab_size\)"


@pytest.fixture
def too_few(tiny_bert):
    """The tiny BERT with all its tokens and eight rows."""
    encoder = HuggingFace(name_or_path=tiny_bert).build()
    assert len(encoder.tokenizer) == 36
    encoder.model.resize_token_embeddings(8)
    return encoder


def test_both_counts_are_named_inside_of_whatever_holds_the_transformer(too_few):
    for module in (too_few, torch.nn.ModuleList([too_few]), _projected(too_few)):
        with pytest.raises(InputError, match=MESSAGE):
            check_token_tables(module)


def _projected(encoder):
    class Given(HuggingFace):
        def build(self, sample=None):
            return encoder

    return Projected(backbone=Given(name_or_path="given"), head=LinearHead(out_dim=4)).build()


def test_a_row_for_every_token_is_enough_and_other_encoders_are_not_asked(tiny_bert, texts):
    encoder = HuggingFace(name_or_path=tiny_bert).build()
    encoder.model.resize_token_embeddings(36)
    check_token_tables(encoder)
    check_token_tables(StaticText(dim=4, min_frequency=1).build(texts))
    encoder.model.resize_token_embeddings(35)
    with pytest.raises(InputError, match="36 tokens, and the model's table has 35 rows"):
        check_token_tables(encoder)


def test_a_run_with_it_is_refused_before_the_first_step(too_few, tmp_path):
    too_few.model.save_pretrained(tmp_path)
    too_few.tokenizer.save_pretrained(tmp_path)
    columns = {"anchor": ["a plane", "a man", "a dog"], "positive": ["air plane", "man", "dog"]}
    data = data_from(table_from(columns), None, DataSource(data="python", test_fraction=0), {})
    recipe = recipe_for(data, supervision=Supervision.PAIRS)
    spec = HuggingFace(name_or_path=str(tmp_path))
    with pytest.raises(InputError, match=f"^encoder: the text model '{tmp_path}' {MESSAGE}"):
        start_method(replace(recipe, encoder=spec), data.train)


def test_one_that_was_saved_is_refused_when_it_is_opened(too_few, tmp_path):
    too_few.save(tmp_path)
    with pytest.raises(CheckpointError, match=f"cannot rebuild the encoder in .*{MESSAGE}"):
        load_encoder(tmp_path)
