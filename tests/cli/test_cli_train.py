"""Training from the command line."""

import json
import shutil

import numpy as np
import pytest

from counterpoint.base.spec import from_json
from counterpoint.cli.options import recipe_named
from counterpoint.experiments.recipe import Recipe

KINDS = {
    "pairs.csv": ("recall@1", "CLIP"),
    "images": ("knn_accuracy", "SupCon"),
    "vectors.npz": ("knn_accuracy", "SupCon"),
    "scored.jsonl": ("spearman", "CoSENT"),
    "texts.parquet": ("knn_accuracy", "SupCon"),
}
FEW = ("--steps", 3, "--batch-size", 8)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_data_becomes_a_judged_run(ok, data, tmp_path, name):
    run = tmp_path / "run"
    said = ok("train", data / name, "--out", run, *FEW, "--json")
    measure, objective = KINDS[name]
    found = said.json
    assert found["run"] == str(run)
    assert found["steps"] == 3
    assert found["skipped"] == []
    assert measure in {one["measure"] for one in found["measures"]}
    assert json.loads((run / "evaluation.json").read_text()) == found["measures"]
    assert f"{objective} on" in (run / "report.html").read_text()
    assert "Anchor:" in said.err
    assert {path.name for path in run.iterdir()} == {
        "config.json", "recipe.py", "initial", "model", "metrics.jsonl", "tensorboard", "checkpoints",
        "evaluation.json", "diagnosis.json", "report.html",
    }  # fmt: skip


def test_what_is_said_while_training(ok, data, tmp_path):
    said = ok("train", data / "pairs.csv", "--out", tmp_path / "run", *FEW)
    shown = ("step 3/3", "examples/s", "loss ", "positive +", "negative ", "  rank ", "eff. negatives", "report: ")
    assert all(part in said.err for part in shown), said.err
    assert "recall@1" in said.out


def test_a_dry_run_trains_nothing(ok, data, tmp_path):
    dry = ("train", data / "texts.parquet", "--out", tmp_path / "run", *FEW, "--dry-run")
    plan = ok(*dry, "--objective", "nt-xent", "--json").json
    assert (plan["rows"], plan["held_out"]) == (43, 5)
    recipe = from_json(plan["recipe"])
    assert isinstance(recipe, Recipe)
    assert (recipe.training.steps, type(recipe.objective).__name__) == (3, "NTXent")
    said = ok(*dry)
    assert "would train StaticText with SupCon on labels: 3 steps of 8 examples, 43 rows to learn from" in said.out
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), "SupCon on labels"),
        (("--supervision", "views"), "NTXent on views"),
        (("--objective", "sup-con"), "SupCon on labels"),
        (("--objective", "info-nce", "--supervision", "views"), "InfoNCE on views"),
        (("--objective", "barlow-twins"), "BarlowTwins on views"),
        (("--objective", "batch-hard-triplet"), "BatchHardTriplet on labels"),
        (("--recipe", "dcl"), "ConvNet with DCL on views"),
        (("--recipe", "dcl", "--objective", "sup-con"), "ConvNet with SupCon on labels"),
        (("--encoder", "resnet18"), "ResNet18 with"),
        (("--epochs", 2.5), "2.5 epochs of 8"),
    ],
)
def test_options_that_change_the_plan(ok, data, tmp_path, options, expected):
    command = ("train", data / "images", "--out", tmp_path / "run", "--dry-run", "--batch-size", 8)
    assert expected in ok(*command, *options).out


def test_scored_pairs_may_be_taken_as_pairs(ok, data, tmp_path):
    command = ("train", data / "scored.jsonl", "--out", tmp_path / "run", *FEW, "--supervision", "pairs")
    found = ok(*command, "--json").json
    assert "spearman" in {one["measure"] for one in found["measures"]}, "judged by all that the columns say"


def test_columns_are_overridden(ok, data, tmp_path):
    table = tmp_path / "odd.csv"
    table.write_text((data / "pairs.csv").read_text().replace("anchor,positive", "first,zweite", 1))
    given = ("--column", "anchor=first", "--column", "positive=zweite")
    said = ok("train", table, *given, "--out", tmp_path / "run", *FEW)
    assert "Positive: text from column 'zweite'" in said.err
    assert json.loads((tmp_path / "run" / "config.json").read_text())["data"]["columns"][1] == ["positive", "zweite"]


