"""``counterpoint diagnose`` on runs and on vectors, and the look at the space while training."""

import json

import numpy as np
import pytest
from sklearn.datasets import load_digits

from counterpoint.evaluation.diagnosis import read_diagnosis


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    x, y = load_digits(return_X_y=True)
    path = tmp_path_factory.mktemp("digits") / "digits.npz"
    np.savez(path, vector=x[:400].astype(np.float32), label=y[:400], ink=x[:400].sum(axis=1).astype(np.int64))
    return path


@pytest.fixture
def run(digits, ok, tmp_path):
    def train(name, *options):
        out = tmp_path / name
        columns = ("--column", "anchor=vector", "--column", "label=label")
        ok("train", digits, *columns, "--steps", 8, "--no-judge", "--out", out, *options)
        return out

    return train


def findings(found):
    return {one["name"]: one for one in found["findings"]}


def test_a_run_is_diagnosed_on_what_it_held_out_and_on_other_data(run, ok, digits):
    labels, views = run("labels"), run("views", "--supervision", "views")
    found = ok("diagnose", labels, "--against", views, "--popularity", "ink", "--factor", "ink", "--json").json
    assert found["faults"] == []
    assert found["about"]["rows"] == 40
    measured = findings(found)
    assert measured["neighbour_overlap"]["value"] > 0.2
    assert measured["popularity_bias"]["value"] is not None
    assert "read least" in measured["least_readable_factor"]["meaning"]
    assert read_diagnosis(labels / "diagnosis.json").about.against == str(views)
    page = (labels / "diagnosis.html").read_text(encoding="utf-8")
    assert "How does it differ from the other space?" in page
    said = ok("diagnose", views, "--on", digits, "--column", "anchor=vector", "--column", "label=label")
    assert "head_gain" in said.out
    assert "no fault found" in said.out
    assert "400 rows" in said.err


def test_vectors_are_diagnosed_without_a_run(digits, cli, ok, tmp_path):
    vectors = np.load(digits)["vector"]
    np.save(tmp_path / "collapsed.npy", np.ones_like(vectors) + 1e-3 * vectors)
    said = ok("diagnose", tmp_path / "collapsed.npy", "--temperature", 0.1, "--out", tmp_path / "found.json")
    assert "collapse (" in said.out
    assert "FAULT" in said.out
    assert [fault.name for fault in read_diagnosis(tmp_path / "found.json").faults] == ["collapse"]
    assert "row 1" in (tmp_path / "found.html").read_text(encoding="utf-8")
    found = ok(
        "diagnose", digits, "--column", "anchor=vector", "--column", "label=label", "--sample", 100, "--json"
    ).json
    assert (found["about"]["looked_at"], found["about"]["classes"]) == (100, 10)
    assert cli("diagnose", digits, "--factor", "ink").code == 2
    assert "no such file" in cli("diagnose", tmp_path / "nothing.npz").err.lower()


def test_training_looks_at_the_space_and_tells_a_fault_once(digits, ok, tmp_path):
    options = ("--supervision", "views", "--no-judge", "--diagnose-every", 10, "--out")
    said = ok("train", digits, "--column", "anchor=vector", "--steps", 20, *options, tmp_path / "healthy")
    records = [json.loads(line) for line in (tmp_path / "healthy" / "metrics.jsonl").read_text().splitlines()]
    assert [one["step"] for one in records if "diagnosis/spread" in one] == [10, 20]
    assert "collapse" not in said.err
    options = ("--objective", "alignment", "--steps", 120, "--learning-rate", 0.01, *options)
    said = ok("train", digits, "--column", "anchor=vector", *options, tmp_path / "collapsed")
    assert said.err.count("collapse.") == 1
