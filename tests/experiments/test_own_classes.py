"""Classes that a recipe file defines: kept in recipe.py, named in config.json, never run by reading."""

import json
from dataclasses import replace

import pytest

from counterpoint.base.errors import CheckpointError, InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.load_recipe import load_recipe
from counterpoint.experiments.own_classes import StandIn, own_classes, with_stand_ins
from counterpoint.experiments.recipe_source import RESOLVED, source_of
from counterpoint.experiments.recommender.recipe import Recommender
from counterpoint.methods.graph_contrast import CrossLayer

HEAD = """
from dataclasses import dataclass
from enum import Enum

from counterpoint.experiments.recommender.recipe import Recommender
from counterpoint.methods import graph_contrast


class Side(Enum):
    LEFT = 1


"""
NOISE = (
    HEAD
    + '''@dataclass(frozen=True, kw_only=True)
class CrossLayer(graph_contrast.CrossLayer):
    """Called as the library's."""

    inner: graph_contrast.GraphContrast = graph_contrast.CrossLayer(weight=0.5)
    side: Side = Side.LEFT


'''
)
OWN = "/tmp/mine.py:Mine"


@pytest.fixture
def file(tmp_path):
    """Writes a recipe file."""

    def write(text):
        path = tmp_path / "mine.py"
        path.write_text(text)
        return path

    return write


def test_a_class_of_the_file_keeps_its_name_beside_one_of_the_library(file, tmp_path):
    recipe = load_recipe(file(NOISE + "recipe = Recommender(contrast=CrossLayer(weight=0.3))\n"))
    assert [kind.__qualname__ for kind in own_classes(recipe)] == ["CrossLayer", "Side"]
    written = tmp_path / "written.py"
    written.write_text(source_of(replace(recipe, seed=3)))
    assert "import CrossLayer as CrossLayer2" in written.read_text()
    again = load_recipe(written)
    assert (again.seed, again.contrast.weight, again.contrast.side.name) == (3, 0.3, "LEFT")
    assert type(again.contrast.inner) is CrossLayer
    assert type(again.contrast) is not CrossLayer
    written.write_text(source_of(replace(again, seed=4)))
    assert written.read_text().count(RESOLVED) == 1
    assert load_recipe(written).seed == 4


def test_reading_gives_a_stand_in_that_says_the_same(file, tmp_path):
    recipe = load_recipe(file(NOISE + "recipe = Recommender(contrast=CrossLayer(weight=0.3))\n"))
    folder = RunFolder(tmp_path / "run")
    folder.create(recipe, None)
    kept, again = folder.plan()[0], folder.plan()[0]
    assert kept == again
    assert isinstance(kept.contrast, StandIn)
    assert isinstance(kept.contrast.inner, CrossLayer)
    assert to_json(kept) == to_json(recipe)


def test_what_is_not_said_to_be_the_users_own_is_refused(file, tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.create(load_recipe(file(NOISE + "recipe = Recommender(contrast=CrossLayer(weight=0.3))\n")), None)
    config = json.loads(folder.config.read_text())
    for changed, why in (
        ({"own_classes": []}, "outside the trusted packages"),
        ({"own_classes": 3}, "does not hold a list of own_classes"),
        ({"recipe": config["recipe"] | {"settings": {"type": "os:system"}}}, "outside the trusted packages"),
    ):
        folder.config.write_text(json.dumps(config | changed))
        with pytest.raises(CheckpointError, match=why):
            folder.plan()


@pytest.mark.parametrize("name", ["not a name", "class", "", "x = print(1)"])
def test_fields_that_no_class_could_have_are_refused(name):
    with pytest.raises(InputError, match="Mine are none that a class could have"):
        with_stand_ins({"type": OWN, name: 1}, [OWN])


def test_what_a_stand_in_holds_is_read_like_everything_else():
    held = with_stand_ins([{"type": OWN, "deep": [{"type": OWN, "x": 1}], "usual": to_json(CrossLayer())}], [OWN])
    (found,) = from_json(held)
    assert (found.deep[0].x, found.usual) == (1, CrossLayer())
    with pytest.raises(InputError, match="outside the trusted packages"):
        with_stand_ins({"type": OWN, "deep": {"type": "os:system"}}, [OWN])


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (
            "def make():\n    @dataclass(frozen=True, kw_only=True)\n    class Inner(graph_contrast.CrossLayer):\n"
            "        pass\n    return Inner()\n\n\nrecipe = Recommender(contrast=make())",
            r"mine\.py: define Inner at the top of the file, not in a function",
        ),
        (
            "class Loose:\n    weight = 1\n\n\nrecipe = Recommender(contrast=Loose())",
            r"mine\.py could not be kept in a run folder: a spec may hold .* not Loose",
        ),
        ("class Mine(Recommender):\n    pass\n\n\nrecipe = Mine()", r"must set `recipe` to .* found Mine"),
    ],
)
def test_what_a_run_folder_could_not_hold_is_refused_when_the_file_is_read(file, code, why):
    with pytest.raises(InputError, match=why):
        load_recipe(file(HEAD + code + "\n"))


def test_a_file_that_is_gone_or_a_second_one_is_said(file, tmp_path):
    path = file(NOISE + "recipe = Recommender(contrast=CrossLayer(weight=0.3))\n")
    recipe = load_recipe(path)
    other = tmp_path / "other.py"
    other.write_text(path.read_text())
    both = replace(recipe, contrast=replace(recipe.contrast, inner=load_recipe(other).contrast))
    with pytest.raises(InputError, match=r"must be of one file, got .*mine\.py and .*other\.py"):
        source_of(both)
    path.unlink()
    with pytest.raises(InputError, match=r"mine\.py, which defines classes of the recipe, cannot be read"):
        RunFolder(tmp_path / "run").create(recipe, None)
    assert not (tmp_path / "run").exists()


def test_a_recipe_without_own_classes_is_written_as_before():
    assert own_classes(Recommender()) == []
    assert source_of(Recommender()).startswith('"""The recipe of this run, as resolved."""\n\nfrom counterpoint.')
