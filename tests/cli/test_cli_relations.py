"""A relation of a recipe on the command line: its columns are found and told, and the run goes on as it began."""

import json
import shutil
import warnings

import pytest

from counterpoint.base.spec import from_json
from counterpoint.encoders import Saved, load_encoder
from counterpoint.experiments.recipe import Recipe
from counterpoint.pairs import rules

WORDS = ("cat", "dog", "sun", "rain", "tree", "road", "boat", "fish", "bread", "stone", "glass", "river")
FEW = ("--steps", 6, "--batch-size", 12, "--checkpoint-every", 3)
RECIPE = """
from counterpoint.data import Supervision
from counterpoint.encoders import StaticText
from counterpoint.experiments.recipe import Recipe
from counterpoint.methods import QueueStep
from counterpoint.objectives import InfoNCE
from counterpoint.pairs import rules
from counterpoint.training import TrainSettings

near = rules.Supervised() | rules.Nearby(window=3600.0, gap=86400.0)
recipe = Recipe(
    encoder=StaticText(dim=16),
    objective=InfoNCE(temperature=0.1),
    supervision=Supervision.{supervision},
    relation=rules.BelowPositive(inner=near.sparing(rules.Same(column="topic")), margin=0.05),
    guide=StaticText(dim=8),
    {more}
    training=TrainSettings(steps=6),
)
"""


@pytest.fixture
def pairs(tmp_path):
    """Pairs with a topic and a time each."""
    path = tmp_path / "pairs.csv"
    lines = [
        f"{WORDS[i % 12]} {WORDS[i // 12]} one,{WORDS[i % 12]} {WORDS[i // 12]} two,{WORDS[i % 12]},"
        f"2024-05-{1 + i // 2:02d} 12:{30 * (i % 2):02d}"
        for i in range(48)
    ]
    path.write_text("anchor,positive,topic,taken at\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def recipe(tmp_path):
    def write(supervision: str = "PAIRS", more: str = "") -> str:
        path = tmp_path / f"{supervision}.py"
        path.write_text(RECIPE.format(supervision=supervision, more=more))
        return str(path)

    return write


def weights(run):
    return {name: one for name, one in load_encoder(run / "model").state_dict().items()}


@pytest.mark.parametrize(
    ("supervision", "more", "workers"),
    [("PAIRS", "", 0), ("VIEWS", "queue=QueueStep(size=20, teacher=None),", 2)],
    ids=["pairs", "queue"],
)
def test_a_run_with_a_relation_goes_on_as_it_began(ok, pairs, recipe, tmp_path, supervision, more, workers):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    train = ("train", pairs, "--recipe", recipe(supervision, more), "--column", "time=taken at", *FEW)
    said = ok(*train, "--workers", workers, "--out", whole)
    assert "The relation of the recipe reads time from column 'taken at', column 'topic'." in said.err
    assert "Not used" not in said.err
    ok(*train, "--out", cut)
    newest = max((cut / "checkpoints").iterdir())
    shutil.rmtree(newest)
    shutil.rmtree(cut / "model")
    ok("train", "--resume", cut)
    first, second = weights(whole), weights(cut)
    assert first.keys() == second.keys()
    assert all((one == second[name]).all() for name, one in first.items())
    records = [json.loads(line) for line in (whole / "metrics.jsonl").read_text().splitlines()]
    assert all(one["positives_per_anchor"] >= 1.0 for one in records)


def test_the_run_folder_keeps_the_relation(ok, pairs, recipe, tmp_path):
    run = tmp_path / "run"
    ok("train", pairs, "--recipe", recipe(), "--column", "time=taken at", *FEW, "--out", run)
    kept = from_json(json.loads((run / "config.json").read_text())["recipe"])
    assert isinstance(kept, Recipe)
    near = rules.Supervised() | rules.Nearby(window=3600.0, gap=86400.0)
    assert kept.relation == rules.BelowPositive(inner=near.sparing(rules.Same(column="topic")), margin=0.05)
    again = tmp_path / "again"
    ok("train", pairs, "--recipe", run / "recipe.py", "--column", "time=taken at", *FEW, "--out", again)
    assert all((one == weights(again)[name]).all() for name, one in weights(run).items())
    ok("evaluate", run)
    other = tmp_path / "other.csv"
    other.write_text("anchor,positive\na cat,a dog\nthe sun,the rain\n")
    ok("evaluate", run, "--on", other)


def test_negatives_are_spared_by_options(ok, cli, pairs, tmp_path):
    """A column that is named, and a run that guides another."""
    first, second = tmp_path / "first", tmp_path / "second"
    said = ok("train", pairs, *FEW, "--spare", "topic", "--out", first)
    assert "reads column 'topic'" in said.err
    ok("train", pairs, *FEW, "--spare", "topic", "--guide", first, "--guide-margin", 0.9, "--out", second)
    kept = from_json(json.loads((second / "config.json").read_text())["recipe"])
    spared = rules.Supervised().sparing(rules.Same(column="topic"))
    assert kept.relation == rules.BelowPositive(inner=spared, margin=0.9)
    assert kept.guide == Saved(folder=str(first / "model"))
    plain = tmp_path / "plain"
    ok("train", pairs, *FEW, "--out", plain)
    losses = [(run / "metrics.jsonl").read_text() for run in (plain, first, second)]
    assert len({json.loads(text.splitlines()[0])["loss"] for text in losses}) == 3
    assert "--guide-margin goes with --guide" in cli("train", pairs, "--guide-margin", 0.1).err


def test_a_missing_column_is_one_early_error(cli, pairs, recipe, tmp_path):
    said = cli("train", pairs, "--recipe", recipe(), *FEW, "--out", tmp_path / "run")
    assert said.code != 0
    assert len(said.errors) == 1
    text = " ".join(said.err.split())
    assert "needs a column 'time', with a number or a date in every row, and there is none" in text
    assert "columns: 'anchor', 'positive', 'topic', 'taken at'; say time=COLUMN" in text
    assert not (tmp_path / "run").exists()


def test_anchors_without_a_positive_are_counted_before_training(ok, pairs, recipe, tmp_path):
    path = tmp_path / "views.py"
    path.write_text(
        RECIPE.format(supervision="PAIRS", more="").replace("rules.Supervised() |", "~rules.Same(column='anchor') &")
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        said = ok(
            "train", pairs, "--recipe", path, "--column", "time=taken at", "--column", "anchor=anchor",
            "--batch-size", 12, "--dry-run", "--out", tmp_path / "run",
        )  # fmt: skip
    text = " ".join(said.err.split())
    assert "of 12 anchors have no positive in the first batch; 12 anchors, 12 candidates; an anchor has" in text
