"""The list of transformations: each says what does it or what it would take."""

import pytest
import torch

from counterpoint.data.sets.sugarcrepe import sugarcrepe
from counterpoint.experiments.text_transformations import TRANSFORMATIONS
from counterpoint.views import row_seeds

TEXTS = ["the old man and the sea were not far from each other on that day"] * 20


def test_names_differ_and_each_either_runs_or_says_what_it_lacks():
    assert len({one.name for one in TRANSFORMATIONS}) == len(TRANSFORMATIONS)
    assert all((one.view is None) == bool(one.lacks) for one in TRANSFORMATIONS)


@pytest.mark.parametrize("one", [one for one in TRANSFORMATIONS if one.view is not None], ids=lambda one: one.name)
def test_what_runs_changes_texts_unless_only_dropout_does(one):
    changed = one.view(TEXTS, row_seeds(torch.arange(len(TEXTS)), seed=0, epoch=0))
    assert len(changed) == len(TEXTS)
    assert (list(changed) == TEXTS) == (one.name == "dropout")


def test_wrong_captions_are_there():
    table = sugarcrepe()
    assert len(table) == 7511
    first = table.head(1, ["type", "caption", "negative_caption"])
    assert first["type"][0] == "add_att"
    assert first["caption"][0] != first["negative_caption"][0]
