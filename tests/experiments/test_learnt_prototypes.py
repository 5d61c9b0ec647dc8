"""Prototypes learnt with an encoder: the step by hand, a run on real digits, and everything that does not fit."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

import counterpoint as cp
from counterpoint.base.errors import InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.data import Batch, Supervision, table_from
from counterpoint.encoders import (
    MLP,
    ConvNet,
    LearnablePrototypes,
    LearnableTemperature,
    LinearHead,
    NoHead,
    load_encoder,
)
from counterpoint.experiments.check import prepare_job
from counterpoint.experiments.presets import recipe_for, with_training
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import DataSource, data_from
from counterpoint.methods import Contrast
from counterpoint.objectives import ArcFace, CosFace, Harmonic, InfoNCE, NTXent, ProxyAnchor, Sparsemax, SwAV, VICReg
from counterpoint.training import TrainSettings
from counterpoint.training.caching import backward, cached_backward
from counterpoint.training.checkpoint import newest_checkpoint
from counterpoint.views import GaussianNoise, Identity, fork

N, D, K = 8, 6, 3
NAME = "prototypes.weight"
SEEDS = torch.arange(N, dtype=torch.int64)
X = torch.randn(N, D, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(N) % K
PLAIN = Recipe(
    encoder=MLP(hidden=(), dim=5, batch_norm=False),
    objective=CosFace(),
    supervision=Supervision.LABELS,
    prototypes=LearnablePrototypes(),
    training=TrainSettings(steps=3, batch_size=4, cpu=True),
)


def step(method: Contrast, *, chunk: int | None = None):
    given = Batch(rows=np.arange(N), anchor=X, label=LABELS)
    prepared = method.prepare(given, SEEDS, chunk=chunk)
    return backward(method, prepared) if chunk is None else cached_backward(method, prepared)


@pytest.mark.parametrize("objective", [CosFace(), ArcFace(), ProxyAnchor(), Harmonic(), Sparsemax()], ids=str)
def test_labels_are_the_objective_of_one_view_and_the_prototypes(objective):
    noise = GaussianNoise(std=0.3)
    recipe = replace(PLAIN, objective=objective, head=LinearHead(out_dim=4), views=(noise, Identity()))
    method = recipe.build(X, classes=K)
    assert method.prototypes().shape == (K, 4)
    output = step(method)
    embedded = method.head(method.encoder({"vector": noise(X, fork(SEEDS, 0))}))
    torch.testing.assert_close(output.loss, objective(embedded, method.prototypes(), labels=LABELS))
    assert output.anchors.shape == (N, 4)
    assert torch.equal(output.relation.tile(slice(0, N), slice(0, K)).positive, torch.eye(K, dtype=torch.bool)[LABELS])
    assert all(one.grad is not None and one.grad.abs().sum() > 0 for one in method.parameters())


def test_any_objective_of_pairs_takes_prototypes():
    """The softmax over classes is InfoNCE."""
    method = replace(PLAIN, objective=InfoNCE(temperature=0.1)).build(X, classes=K)
    torch.testing.assert_close(
        step(method).loss,
        CosFace(margin=0.0, temperature=0.1)(method.encoder({"vector": X}), method.prototypes(), labels=LABELS),
    )


def test_views_are_the_objective_of_both_views_and_the_prototypes():
    noise = GaussianNoise(std=0.3)
    recipe = replace(
        PLAIN,
        objective=SwAV(),
        supervision=Supervision.VIEWS,
        views=(noise, noise),
        prototypes=LearnablePrototypes(count=7),
    )
    method = recipe.build(X)
    views = torch.stack([method.encoder({"vector": noise(X, fork(SEEDS, call))}) for call in range(2)], 1)
    torch.testing.assert_close(step(method).loss, SwAV()(views, method.prototypes()))


def test_a_temperature_is_learnt_beside_them():
    method = replace(PLAIN, temperature=LearnableTemperature(initial=0.1)).build(X, classes=K)
    assert step(method).temperature == pytest.approx(0.1)
    assert method.temperature.log_scale.grad != 0


def test_cached_equals_uncached():
    found = {}
    for chunk in (None, 3):
        method = PLAIN.build(X, classes=K)
        step(method, chunk=chunk)
        found[chunk] = {name: one.grad for name, one in method.named_parameters()}
    for name, gradient in found[None].items():
        torch.testing.assert_close(found[3][name], gradient)


def test_they_change_no_other_weight():
    """The encoder starts where it would without them."""
    alone = replace(PLAIN, prototypes=None, objective=NTXent()).build(X)
    method = PLAIN.build(X, classes=K)
    for name, weight in alone.encoder.state_dict().items():
        assert torch.equal(method.encoder.state_dict()[name], weight)


def test_they_are_saved_in_the_recipe():
    recipe = replace(PLAIN, prototypes=LearnablePrototypes(count=12))
    assert from_json(to_json(recipe)) == recipe


def test_a_run_on_digits(tmp_path):
    """They are trained, kept in checkpoints and left out of the encoder."""
    recipe = Recipe(
        encoder=ConvNet(width=8, blocks=(1, 0)),
        objective=CosFace(temperature=0.1, margin=0.1),
        supervision=Supervision.LABELS,
        prototypes=LearnablePrototypes(),
        training=TrainSettings(steps=6, batch_size=32, checkpoint_every=3, cpu=True),
    )
    cp.train("set:digits", tmp_path / "run", recipe=recipe, judge=False)
    _, contents = newest_checkpoint(tmp_path / "run" / "checkpoints")
    (learnt,) = (value for group in contents.tensors.values() for name, value in group.items() if name.endswith(NAME))
    assert learnt.shape == (10, 16)
    assert not torch.allclose(learnt.norm(dim=1), torch.ones(10), atol=1e-5), "they have not moved"
    saved = load_encoder(tmp_path / "run" / "model")
    assert not any("prototypes" in name for name in saved.state_dict())
    records = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    losses = [one["loss"] for one in records if "loss" in one]
    assert losses[-1] < losses[0]


REFUSED = {
    "missing": (
        {"prototypes": None},
        "CosFace compares with prototypes, and it has none; give prototypes=LearnablePrototypes",
    ),
    "too few": (
        {"prototypes": LearnablePrototypes(count=2)},
        "count must be at least the 3 classes of the data, got 2",
    ),
    "joint": ({"objective": NTXent()}, "it learns prototypes, and NTXent cannot compare with them"),
    "whole batch": ({"objective": VICReg()}, "VICReg"),
    "from views": (
        {"supervision": Supervision.VIEWS},
        "CosFace learns prototypes from labels, and its supervision is views",
    ),
    "clusters of labels": ({"objective": SwAV()}, "SwAV compares two views of the same examples"),
    "uncounted clusters": (
        {"objective": SwAV(), "supervision": Supervision.VIEWS},
        "count must say how many, as there are no labels",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit(name):
    changes, why = REFUSED[name]
    rows = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
    table = table_from({"vector": rows, "label": [("a", "b", "c")[i % 3] for i in range(40)]})
    data = data_from(table, None, DataSource(data="python", test_fraction=0.2), {})
    recipe = replace(with_training(recipe_for(data), steps=2, batch_size=8), **_fields(PLAIN), head=NoHead())
    prepare_job(recipe, data, judge=True, warn=lambda text: None)
    with pytest.raises(InputError, match=why):
        prepare_job(replace(recipe, **changes), data, judge=True, warn=lambda text: None)


def _fields(recipe: Recipe) -> dict[str, object]:
    return {name: getattr(recipe, name) for name in ("objective", "supervision", "prototypes")}
