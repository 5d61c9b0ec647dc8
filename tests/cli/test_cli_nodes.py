"""From a list of edges to vectors of nodes, and what is wrong with such a file."""

import json

import numpy as np
import pytest

from counterpoint.data.planted_graphs import blocks

FEW = ("--steps", 40, "--learning-rate", 0.01)


def write(path, rows, header="source,target"):
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three teams; what is said of people tells little of them."""
    made, rng = tmp_path_factory.mktemp("edges"), np.random.default_rng(0)
    edges, team = blocks([30, 30, 30], inside=0.25, between=0.02, rng=rng)
    lines = [f"p{one},p{other}" for one, other in edges]
    write(made / "edges.csv", [*lines, lines[0], "p4,p4", "p1,"])
    noisy = np.eye(3)[team] + 1.2 * rng.normal(size=(90, 3))
    people = [f"p{n},t{team[n]},{a:.4f},{b:.4f},{c:.4f}" for n, (a, b, c) in enumerate(noisy)]
    write(made / "people.csv", [*people, "alone,,0,0,0", people[0]], "name,class,a,b,c")
    return made


@pytest.fixture
def run(folder, ok):
    """Trained once."""
    if not (folder / "run" / "report.html").exists():
        said = ok("train", folder / "edges.csv", "--nodes", folder / "people.csv", "--out", folder / "run", *FEW)
        for told in (
            "edges between 91 nodes",
            "1 rows without one of their ends were left out",
            "1 edges of a node with itself were left out",
            "1 repeated edges were left out",
            "91 nodes by column 'name', features: a (number), b (number), c (number)",
            "labels: column 'class' (3 classes)",
            "1 rows without a name or of a name that was there were left out",
        ):
            assert told in said.err
    return folder / "run"


def test_a_run_beats_the_features_and_says_so_again(run, ok):
    found = {one["measure"]: {row["system"]: row["value"] for row in one["rows"]} for one in _evaluated(run, ok)}
    assert {"link_auc", "link_mrr", "node_accuracy_over_splits", "nmi"} <= set(found)
    assert list(found["link_auc"]) == ["features", "FastRP", "trained"]
    assert found["link_auc"]["trained"] > found["link_auc"]["features"]
    assert found["node_accuracy_over_splits"]["trained"] > found["node_accuracy_over_splits"]["features"]
    kept = json.loads((run / "evaluation.json").read_text())
    assert ok("report", run, "--json").json == kept == _evaluated(run, ok)
    looks = [one["link_auc"] for one in _records(run) if "link_auc" in one]
    assert 1 <= len(looks) <= 2, "40 steps, a look every 20"


def test_nodes_are_embedded_and_a_node_is_not_its_own_neighbour(run, folder, ok):
    ok("embed", run, run / "nodes.csv", "-o", folder / "vectors")
    hits = ok("search", run, folder / "vectors", "p3", "-k", 5, "--json").json
    assert len(hits) == 5
    assert "p3" not in [one["content"] for one in hits]
    assert sum(int(one["content"][1:]) < 30 for one in hits if one["content"] != "alone") >= 3, (
        "p3 is of the first team"
    )
    ok("embed", run, folder / "people.csv", "-o", folder / "again")


def test_other_edges_are_judged_without_what_was_learnt(run, folder, ok, cli):
    later = write(folder / "later.csv", ["p0,p29", "p29,p0", "p1,p28", "p2,p27", "zoe,p1"])
    said = ok("evaluate", run, "--on", later, "--json")
    assert "1 rows with a node that was not there in training were left out" in said.err
    assert "link_auc" in [one["measure"] for one in said.json]
    assert "did not learn from content" in cli("evaluate", run, "--protocol", "knn").err
    assert "too few" in cli("evaluate", run, "--on", write(folder / "one.csv", ["p0,p29"])).err


def test_without_a_file_of_nodes_edges_are_all_there_is(folder, ok):
    said = ok(
        "train", folder / "edges.csv", "--out", folder / "bare", "--encoder", "gin", "--batch-size", 32, "--json", *FEW
    )
    assert "not judged: nodes: no labels of nodes" in said.err
    systems = {row["system"] for one in said.json["measures"] for row in one["rows"]}
    assert systems == {"FastRP", "trained"}
    assert (folder / "bare" / "nodes.csv").read_text().startswith("node\n")


@pytest.mark.parametrize(("encoder", "hops"), [("linear", None), ("mlp", 1)])
def test_features_spread_over_the_graph_need_no_layers(folder, ok, encoder, hops):
    out, more = folder / encoder, () if hops is None else ("--layers", hops)
    asked = ("train", folder / "edges.csv", "--nodes", folder / "people.csv", "--encoder", encoder, *more)
    assert f"of features spread over {hops or 2} hops with CLIP" in ok(*asked, "--dry-run").out
    ok(*asked, "--out", out, "--json", *FEW)
    found = {one["measure"]: {row["system"]: row["value"] for row in one["rows"]} for one in _evaluated(out, ok)}
    assert found["node_accuracy_over_splits"]["trained"] > found["node_accuracy_over_splits"]["features"] + 0.1
    ok("embed", out, out / "nodes.csv", "-o", folder / f"{encoder}-vectors")
    hits = ok("search", out, folder / f"{encoder}-vectors", "p3", "-k", 5, "--json").json
    assert sum(one["content"] != "alone" and int(one["content"][1:]) < 30 for one in hits) >= 3


def test_a_view_by_diffusion_is_learnt_from(folder, ok):
    out, asked = folder / "diffused", ("train", folder / "edges.csv", "--nodes", folder / "people.csv")
    assert (
        "would train GAT on a diffused view with"
        in ok(*asked, "--views", "diffusion", "--encoder", "gat", "--dry-run").out
    )
    ok(*asked, "--views", "diffusion", "--out", out, *FEW)
    found = {one["measure"]: {row["system"]: row["value"] for row in one["rows"]} for one in _evaluated(out, ok)}
    assert found["node_accuracy_over_splits"]["trained"] > found["node_accuracy_over_splits"]["features"] + 0.1
    assert _records(out)[0]["loss"] != _records(folder / "run")[0]["loss"]


def test_nothing_held_out_and_a_file_of_held_out_edges(folder, ok, cli):
    out = folder / "whole"
    ok("train", folder / "edges.csv", "--out", out, "--test-fraction", 0, "--steps", 2)
    assert not (out / "report.html").exists()
    assert "held nothing out" in cli("evaluate", out).err
    assert "held nothing out" in cli("report", out).err
    test = write(folder / "test.csv", ["p0,p29", "p1,p28", "p2,p27"])
    said = ok("train", folder / "edges.csv", "--dry-run", "--test", test)
    assert "to judge by" in said.err
    assert "would train GCN with CLIP: up to 300 steps" in said.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--batches", "shuffled"), "--batches does not apply to the edges of a graph"),
        (("--encoder", "static"), "--encoder must be one of gcn, gat, gin, linear, mlp"),
        (("--encoder", "gat", "--layers", 2), "--layers goes with --encoder linear or mlp"),
        (("--encoder", "mlp", "--layers", -1), "--layers must be at least 0, got -1"),
        (("--encoder", "linear", "--views", "diffusion"), "--views diffusion goes with --encoder gcn, gat, gin"),
        (("--views", "crop"), "--views must be one of drop, diffusion"),
        (("--objective", "sup-con"), "cannot learn from two views of nodes alone"),
        (("--batch-size", 1), "batch must be at least 2"),
        (("--steps", 0), "steps must be positive"),
        (
            ("--column", "source=source", "--column", "target=target", "--column", "user=a"),
            "edges have the roles source, target",
        ),
        (("--column", "label=team"), "--column label=... goes with --nodes"),
        (("--column", "source=who", "--column", "target=target"), "no column 'who'"),
        (("--column", "source=target"), "two columns"),
        (("--nodes", "none.csv"), "no such file"),
    ],
)
def test_what_does_not_fit_is_one_line(folder, cli, arguments, told):
    said = cli("train", folder / "edges.csv", "--out", folder / "none", *arguments)
    assert said.code == 2
    assert told in said.err
    assert not (folder / "none").exists()


def test_files_that_do_not_fit_each_other(folder, tmp_path, data, cli):
    others = write(tmp_path / "others.csv", ["x,1", "y,2"], "node,size")
    assert "no node of the edges is described" in cli("train", folder / "edges.csv", "--nodes", others).err
    few = write(tmp_path / "few.csv", ["a,b", "b,c", "c,a"])
    assert "has 3 edges once cleaned; at least 30 are needed" in cli("train", few).err
    assert "--layers is for interactions and edges" in cli("train", data / "pairs.csv", "--layers", 2).err
    assert "--views is for edges" in cli("train", data / "pairs.csv", "--views", "diffusion").err
    assert "--nodes is for edges" in cli("train", data / "pairs.csv", "--nodes", others).err


def test_nodes_that_an_edge_joins_are_left_out_when_asked_for_new_ones(run, folder, cli, ok):
    ok("embed", run, run / "nodes.csv", "-o", folder / "to-link")
    pairs = [line.split(",") for line in (folder / "edges.csv").read_text().splitlines()[1:]]
    linked = {b if a == "p4" else a for a, b in pairs if "p4" in (a, b)} - {"p4"}
    usual, new = (
        [hit["content"] for hit in ok("search", run, folder / "to-link", "p4", "-k", 30, *more, "--json").json]
        for more in ((), ("--unlinked",))
    )
    assert set(usual) & linked
    assert not set(new) & {*linked, "p4"}
    assert len(new) == 30
    assert [one for one in usual if one not in linked] == new[: len(usual) - len(set(usual) & linked)]
    assert len(ok("search", run, folder / "to-link", "alone", "--unlinked", "--json").json) == 10
    said = cli("search", run, folder / "to-link", "--row", 3, "--unlinked")
    assert "--unlinked goes with a node as the query" in said.err


def test_what_only_content_has_is_refused(run, folder, cli, ok):
    assert "such a run is not resumed" in cli("train", "--resume", run).err
    ok("embed", run, run / "nodes.csv", "-o", folder / "of-nobody")
    assert "'nobody' was not there in training" in cli("search", run, folder / "of-nobody", "nobody").err
    assert "--against is for runs on content" in cli("report", run, "--against", run).err


def _evaluated(run, ok):
    return ok("evaluate", run, "--json").json


def _records(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
