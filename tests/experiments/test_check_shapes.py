"""Recipes that nest or are taught, and are something else as well."""

from dataclasses import replace

import pytest

from counterpoint.base.errors import InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.data import Supervision
from counterpoint.encoders import LearnableTemperature, LinearHead, StaticText
from counterpoint.experiments.check_shapes import check_shapes
from counterpoint.experiments.recipe import Recipe
from counterpoint.methods import Nested, SiameseStep
from counterpoint.objectives import InfoNCE
from counterpoint.training import TrainSettings

PLAIN = Recipe(
    encoder=StaticText(), objective=InfoNCE(), supervision=Supervision.VIEWS, training=TrainSettings(steps=1)
)
NESTED = replace(PLAIN, nested=Nested(widths=(8, 16)))
TAUGHT = replace(PLAIN, teacher=StaticText())


@pytest.mark.parametrize("recipe", [PLAIN, NESTED, TAUGHT])
def test_what_fits_is_saved_and_read_back(recipe):
    check_shapes(recipe)
    assert from_json(to_json(recipe)) == recipe


@pytest.mark.parametrize(
    ("recipe", "changes", "told"),
    [
        (NESTED, {"teacher": StaticText()}, "with nested embeddings there is no teacher"),
        (NESTED, {"siamese": SiameseStep()}, "with nested embeddings there is no siamese"),
        (NESTED, {"head": LinearHead(out_dim=8)}, r"head must be NoHead\(\), got LinearHead"),
        (TAUGHT, {"other_encoder": StaticText()}, "with a teacher there is no other_encoder"),
        (TAUGHT, {"temperature": LearnableTemperature()}, "with a teacher there is no temperature"),
        (TAUGHT, {"supervision": Supervision.PAIRS}, "its supervision is pairs; give Supervision.VIEWS"),
    ],
)
def test_what_excludes_each_other(recipe, changes, told):
    with pytest.raises(InputError, match=told):
        check_shapes(replace(recipe, **changes))
