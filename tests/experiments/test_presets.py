"""Every kind of data gets a recipe that fits it, trains, and is written down as Python that makes it again."""

import numpy as np
import pytest

from counterpoint.base.content import Kind
from counterpoint.base.spec import from_json, to_json
from counterpoint.data import Supervision, table_from
from counterpoint.encoders import Projected
from counterpoint.experiments.check import prepare_job
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.job import run_job
from counterpoint.experiments.load_recipe import load_recipe
from counterpoint.experiments.presets import recipe_for, with_training
from counterpoint.experiments.recipe_source import source_of
from counterpoint.experiments.source import DataSource, data_from
from counterpoint.objectives import CLIP, CoSENT, NTXent, SupCon
from counterpoint.training import TrainSettings

SOURCE = DataSource(data="python", test_fraction=0.2)
OBJECTIVES = {"views": NTXent, "labels": SupCon, "pairs": CLIP, "scores": CoSENT}
CASES = [(kind, supervision, None) for kind in ("image", "text", "vector") for supervision in OBJECTIVES]
CASES += [("image", "pairs", "text"), ("text", "pairs", "image"), ("vector", "pairs", "text")]


@pytest.mark.parametrize(("kind", "supervision", "other"), CASES)
def test_two_steps_of_the_recipe_for_these_data(columns, tmp_path, kind, supervision, other):
    data = data_from(table_from(columns(kind, supervision, other=other)), None, SOURCE, {})
    recipe = recipe_for(data)
    assert recipe.supervision == supervision
    assert isinstance(recipe.objective, OBJECTIVES[supervision])
    assert (recipe.other_encoder is not None) == (other is not None)
    recipe = with_training(recipe, steps=2, batch_size=8)
    warnings: list[str] = []
    method = prepare_job(recipe, data, judge=True, warn=warnings.append)
    assert warnings == []
    folder = RunFolder(tmp_path / "run")
    folder.create(recipe, None)
    assert folder.read() == (recipe, None)
    assert load_recipe(folder.path / "recipe.py") == recipe
    assert run_job(recipe, data, folder, method=method).steps == 2
    encoder, document_encoder = folder.encoders()
    test = data.test.batch(np.arange(3))
    before = folder.encoders(folder.initial)[0].encode(test.anchor)
    after = encoder.encode(test.anchor)
    assert after.shape == before.shape
    assert not np.array_equal(after, before)
    assert (document_encoder is encoder) == (other is None)
    if other is not None:
        assert isinstance(recipe.encoder, Projected)
        assert document_encoder.kind == other
        assert document_encoder.encode(test.positives).shape == after.shape


def test_views_may_be_preferred_to_labels(columns):
    data = data_from(table_from(columns("vector", "labels")), None, SOURCE, {})
    assert recipe_for(data).supervision is Supervision.LABELS
    recipe = recipe_for(data, supervision=Supervision.VIEWS)
    assert (recipe.supervision, type(recipe.objective)) == (Supervision.VIEWS, NTXent)


def test_the_batch_is_a_part_of_small_data(columns):
    for rows, expected in ((8, 2), (40, 8), (2000, 256)):
        data = data_from(table_from(columns("vector", "views", rows)), None, SOURCE, {})
        assert recipe_for(data).training.batch_size == expected


def test_steps_and_epochs_replace_each_other(columns):
    recipe = recipe_for(data_from(table_from(columns("vector", "views")), None, SOURCE, {}))
    assert (recipe.training.epochs, recipe.training.steps) == (20, None)
    steps = with_training(recipe, steps=3, batch_size=None)
    assert (steps.training.epochs, steps.training.steps) == (None, 3)
    assert steps.training.batch_size == recipe.training.batch_size
    again = with_training(steps, epochs=2)
    assert (again.training.epochs, again.training.steps) == (2, None)
    assert with_training(recipe, precision=None) == recipe
    with pytest.raises(TypeError, match="epoch"):
        with_training(recipe, epoch=3)
    assert isinstance(recipe.training, TrainSettings)


def test_recipes_are_specs(columns):
    for kind in Kind:
        recipe = recipe_for(data_from(table_from(columns(kind.value, "labels")), None, SOURCE, {}))
        assert from_json(to_json(recipe)) == recipe
        assert source_of(recipe).startswith('"""')
