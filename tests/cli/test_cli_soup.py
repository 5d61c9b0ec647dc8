"""Soups: the mean of several runs as a run folder like any other."""

import json
import shutil

import pytest
from safetensors.torch import load_file

from counterpoint.training.soup import delta_soup, uniform_soup

RECIPE = """
from counterpoint.data import Supervision
from counterpoint.encoders import Saved, StaticText
from counterpoint.experiments.recipe import Recipe
from counterpoint.objectives import CLIP
from counterpoint.training import AdamW, TrainSettings

recipe = Recipe(
    encoder={encoder},
    objective=CLIP(temperature=0.05),
    supervision=Supervision.PAIRS,
    training=TrainSettings(steps=3, batch_size=8, optimiser=AdamW(learning_rate=5e-3)),
)
"""


@pytest.fixture
def kitchen(ok, data, tmp_path, monkeypatch):
    """A folder with a run, and two that go on from it in two orders."""
    shutil.copy(data / "pairs.csv", tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "start.py").write_text(RECIPE.format(encoder="StaticText(dim=8, min_frequency=1)"))
    (tmp_path / "on.py").write_text(RECIPE.format(encoder="Saved(folder='start/model')"))
    ok("train", "pairs.csv", "--recipe", "start.py", "--out", "start", "--no-judge")
    for name, objective in (("a", "clip"), ("b", "info-nce")):
        ok("train", "pairs.csv", "--recipe", "on.py", "--objective", objective, "--out", name, "--no-judge")
    return tmp_path


def weights(folder, part="model"):
    return load_file(folder / part / "model.safetensors")


def test_a_soup_is_the_mean_and_a_run_like_any_other(ok, kitchen):
    said = ok("soup", "a", "b", "--out", "mean", "--json")
    assert "warning" not in said.err
    found, wanted = weights(kitchen / "mean"), uniform_soup([weights(kitchen / name) for name in "ab"])
    assert all((found[name] == wanted[name]).all() for name in wanted)
    assert found.keys() == wanted.keys()
    assert {row["system"] for row in said.json["measures"][0]["rows"]} == {"TF-IDF", "untrained", "trained"}
    page = (kitchen / "mean" / "report.html").read_text()
    assert "counterpoint soup a b --out again" in page
    assert json.loads((kitchen / "mean" / "soup.json").read_text()) == {"runs": ["a", "b"], "guided": False}

    assert ok("evaluate", "mean", "--json").json == said.json["measures"]
    ok("embed", "mean", "pairs.csv", "-o", "vectors")
    assert ok("search", "mean", "vectors", "cat dog one", "-k", 1, "--json").json


def test_a_guided_soup_weighs_by_what_each_run_moved(ok, kitchen):
    ok("soup", "a", "b", "--guided", "--out", "mean", "--no-judge")
    start = weights(kitchen / "a", "initial")
    wanted = delta_soup(start, [weights(kitchen / name) for name in "ab"])
    plain = uniform_soup([weights(kitchen / name) for name in "ab"])
    found = weights(kitchen / "mean")
    assert all((found[name] == wanted[name]).all() for name in wanted)
    assert any((found[name] != plain[name]).any() for name in wanted)


def test_each_tower_of_a_guided_soup_goes_on_from_its_own_beginning(ok, kitchen):
    second = "\n    other_encoder=StaticText(dim=8, min_frequency=1),\n    training="
    two = RECIPE.replace("\n    training=", second)
    (kitchen / "two.py").write_text(two.format(encoder="StaticText(dim=8, min_frequency=1)"))
    for name, objective in (("f", "clip"), ("g", "info-nce")):
        ok("train", "pairs.csv", "--recipe", "two.py", "--objective", objective, "--out", name, "--no-judge")
    ok("soup", "f", "g", "--guided", "--out", "mean", "--no-judge")
    for tower in ("", "/candidates"):
        start = weights(kitchen / "f", f"initial{tower}")
        wanted = delta_soup(start, [weights(kitchen / name, f"model{tower}") for name in "fg"])
        found = weights(kitchen / "mean", f"model{tower}")
        assert all((found[name] == wanted[name]).all() for name in wanted)


def test_what_may_be_wrong_is_told(ok, kitchen):
    shutil.copy("pairs.csv", "others.csv")
    ok("train", "others.csv", "--recipe", "on.py", "--out", "c", "--no-judge")
    said = ok("soup", "a", "c", "--out", "mean", "--no-judge").err
    assert "these runs learnt from different data: what a held out may be what another has learnt from" in said
    assert "begin" not in said
    for name, seed in (("d", 1), ("e", 2)):
        own = ("--test", "others.csv", "--seed", seed, "--out", name, "--no-judge")
        ok("train", "pairs.csv", "--recipe", "on.py", *own)
    assert "warning" not in ok("soup", "d", "e", "--out", "seeds", "--no-judge").err, "the seed draws no split"
    said = ok("soup", "a", "start", "--out", "other", "--no-judge").err
    assert "these runs did not begin with the same weights" in said
    assert "different data" not in said


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("soup", "a"), "runs must be two at least to be averaged, got 1"),
        (("soup", "a", "b", "--out", "b"), "out is b, and b is one of the runs to average"),
        (("soup", "a", "nowhere"), "nowhere is not a run folder"),
        (("soup", "a", "wide"), "the model of wide is not built like that of a: spec.dim is 9 there and 8 here"),
        (("soup", "a", "start", "--guided"), "these runs did not begin with the same weights"),
        (("soup", "a", "others"), "is not built like that of a: files.tokenizer.json is another file"),
        (("soup", "a", "half"), "half is no finished run"),
        (("soup", "a", "items"), "runs must have learnt from content to be averaged, and items did not"),
        (("soup", "a", "b", "--out", "start"), "start already holds a run"),
        (("train", "--resume", "mean"), "mean is the mean of other runs and was not trained"),
    ],
)
def test_what_is_refused(ok, cli, kitchen, arguments, told):
    if "wide" in arguments:
        (kitchen / "wide.py").write_text(RECIPE.format(encoder="StaticText(dim=9, min_frequency=1)"))
        ok("train", "pairs.csv", "--recipe", "wide.py", "--out", "wide", "--no-judge")
    if "others" in arguments:
        ok("train", "pairs.csv", "--recipe", "start.py", "--test-fraction", 0.5, "--out", "others", "--no-judge")
    if "half" in arguments:
        shutil.copytree("b", "half")
        shutil.rmtree("half/model")
    if "items" in arguments:
        lines = [f"u{i % 9},i{(i * 7) % 11}" for i in range(60)]
        (kitchen / "taken.csv").write_text("user,item\n" + "\n".join(dict.fromkeys(lines)) + "\n")
        ok("train", "taken.csv", "--out", "items", "--epochs", 1, "--test-fraction", 0.3, "--no-judge")
    if "mean" in arguments:
        ok("soup", "a", "b", "--out", "mean", "--no-judge")
    said = cli(*arguments)
    assert said.code in (2, 3, 4), said.err
    assert told in said.errors[0]
