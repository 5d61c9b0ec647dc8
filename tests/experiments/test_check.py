"""What does not fit is one InputError before anything is trained, and says what was expected."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.data import Supervision, table_from
from counterpoint.encoders import (
    MLP,
    ConvNet,
    LearnableTemperature,
    NoHead,
    Passthrough,
    Projected,
    ProjectionHead,
    StaticText,
)
from counterpoint.experiments.check import check_job, prepare_job
from counterpoint.experiments.job import start_method
from counterpoint.experiments.presets import recipe_for, with_training
from counterpoint.experiments.source import DataSource, data_from
from counterpoint.objectives import CLIP, DCL, Alignment, BarlowTwins, CoSENT, InfoNCE, NTXent, SigLIP, SupCon
from counterpoint.views import GaussianNoise, WordDrop, light_images

SOURCE = DataSource(data="python", test_fraction=0.2)


@pytest.fixture
def job(columns):
    """A recipe that fits, with changes, and its data."""

    def make(kind: str, supervision: str, *, other: str | None = None, changed: dict | None = None, **changes):
        table = {**columns(kind, supervision, other=other), **(changed or {})}
        data = data_from(table_from(table), None, SOURCE, {})
        recipe = with_training(recipe_for(data), steps=2, batch_size=8)
        return replace(recipe, **changes), data

    return make


def refused(recipe, data, why: str) -> None:
    with pytest.raises(InputError, match=why):
        prepare_job(recipe, data, judge=True, warn=lambda text: None)


OBJECTIVES = {
    ("views", CoSENT()): "CoSENT learns from scored pairs, and its supervision is views",
    ("labels", CoSENT()): "CoSENT learns from scored pairs, and its supervision is labels",
    ("pairs", CoSENT()): "CoSENT learns from scored pairs, and its supervision is pairs",
    ("scores", CLIP()): "CLIP cannot learn from scores, and its supervision is scores",
    ("scores", Alignment()): "Alignment cannot learn from scores",
    ("labels", BarlowTwins()): "BarlowTwins compares two views of the same examples, and its supervision is labels",
}


@pytest.mark.parametrize(("supervision", "objective"), OBJECTIVES)
def test_objectives_that_need_what_is_not_given(job, supervision, objective):
    recipe, data = job("vector", supervision, objective=objective)
    refused(recipe, data, OBJECTIVES[supervision, objective])


@pytest.mark.parametrize(
    ("supervision", "objective"),
    [
        ("views", DCL()),
        ("views", SupCon()),
        ("pairs", SupCon()),
        ("pairs", SigLIP()),
        ("labels", InfoNCE()),
        ("views", BarlowTwins()),
    ],
)
def test_objectives_that_fit(job, supervision, objective):
    """SupCon without labels is NT-Xent, which the laws of the objectives hold it to; so it is not refused."""
    prepare_job(*job("vector", supervision, objective=objective), judge=True, warn=lambda text: None)


@pytest.mark.parametrize("wanted", ["labels", "pairs", "scores"])
def test_supervision_that_the_columns_do_not_give(job, wanted):
    recipe, data = job("vector", "views")
    objective = CoSENT() if wanted == "scores" else SupCon()
    column = {"labels": "label", "pairs": "positive", "scores": "score"}[wanted]
    changed = replace(recipe, objective=objective, supervision=Supervision(wanted))
    refused(changed, data, f"needs {wanted}, but there is no {column} column; columns of .*'vector'; say {column}=")


@pytest.mark.parametrize(
    ("kind", "encoder", "why"),
    [
        ("text", ConvNet(), "encoder: this encoder takes image content, got text"),
        ("vector", ConvNet(), "encoder: this encoder takes image content, got vector"),
        ("image", StaticText(), "encoder: this encoder takes text content, got image"),
        ("image", MLP(), "encoder: this encoder takes vector content, got image"),
        ("text", MLP(), "encoder: this encoder takes vector content, got text"),
        ("image", ConvNet(channels=1), "encoder: .*channels=1.* 3 channels"),
        ("vector", MLP(in_dim=7), "encoder: .*7"),
    ],
)
def test_encoders_of_another_kind(job, kind, encoder, why):
    recipe, data = job(kind, "views", encoder=encoder)
    refused(recipe, data, why)


@pytest.mark.parametrize(
    ("kind", "view"),
    [
        ("text", light_images((8, 8))), ("text", GaussianNoise()), ("image", WordDrop(rate=0.1)),
        ("image", GaussianNoise()), ("vector", WordDrop(rate=0.1)), ("vector", light_images((8, 8))),
    ],
)  # fmt: skip
def test_views_of_another_kind(job, kind, view):
    recipe, data = job(kind, "views", views=(view, view))
    refused(recipe, data, f"the recipe does not fit the data: .*{kind}|the recipe does not fit the data: .* needs ")


def test_a_batch_larger_than_the_data(job):
    recipe, data = job("vector", "views")
    refused(with_training(recipe, batch_size=33), data, "batch larger than the data: 33 rows a batch.* 32")
    prepare_job(with_training(recipe, batch_size=32), data, judge=False, warn=lambda text: None)


@pytest.mark.parametrize("supervision", ["views", "labels"])
def test_a_second_tower_without_pairs(job, supervision):
    recipe, data = job("vector", supervision, other_encoder=MLP())
    refused(recipe, data, f"other_encoder embeds what anchors are paired with, and supervision {supervision} has no")


def test_two_kinds_of_content_without_a_second_tower(job):
    recipe, data = job("image", "pairs", other="text", other_encoder=None)
    refused(recipe, data, "anchors are image and their positives are text content, which needs an other_encoder")


def test_two_towers_into_different_spaces(job):
    recipe, data = job("vector", "pairs", other_encoder=MLP(dim=3))
    refused(recipe, data, "encoder or other_encoder: encoder embeds into 128 dimensions and other_encoder into 3")


@pytest.mark.parametrize("objective", [Alignment(), SigLIP()])
def test_a_learnt_temperature_that_the_objective_has_not(job, objective):
    recipe, data = job("vector", "pairs", objective=objective, temperature=LearnableTemperature())
    refused(recipe, data, f"it learns a temperature, and {type(objective).__name__} has none; its numbers are ")


def test_labels_that_say_nothing(job):
    """Each row a class of its own: learning from them is learning from views, and the column is rarely meant."""
    n = 40
    recipe, data = job("vector", "labels", changed={"label": list(range(n))})
    refused(recipe, data, r"no class has two examples \(\d+ classes\), so the labels say nothing .*from views")
    recipe, data = job("vector", "labels", changed={"label": ["same"] * n})
    refused(recipe, data, r"one class only \('same'\), so nothing is a negative; .*learn from views")
    as_views = replace(recipe, objective=NTXent(), supervision=Supervision.VIEWS)
    said: list[str] = []
    prepare_job(as_views, data, judge=True, warn=said.append)
    assert said == [
        "there is nothing to judge by: what is held out of the given data needs two classes, both in training and "
        "held out"
    ]


def test_some_classes_of_one_example_are_told_and_trained(job):
    labels = ["ab"[row % 2] for row in range(40)]
    labels[job("vector", "labels")[1].train.table.rows[0]] = "lonely"
    recipe, data = job("vector", "labels", changed={"label": labels})
    said: list[str] = []
    prepare_job(recipe, data, judge=True, warn=said.append)
    assert said == ["the given data: 1 classes have only one example, which has no positive but itself: 'lonely'"]


def test_scores_that_say_nothing(job):
    recipe, data = job("vector", "scores", changed={"score": [2.5] * 40})
    refused(recipe, data, r"every score in column 'score' is 2\.5, so no pair should be closer than another")


def test_gradient_caching_over_batch_statistics(job):
    recipe, data = job("vector", "views")
    refused(with_training(recipe, cache_chunk=4), data, "gradient caching .*batch normalisation")
    calm = replace(recipe, encoder=MLP(batch_norm=False), head=NoHead())
    prepare_job(with_training(calm, cache_chunk=4), data, judge=True, warn=lambda text: None)


def test_an_encoder_without_anything_to_learn(job):
    recipe, data = job("vector", "views", encoder=Passthrough(), head=NoHead())
    refused(recipe, data, "Passthrough has nothing to learn")
    prepare_job(replace(recipe, head=ProjectionHead()), data, judge=True, warn=lambda text: None)


def test_rows_that_cannot_be_read_are_found_among_the_held_out(job):
    vectors = np.ones((40, 3), dtype=np.float32)
    recipe, data = job("vector", "labels")
    held_out = data.test.table.rows
    vectors[held_out[0], 1] = np.nan
    recipe, data = job("vector", "labels", changed={"vector": vectors})
    refused(recipe, data, f"row {held_out[0]}, column 'vector': number 1 is nan")


def test_what_sentence_transformers_cannot_open_is_told(job):
    recipe, data = job("text", "views", encoder=Projected(backbone=StaticText(dim=8), head=ProjectionHead(out_dim=4)))
    said: list[str] = []
    prepare_job(recipe, data, judge=True, warn=said.append)
    assert len(said) == 1
    assert said[0].startswith("the saved model will not open in sentence-transformers, which has no projection like")


def test_preparing_changes_nothing(job):
    """The method that was rehearsed is the method that would have been made, and no generator has moved."""
    recipe, data = job("image", "labels")
    torch.manual_seed(3)
    state = torch.random.get_rng_state()
    prepared = prepare_job(recipe, data, judge=True, warn=lambda text: None)
    assert torch.equal(torch.random.get_rng_state(), state)
    fresh = start_method(recipe, data.train)
    assert prepared.state_dict().keys() == fresh.state_dict().keys()
    for name, tensor in fresh.state_dict().items():
        assert torch.equal(prepared.state_dict()[name], tensor), name
    assert check_job(recipe, data) == []
