"""Recipes: built the same way each time, and written as Python that builds them again."""

import math
from dataclasses import dataclass, field, replace
from types import ModuleType

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.data import Supervision
from counterpoint.encoders import (
    MLP,
    DirectPredictor,
    HuggingFace,
    LearnableTemperature,
    LinearHead,
    Mean,
    Projected,
    ProjectionHead,
)
from counterpoint.experiments.load_recipe import load_recipe
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.recipe_source import source_of
from counterpoint.methods import Momentum, SiameseStep
from counterpoint.objectives import CLIP, CodingRate, CoSENT, NegativeCosine, NTXent, SigLIP, WeightedSum
from counterpoint.pairwise.similarity import Dot
from counterpoint.training import EMA, LARS, SGD, Constant, Precision, TrainSettings
from counterpoint.views import Compose, GaussianNoise, Identity, Randomly, WordDrop, simclr_images

PLAIN = Recipe(
    encoder=MLP(hidden=(8,), dim=4), objective=NTXent(), supervision=Supervision.VIEWS,
    training=TrainSettings(steps=2, batch_size=4),
)  # fmt: skip
SAMPLE = torch.randn(20, 5, generator=torch.Generator().manual_seed(0))

RECIPES = {
    "plain": PLAIN,
    "images": replace(PLAIN, views=(simclr_images((32, 32)), Identity())),
    "nested": replace(
        PLAIN,
        encoder=Projected(backbone=HuggingFace(name_or_path="a 'b'\\", pooling=Mean()), head=LinearHead(out_dim=3)),
        other_encoder=Projected(backbone=MLP(), head=LinearHead(out_dim=3)),
        views=(Compose(views=(Randomly(view=WordDrop(rate=0.1), probability=0.3),)), Compose(views=())),
        temperature=LearnableTemperature(maximum=0.5),
    ),
    "settings": replace(
        PLAIN,
        objective=CLIP(similarity=Dot(), temperature=0.1),
        head=ProjectionHead(hidden_dim=3),
        training=TrainSettings(
            epochs=0.5, optimiser=LARS(learning_rate=0.3), schedule=Constant(), precision=Precision.BF16,
            ema=EMA(), clip_norm=math.inf, checkpoint_every=None,
        ),
    ),
    "siamese": replace(
        PLAIN,
        objective=WeightedSum(losses=(NegativeCosine(), CodingRate(eps=0.1)), weights=(1.0, 0.01)),
        siamese=SiameseStep(predictor=DirectPredictor(), teacher=Momentum(base=0.99, steps=10), views=3),
    ),
    "numbers": replace(PLAIN, objective=SigLIP(bias=-1e-30), training=replace(PLAIN.training, optimiser=SGD())),
}  # fmt: skip


def loaded(recipe: Recipe, tmp_path) -> Recipe:
    path = tmp_path / "recipe.py"
    path.write_text(source_of(recipe), encoding="utf-8")
    return load_recipe(path)


@pytest.mark.parametrize("name", RECIPES)
def test_the_written_recipe_is_the_recipe(name, tmp_path):
    recipe = RECIPES[name]
    assert loaded(recipe, tmp_path) == recipe
    assert loaded(replace(recipe, training=replace(recipe.training, seed=7)), tmp_path) != recipe
    assert max(map(len, source_of(recipe).splitlines())) <= 120


def test_what_a_type_sets_itself_is_not_written(tmp_path):
    """CoSENT has one similarity and takes no other."""
    recipe = replace(PLAIN, objective=CoSENT(temperature=0.2), supervision=Supervision.SCORES)
    assert "imilarity" not in source_of(recipe)
    assert loaded(recipe, tmp_path) == recipe


def test_two_types_of_one_name_are_told_apart(tmp_path, monkeypatch):
    @dataclass(frozen=True, kw_only=True)
    class Identity(GaussianNoise):
        """A user's own view that is called as one of ours."""

        std: float = 0.5
        known: int = field(default=3, init=False)

    Identity.__module__, Identity.__qualname__ = "users_own", "Identity"
    module = ModuleType("users_own")
    module.Identity = Identity
    monkeypatch.setitem(__import__("sys").modules, "users_own", module)
    recipe = replace(PLAIN, views=(PLAIN.views[0], Identity(std=0.1)))
    source = source_of(recipe)
    assert "from users_own import Identity as Identity2" in source
    assert "known" not in source
    assert loaded(recipe, tmp_path) == recipe


def test_building_is_a_pure_function_of_recipe_and_sample():
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    one = PLAIN.build(SAMPLE)
    assert torch.equal(torch.rand(2), expected), "the global random state has moved"
    again, other = PLAIN.build(SAMPLE), replace(PLAIN, training=replace(PLAIN.training, seed=1)).build(SAMPLE)
    weights = [torch.cat([p.flatten() for p in method.parameters()]) for method in (one, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_two_towers_must_meet_in_one_space():
    with pytest.raises(InputError, match=r"encoder embeds into 4 dimensions and other_encoder into 3: wrap them"):
        replace(PLAIN, other_encoder=MLP(dim=3)).build(SAMPLE, SAMPLE)
    method = replace(PLAIN, other_encoder=MLP(dim=4)).build(SAMPLE, SAMPLE[:, :2])
    assert method.other is not None
    assert method.other.encode(SAMPLE[:, :2]).shape == (20, 4)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x = 1", r"must set `recipe` to a counterpoint Recipe, Recommender, .* or MultiTask, found NoneType"),
        ("recipe = 1", r"found int"),
        ("import counterpoint\n\n1 / 0", r"line 3, raises ZeroDivisionError"),
        ("recipe = (", r"line 1, raises SyntaxError"),
    ],
)
def test_a_file_that_is_no_recipe_is_refused(tmp_path, text, why):
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(InputError, match=rf"mine\.py.*{why}"):
        load_recipe(path)
    with pytest.raises(InputError, match=r"no recipe file .*nowhere\.py"):
        load_recipe(tmp_path / "nowhere.py")
