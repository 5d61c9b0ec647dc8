"""Every command on small data: what it prints, and that --json prints JSON alone."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.cli.main import app
from counterpoint.experiments.claim import Claim, Paper, Wing, Within
from counterpoint.experiments.paper_file import PaperFile

COMMANDS = {
    "demo": ("--out", "--steps"),
    "train": (
        "data",
        "--resume",
        "--column",
        "--objective",
        "--bad-rows",
        "--dry-run",
        "objectives",
        "resnet18",
        "bf16",
    ),
    "evaluate": ("run", "--on", "--column", "--reference", "--ood", "--protocol", "--prompt", "--suite", "--json"),
    "compare": ("data", "--objectives", "--encoders", "--budget", "--seeds", "--trials", "--replace", "--json"),
    "diagnose": ("run", "--on", "--against", "--sample", "--json"),
    "embed": ("run", "data", "--out", "--id-column", "--engine", "ray", "--index", "hnsw"),
    "search": ("run", "vectors", "query", "--row", "--taken", "-k", "--exact", "--json"),
    "explore": ("vectors", "--out", "--neighbours", "--no-show", "--viewer", "--port"),
    "mine": ("run", "corpus", "--queries", "--from-rank", "--share", "--guide", "hnsw", "random", "--json"),
    "soup": ("runs", "--out", "--guided", "--replace", "--json"),
    "report": ("run", "--against", "--json"),
    "data": ("name", "--download"),
    "explain": ("objective", "-n", "--ranks", "--budget", "--dtype", "--json"),
    "objectives": ("--data", "--markdown", "--json"),
    "papers": ("--wing", "--markdown"),
    "show": ("short",),
    "reproduce": ("short", "--setting", "tiny"),
    "claims": ("--wing", "--claims"),
    "cite": ("short",),
}


def test_every_command_has_help_that_names_what_it_takes(ok):
    assert {command.name or command.callback.__name__ for command in app.registered_commands} == set(COMMANDS)
    assert all(name in (said := ok("--help").out) for name in COMMANDS), said
    for name, words in COMMANDS.items():
        said = ok(name, "--help").out
        assert all(word in said for word in words), (name, said)


@pytest.mark.parametrize(
    ("name", "measure"),
    [("pairs.csv", "recall@1"), ("images", "knn_accuracy"), ("vectors.npz", "nmi"), ("scored.jsonl", "spearman")],
)
def test_evaluate_on_its_own_held_out_rows(ok, runs, name, measure):
    run = runs(name)
    found = ok("evaluate", run, "--json").json
    assert found == json.loads((run / "evaluation.json").read_text())
    (one,) = [one for one in found if one["measure"] == measure]
    assert [row["system"] for row in one["rows"]][1:] == ["untrained", "trained"]
    assert measure in ok("evaluate", run).out


def test_evaluate_on_a_file_of_other_columns(ok, runs, data):
    """A model of pairs, judged on scored pairs; the columns are found in the file itself."""
    found = ok("evaluate", runs("pairs.csv"), "--on", data / "scored.jsonl", "--json").json
    assert {"spearman", "pearson"} <= {one["measure"] for one in found}
    given = ("--column", "anchor=sentence2", "--column", "positive=sentence1", "--column", "score=")
    swapped = ok("evaluate", runs("pairs.csv"), "--on", data / "scored.jsonl", *given, "--json").json
    assert "recall@1" in {one["measure"] for one in swapped}


def test_evaluate_labels_needs_labelled_examples_to_learn_from(cli, ok, runs, data):
    said = cli("evaluate", runs("pairs.csv"), "--on", data / "texts.parquet", "--protocol", "standard")
    assert said.code == 2
    assert "no protocol applies" in said.errors[0]
    assert "--reference" in said.err
    on = ("--on", data / "texts.parquet", "--reference", data / "texts.parquet")
    found = ok("evaluate", runs("pairs.csv"), *on, "--json").json
    assert "knn_accuracy" in {one["measure"] for one in found}


def test_evaluate_on_a_named_set(ok, runs):
    """The other part of the set is what kNN learns from; images come in the size and channels of the run."""
    found = ok("evaluate", runs("images"), "--on", "set:digits", "--json").json
    (one,) = [one for one in found if one["measure"] == "knn_accuracy"]
    assert {row["system"]: row["value"] for row in one["rows"]}["pixels"] > 0.9


def test_report_makes_the_page_again(ok, runs):
    run = runs("vectors.npz")
    before = (run / "evaluation.json").read_text()
    (run / "report.html").unlink()
    assert ok("report", run, "--json").json == json.loads(before)
    assert "NTXent" in (page := (run / "report.html").read_text()) or "SupCon" in page
    assert "knn_accuracy" in ok("report", run).out


@pytest.fixture
def embedded(ok, runs, tmp_path):
    def embed(name, corpus, *options):
        said = ok("embed", runs(name), corpus, "-o", tmp_path / "vectors", *options)
        assert "vectors of" in said.err
        return tmp_path / "vectors"

    return embed


def test_search_by_text_and_by_row(ok, runs, embedded, tmp_path):
    corpus = tmp_path / "corpus.csv"
    corpus.write_text("id,text\nx1,cat cat one\nx2,[/b] [red]dog[/red] one\nx3,sun rain two\n")
    store = embedded("pairs.csv", corpus, "--id-column", "id")
    hits = ok("search", runs("pairs.csv"), store, "sun rain two", "--json").json
    assert [hits[0][name] for name in ("row", "id", "content")] == [2, "x3", "sun rain two"]
    assert hits[0]["similarity"] == pytest.approx(1, abs=1e-5)
    assert len(hits) == 3
    assert "[/b] [red]dog[/red] one" in ok("search", runs("pairs.csv"), store, "dog", "-k", 3).out
    by_row = ok("search", runs("pairs.csv"), store, "--row", 1, "-k", 1, "--json").json
    assert [one["id"] for one in by_row] == ["x2"]


def test_search_by_image(ok, runs, embedded, data):
    store = embedded("images", data / "images")
    query = data / "images" / "light" / "03.png"
    hits = ok("search", runs("images"), store, query, "-k", 2, "--json").json
    assert hits[0]["row"] == 12 + 3
    assert hits[0]["similarity"] == pytest.approx(1, abs=1e-5)


def test_search_of_vectors_goes_by_row(cli, ok, runs, embedded, data):
    store = embedded("vectors.npz", data / "vectors.npz")
    assert ok("search", runs("vectors.npz"), store, "--row", 4, "-k", 1, "--json").json[0]["row"] == 4
    assert "--row" in cli("search", runs("vectors.npz"), store, "a text").errors[0]


def test_embed_again_does_nothing_and_another_model_is_refused(cli, ok, runs, data, embedded):
    store = embedded("pairs.csv", data / "pairs.csv", "--shard-rows", 16)
    before = {path.name: path.stat().st_mtime_ns for path in store.glob("part-*.parquet")}
    assert len(before) == 3
    embedded("pairs.csv", data / "pairs.csv", "--shard-rows", 16)
    assert {path.name: path.stat().st_mtime_ns for path in store.glob("part-*.parquet")} == before
    other = cli("embed", runs("texts.parquet"), data / "pairs.csv", "-o", store, "--shard-rows", 16)
    assert other.code == 2
    assert "another model" in other.errors[0]
    searched = cli("search", runs("texts.parquet"), store, "cat")
    assert searched.code == 2
    assert "another model" in searched.errors[0]


def test_data_lists_and_describes(ok, data):
    assert "digits" in ok("data").out
    said = ok("data", "digits").out
    assert "1,437" in said or "rows to learn from" in said
    assert "licence" in said
    assert "Anchor: text from column 'anchor'" in ok("data", data / "pairs.csv").out


def test_explain_in_words_and_as_json(ok):
    said = ok("explain", "clip", "-n", 4096, "-d", 64, "--ranks", 4, "--budget", "100MB")
    assert "1,024 x 4,096 similarities of D = 64 on each of 4 ranks (ring)" in said.out
    assert "closed form" in said.out
    found = ok("explain", "smooth-ap", "-n", 2000, "-d", 32, "--budget", "4MiB", "--dtype", "float64", "--json").json
    assert found["path"] == "rows"
    assert 0 < found["peak_bytes"] <= 4 << 20
    assert found["seconds"] > 0
    assert ok("explain", "nt-xent", "-n", 600, "-m", 0, "--temperature", 0.2, "--json").json["n"] == 600


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("clips", "-n", 100), "objective must be a name that .*'clips'; did you mean clip"),
        (("clip",), "Missing option '-n'"),
        (("clip", "-n", 0), "n must be at least 1, got 0"),
        (("clip", "-n", 100, "--budget", "much"), "--budget must be a size such as .*'much'"),
        (("clip", "-n", 100, "--budget", "1KB"), r"budget: 1,000 bytes are too few for N = 100, M = 100, D = 256"),
        (("clip", "-n", 100, "--dtype", "int8"), "--dtype must be one of float32, .*'int8'"),
        (("sig-lip", "-n", 100, "--temperature", 0.1), "--temperature: objective sig-lip has none"),
    ],
)
def test_explain_refuses_in_one_line(cli, given, message):
    said = cli("explain", *given)
    assert said.code == 2
    (error,) = said.errors
    assert re.search(message, error)
    assert not said.out


def test_papers(ok):
    assert "DCL" in ok("papers").out
    assert "implements" in ok("show", "dcl").out
    assert ok("cite", "DCL").out.startswith("@misc{dcl")


def test_reproduce_in_the_tiny_setting(ok):
    found = ok("reproduce", "dcl", "--setting", "tiny", "--json").json
    assert [len(one["values"]) for one in found["findings"]] == [3] * len(found["findings"])
    assert found["verdict"] in ("holds", "does not hold here", "undecided")


def test_claims_runs_what_is_missing_and_nothing_twice(cli, ok, monkeypatch, tmp_path):
    seen: list[tuple[str, int]] = []

    def paper(name: str, *, minutes: float, broken: bool = False) -> PaperFile:
        def trial(setting, seed):
            seen.append((name, seed))
            if broken:
                raise InputError("no such data")
            return {"method": {"error": 0.0}}

        cited = Paper(
            short=name, title="T", authors="A", year=2000, identifier="arXiv:0000.00000", wing=Wing.SCALE,
            implements="i", deviates="d",
        )  # fmt: skip
        claim = Claim(statement="Exact.", checks=(Within(measure="error", below=1.0),), minutes=minutes, seeds=2)
        return PaperFile(cited, claim, Path(__file__), trial=trial)

    papers = [paper("slow", minutes=9), paper("broken", minutes=1, broken=True), paper("quick", minutes=2)]
    monkeypatch.setattr("counterpoint.cli.papers.all_papers", lambda: papers)
    said = cli("claims", "--claims", tmp_path)
    assert "could not be run: broken; what was wrong is said above" in said.errors[-1]
    assert said.out.splitlines() == ["quick: holds", "slow: holds"]
    assert seen == [("broken", 0), ("quick", 0), ("quick", 1), ("slow", 0), ("slow", 1)]
    papers.pop(1)
    assert ok("claims", "--claims", tmp_path).out == ""
    assert ok("claims", "--claims", tmp_path / "other", "--wing", "text").out == ""
    assert len(seen) == 5


def test_demo(ok, tmp_path, cli, runs):
    said = ok("demo", "--steps", 2, "--out", tmp_path / "demo")
    assert "knn_accuracy" in said.out
    assert "Nearest training digits" in said.out
    assert (tmp_path / "demo" / "report.html").is_file()
    ok("demo", "--steps", 1, "--out", tmp_path / "demo")
    run = shutil.copytree(runs("images"), tmp_path / "mine")
    said = cli("demo", "--steps", 1, "--out", run)
    assert "already holds a run" in said.errors[0], "only a demo makes way for a demo"
    assert (run / "model" / "encoder.json").is_file()


def test_machine_numbers_are_json(capsys):
    from counterpoint.cli import console

    console.machine({"loss": float("nan"), "values": (np.float64(0.5), float("inf")), "path": __file__})
    assert json.loads(capsys.readouterr().out) == {"loss": None, "values": [0.5, None], "path": __file__}
