"""``counterpoint compare`` on the edges of a graph: objectives and encoders, judged by edges that were held out."""

import json

import numpy as np
import pytest

from counterpoint.data.planted_graphs import blocks
from counterpoint.experiments.graph_job.recipe import NodeLearner
from counterpoint.experiments.load_recipe import load_recipe

SMALL = ("--steps", 20, "--trials", 1, "--seeds", 2)
NAMED = ("--objectives", "clip,decorrelation")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three teams, and what is said of people, which tells them apart but for noise."""
    made, rng = tmp_path_factory.mktemp("edges"), np.random.default_rng(0)
    edges, team = blocks([40, 40, 40], inside=0.25, between=0.01, rng=rng)
    rows = [f"p{one},p{other}" for one, other in edges]
    (made / "edges.csv").write_text("\n".join(["source,target", *rows]) + "\n")
    noisy = np.eye(3)[team] + 0.5 * rng.normal(size=(120, 3))
    people = [f"p{n},{a:.4f},{b:.4f},{c:.4f}" for n, (a, b, c) in enumerate(noisy)]
    (made / "people.csv").write_text("\n".join(["name,a,b,c", *people]) + "\n")
    return made


@pytest.fixture(scope="module")
def compared(folder):
    """A finished comparison, and what was printed."""
    import contextlib
    import io

    from counterpoint.cli.main import main

    command = (
        "compare", folder / "edges.csv", "--nodes", folder / "people.csv", *NAMED, *SMALL, "--out", folder / "compare"
    )  # fmt: skip
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), pytest.raises(SystemExit) as end:
        main([str(one) for one in (*command, "--json")])
    assert end.value.code == 0
    return command, folder / "compare", json.loads(printed.getvalue())


def test_edges_are_no_pairs_of_texts(compared, ok):
    command, out, found = compared
    rows = found["verdict"]["rows"]
    assert {one["candidate"] for one in rows} == {"clip", "decorrelation"}
    assert min(one["estimate"]["value"] for one in rows) > 0.6, "texts of the ends' names say nothing of edges"
    assert found["verdict"]["measure"] == "link_auc"
    assert (found["steps"], found["trials"]) == (20, 1)
    said = " ".join(found["verdict"]["sentences"])
    assert "paired bootstrap over test pairs" in said
    assert "Without training, for reference: features 0." in said
    assert ", FastRP 0." in said
    assert isinstance(load_recipe(out / "recommended.py"), NodeLearner)
    again = ok(*command)
    assert "all of at most 20 steps" in again.err
    assert "trial 1 of 1" not in again.err
    assert f"{rows[0]['candidate']} has the best link_auc" in again.out


def test_the_recommended_recipe_trains_to_the_figure_of_the_table(compared, ok, folder):
    _, out, found = compared
    run = ok("train", folder / "edges.csv", "--recipe", out / "recommended.py", "--out", folder / "run", "--json").json
    (rows,) = [one["rows"] for one in run["measures"] if one["measure"] == "link_auc"]
    values = {one["system"]: one["value"] for one in rows}
    assert values["trained"] == pytest.approx(found["verdict"]["rows"][0]["seeds"][0])
    assert f"features {values['features']:.3f}, FastRP {values['FastRP']:.3f}" in " ".join(
        found["verdict"]["sentences"]
    )


def test_killed_it_goes_on_as_if_nothing_had_happened(compared, ok, folder):
    """Of the finished runs the last two lines are gone, as a kill would have left it."""
    command, whole, found = compared
    again = folder / "again"
    again.mkdir()
    for name in ("plan.json", "trials.jsonl"):
        (again / name).write_bytes((whole / name).read_bytes())
    (again / "runs.jsonl").write_text("\n".join((whole / "runs.jsonl").read_text().splitlines()[:2]) + "\n")
    said = ok(*command[:-1], again, "--json")
    assert said.err.count(", test with seed 1") == 2
    assert "seed 0" not in said.err
    assert ", trial 1 of 1" not in said.err
    assert [one["seeds"] for one in said.json["verdict"]["rows"]] == [one["seeds"] for one in found["verdict"]["rows"]]
    assert (again / "recommended.py").read_text() == (whole / "recommended.py").read_text()


def test_a_recipe_is_what_candidates_share(compared, ok, cli, folder):
    _, out, _ = compared
    shared = ("compare", folder / "edges.csv", "--recipe", out / "recommended.py", "--dry-run")
    said = ok(*shared, "--encoders", "gcn", "--objectives", "clip,vic-reg")
    assert "features: a (number), b (number), c (number)" in said.err, "nodes of the recipe"
    assert said.out == "would compare: clip; vic-reg\n"
    said = cli(*shared, "--encoders", "gin")
    assert said.code == 2
    assert said.errors == [
        "error: --encoder gin: the encoder of the recipe is gcn; change the recipe file to change it"
    ]


def test_nobody_named_a_few_take_part(ok, folder):
    said = ok("compare", folder / "edges.csv", "--dry-run")
    assert said.out == "would compare: clip; graph-mae; nt-xent; barlow-twins; decorrelation\n"


def test_encoders_times_objectives_where_they_go_together(ok, folder):
    options = ("--objectives", "GraphMAE,clip,pam-c,co-sent", "--encoders", "gin,mlp", "--json", "--dry-run")
    found = ok("compare", folder / "edges.csv", *options).json
    assert found["candidates"] == ["graph-mae/gin", "clip/gin", "clip/mlp"]
    reasons = {one["name"]: one["reason"] for one in found["left_out"]}
    assert set(reasons) == {"graph-mae/mlp", "pam-c/gin", "pam-c/mlp", "co-sent/gin", "co-sent/mlp"}
    assert "rebuilt from neighbours" in reasons["graph-mae/mlp"]
    assert "say in a recipe how many" in reasons["pam-c/gin"]
    assert "cannot learn from two views" in reasons["co-sent/gin"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--encoders", "conv-net"), "--encoders must be one of gcn, gat, gin, linear, mlp for the edges of a graph"),
        (("--objectives", "GraphMAE,graph-mae"), "--objectives names graph-mae twice"),
        (("--objectives", "info_nse"), "did you mean info-nce"),
        (("--objectives", "co-sent"), "nobody can take part: co-sent: "),
        (("--contrasts", "noise"), "--contrasts does not apply to the edges of a graph"),
        (("--epochs", "3"), "--epochs does not apply to the edges of a graph"),
        (("--most", "3"), "--most does not apply to the edges of a graph"),
        (("--nodes", "nowhere.csv"), "nowhere.csv"),
        (("--test-fraction", "0"), "holds no edges out"),
        (("--steps", "0"), "steps must be at least 1"),
        (("--recipe", "tribyol"), "learns from content, and"),
    ],
)
def test_bad_input_is_one_line_before_anything_runs(cli, folder, tmp_path, options, message):
    said = cli("compare", folder / "edges.csv", *options, "--out", tmp_path / "compare")
    assert said.code == 2, said.err
    (line,) = said.errors
    assert message in line
    assert not (tmp_path / "compare" / "trials.jsonl").exists()


@pytest.mark.parametrize("option", ["--contrasts", "--epochs", "--nodes"])
def test_what_content_has_no_use_for_is_refused(cli, folder, option):
    (folder / "pairs.csv").write_text("anchor,positive\none,two\n")
    said = cli("compare", folder / "pairs.csv", option, "3")
    assert said.code == 2
    assert f"{option} does not apply to content" in said.errors[0]