def test_the_recipe_of_a_run_makes_the_same_run(ok, data, tmp_path, runs):
    """As the report says how to; weights are equal to the bit."""
    run = runs("vectors.npz")
    assert recipe_named(str(run / "recipe.py")) == from_json(json.loads((run / "config.json").read_text())["recipe"])
    ok("train", data / "vectors.npz", "--recipe", run / "recipe.py", "--out", tmp_path / "again", "--no-judge")
    weights = [(folder / "model" / "model.safetensors").read_bytes() for folder in (run, tmp_path / "again")]
    assert weights[0] == weights[1]


def test_a_text_model_opens_in_sentence_transformers(runs):
    from sentence_transformers import SentenceTransformer

    import counterpoint as cp

    texts = ["cat dog one", "rain", "something else"]
    found = SentenceTransformer(str(runs("pairs.csv") / "model"), device="cpu").encode(texts)
    np.testing.assert_allclose(found, cp.load(runs("pairs.csv")).encode(texts), atol=1e-6)


def test_held_out_data_of_ones_own(ok, data, tmp_path):
    shutil.copy(data / "pairs.csv", tmp_path / "test.csv")
    found = ok("train", data / "pairs.csv", "--test", tmp_path / "test.csv", "--out", tmp_path / "run", *FEW, "--json")
    assert found.json["measures"]
    nothing = ("--test-fraction", 0, "--rows", 20, "--json")
    found = ok("train", data / "pairs.csv", "--out", tmp_path / "none", *FEW, *nothing)
    assert found.json["measures"] == []
    assert not (tmp_path / "none" / "report.html").exists()


def test_rare_classes_may_be_held_out(ok, data, tmp_path):
    """A class all of whose examples happen to be held out is no error."""
    values = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    np.savez(tmp_path / "rare.npz", vector=values, label=np.array([*[0] * 16, *[1] * 16, *range(2, 10)]))
    said = ok("train", tmp_path / "rare.npz", "--test-fraction", 0.5, "--out", tmp_path / "run", *FEW)
    assert "classes have only one example" in said.err


@pytest.fixture
def spoilt(tmp_path, picture):
    """Images of two classes; rows 3 and 30 are truncated. Row 30 is one of the held-out rows for seed 0, or not."""
    folder = tmp_path / "spoilt"
    for number, name in enumerate(("dark", "light")):
        (folder / name).mkdir(parents=True)
        for i in range(20):
            whole = picture(number * 120 + i, size=32)
            bad = (number, i) in ((0, 3), (1, 10))
            (folder / name / f"{i:02d}.png").write_bytes(whole[: len(whole) // 2] if bad else whole)
    return folder


@pytest.mark.parametrize("workers", [0, 2])
def test_bad_rows_are_skipped_counted_and_listed(ok, spoilt, tmp_path, workers):
    run = tmp_path / "run"
    options = ("--bad-rows", 3, "--epochs", 2, "--batch-size", 9, "--image-size", 8, "--workers", workers)
    said = ok("train", spoilt, "--out", run, *options, "--json")
    skipped = sorted(said.json["skipped"])
    assert len(skipped) == 2
    assert "image dark/03.png cannot be decoded" in skipped[0]
    assert "image light/10.png cannot be decoded" in skipped[1]
    assert "2 rows skipped:" in said.err
    assert all(reason in said.err for reason in skipped)
    page = (run / "report.html").read_text()
    assert "dark/03.png" in page
    assert "light/10.png" in page


def test_one_bad_row_too_many_names_them(cli, spoilt, tmp_path):
    said = cli("train", spoilt, "--bad-rows", 1, "--test-fraction", 0, *FEW, "--out", tmp_path / "run")
    assert said.code == 2
    (error,) = said.errors
    assert "more than 1 rows cannot be used" in error
    assert "dark/03.png" in error
    assert "light/10.png" in error
