"""Clusters of nodes, and features that are hidden and rebuilt, from the command line."""

import csv

import numpy as np
import pytest

from counterpoint.data.planted_graphs import blocks
from counterpoint.evaluation.bootstrap import Bootstrap
from counterpoint.evaluation.clustering import agreement

FEW = ("--steps", 40, "--learning-rate", 0.01)
MEASURES = {"clustering_accuracy", "nmi", "ari", "clustering_macro_f1"}


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """Arguments for three teams of people of whom little is said."""
    made, rng = tmp_path_factory.mktemp("teams"), np.random.default_rng(0)
    edges, team = blocks([30, 30, 30], inside=0.25, between=0.02, rng=rng)
    noisy = np.eye(3)[team] + 1.2 * rng.normal(size=(90, 3))
    _write(made / "edges.csv", "source,target", [f"p{one},p{other}" for one, other in edges])
    people = [f"p{n},t{team[n]},{a:.4f},{b:.4f},{c:.4f}" for n, (a, b, c) in enumerate(noisy)]
    _write(made / "people.csv", "name,class,a,b,c", [*people, "alone,,0,0,0"])
    return "train", made / "edges.csv", "--nodes", made / "people.csv"


@pytest.mark.parametrize(
    ("objective", "plan"),
    [
        ((), ("would train GCN with CLIP: up to 300 steps", "3 clusters by k-means of the vectors")),
        (
            ("--objective", "pam-c"),
            ("an MLP of features spread over 2 hops with PamC: up to 100 steps", "3 clusters learnt with the vectors"),
        ),
    ],
)
def test_what_would_be_done_says_how_clusters_are_found(asked, ok, objective, plan):
    said = ok(*asked, "--clusters", 3, *objective, "--dry-run").out
    assert all(told in said for told in plan)


@pytest.mark.parametrize("objective", ["clip", "pam-c"])
def test_clusters_are_a_column_of_the_nodes_and_are_judged(asked, ok, tmp_path, objective):
    told = ok(*asked, "--clusters", 3, "--objective", objective, "--out", tmp_path, "--json", *FEW)
    rows = _rows(tmp_path)
    assert list(rows[0]) == ["node", "label", "cluster"]
    assert len(rows) == 91
    sizes = np.bincount([int(row["cluster"]) for row in rows], minlength=3)
    assert f"3 clusters of {', '.join(map(str, sizes))} nodes: column 'cluster'" in told.err
    assert told.json["clusters"] == sizes.tolist()
    known = [row for row in rows if row["label"]]
    clusters, labels = (np.array([row[name] for row in known]) for name in ("cluster", "label"))
    found = _by_system(told)
    assert set(found) >= MEASURES
    for one in agreement(labels, clusters, bootstrap=Bootstrap(resamples=10)):
        assert found[one.name]["trained"] == pytest.approx(one.value), "the measures are those of the column"
    assert found["nmi"]["trained"] > found["nmi"]["features"] + 0.3
    assert "cluster 2" in (tmp_path / "report.html").read_text()
    if objective == "pam-c":  # centres are not kept, the list is
        assert ok("evaluate", tmp_path, "--json").json == told.json["measures"]


def test_features_that_are_hidden_and_rebuilt_tell_the_teams(asked, ok, tmp_path):
    plan = ok(*asked, "--objective", "GraphMAE", "--encoder", "gat", "--dry-run").out
    assert "would train GAT with GraphMAE" in plan
    assert "50% of 91 of 91 nodes hidden at a step" in plan
    told = ok(*asked, "--objective", "graph-mae", "--batch-size", 60, "--out", tmp_path, "--json", *FEW)
    found = _by_system(told)["node_accuracy_over_splits"]
    assert found["trained"] > found["features"] + 0.1
    assert list(_rows(tmp_path)[0]) == ["node", "label"]
    ok("embed", tmp_path, tmp_path / "nodes.csv", "-o", tmp_path / "vectors")
    hits = ok("search", tmp_path, tmp_path / "vectors", "p3", "-k", 5, "--json").json
    assert sum(one["content"] != "alone" and int(one["content"][1:]) < 30 for one in hits) >= 3


def test_edges_alone_have_clusters_too(asked, ok, cli, tmp_path):
    ok("train", asked[1], "--clusters", 3, "--out", tmp_path, "--no-judge", *FEW)
    assert list(_rows(tmp_path)[0]) == ["node", "cluster"]
    assert len(_rows(tmp_path)) == 90
    lines = (tmp_path / "nodes.csv").read_text().splitlines()
    (tmp_path / "nodes.csv").write_text("\n".join(lines[:-1]) + "\n")
    assert "does not hold a cluster for every node" in cli("evaluate", tmp_path).err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--clusters", 1), "--clusters must be at least 2, got 1"),
        (("--clusters", 92), "clusters must be at most the number of nodes, 91, got 92"),
        (("--objective", "pam-c"), "say how many with --clusters"),
        (("--objective", "pam-c", "--clusters", 3, "--encoder", "gcn"), "goes with --encoder mlp, got gcn"),
        (
            ("--objective", "pam-c", "--clusters", 3, "--batch-size", 9),
            "--batch-size does not go with --objective pam-c",
        ),
        (("--objective", "pam-c", "--clusters", 3, "--views", "drop"), "--views does not go with --objective pam-c"),
        (("--objective", "graph-mae", "--views", "drop"), "--views does not go with --objective graph-mae"),
        (("--objective", "graph-mae", "--encoder", "mlp"), "graph-mae goes with --encoder gcn, gat, gin"),
        (("--objective", "graph-mae", "--temperature", 1), "--temperature: --objective graph-mae has none"),
        (("--objective", "sw-av"), "SwAV cannot learn from two views of nodes alone"),
    ],
)
def test_what_does_not_go_together_is_one_line(asked, cli, tmp_path, arguments, told):
    said = cli(*asked, "--out", tmp_path / "none", *arguments)
    assert said.code == 2
    assert told in said.err
    assert not (tmp_path / "none").exists()


def test_clusters_are_for_edges_alone(data, cli):
    assert "--clusters is for edges" in cli("train", data / "pairs.csv", "--clusters", 3).err


def _by_system(told):
    return {one["measure"]: {row["system"]: row["value"] for row in one["rows"]} for one in told.json["measures"]}


def _write(path, header, rows):
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


def _rows(run):
    with (run / "nodes.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
