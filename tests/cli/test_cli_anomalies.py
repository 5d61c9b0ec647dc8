"""Nodes that do not fit, from the command line."""

import csv
import json

import numpy as np
import pytest

from counterpoint.data.planted_graphs import planted_anomalies
from counterpoint.evaluation.bootstrap import Bootstrap
from counterpoint.evaluation.detection import detection

ODD = planted_anomalies(blocks_of=[30, 40, 50], views=1, features=8, share=0.05, seed=0)
X = ODD.views[0].features.toarray()


def write(path, rows, header):
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def people(said, header="anomaly"):
    """The file of nodes, with what is said of each."""
    names = ",".join(f"x{i}" for i in range(8))
    return [f"p{n},{said[n]}," + ",".join(f"{x:.4f}" for x in row) for n, row in enumerate(X)], f"node,{header},{names}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("odd")
    write(made / "edges.csv", [f"p{one},p{other}" for one, other in ODD.views[0].edges], "source,target")
    said = ["yes" if odd else "no" for odd in ODD.odd]
    said[int(np.flatnonzero(~ODD.odd)[0])] = ""
    write(made / "people.csv", *people(said))
    return made


@pytest.fixture
def run(folder, ok):
    """Trained once."""
    if not (folder / "run" / "report.html").exists():
        said = ok("train", folder / "edges.csv", "--nodes", folder / "people.csv", "--anomalies", "--out",
                  folder / "run", "--json", "--steps", 20)  # fmt: skip
        (folder / "said.json").write_text(said.out)
        assert "Anomalies: column 'anomaly' (12 of 119)" in said.err
        assert "column 'anomaly', higher for what fits less; highest: p" in said.err
    return folder / "run"


def rows(run):
    with (run / "nodes.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def by_system(measures):
    return {one["measure"]: {row["system"]: row["value"] for row in one["rows"]} for one in measures}


def test_every_node_has_a_score_and_the_highest_are_listed(run, folder):
    told, scores = json.loads((folder / "said.json").read_text()), {one["node"]: float(one["anomaly"])
                                                                     for one in rows(run)}  # fmt: skip
    assert len(scores) == 120
    top = sorted(scores, key=scores.get, reverse=True)[:10]
    assert [one["node"] for one in told["anomalies"]] == top
    assert f"Nodes that fit least: {top[0]} (" in (run / "report.html").read_text()


def test_scores_are_judged_where_a_column_says_which_are_anomalies(run, folder, ok):
    found = by_system(ok("evaluate", run, "--json").json)
    assert by_system(json.loads((folder / "said.json").read_text())["measures"]) == found
    numbers = np.array([int(one["node"][1:]) for one in rows(run)])
    score, odd = np.array([float(one["anomaly"]) for one in rows(run)]), ODD.odd[numbers]
    known = numbers != np.flatnonzero(~ODD.odd)[0]
    for one in detection(score[known & odd], score[known & ~odd], bootstrap=Bootstrap(resamples=10)):
        assert found[f"anomaly_{one.name}"]["trained"] == pytest.approx(one.value), "the measures are of the column"
    assert found["anomaly_auroc"]["trained"] > 0.6
    assert list(found["anomaly_auroc"]) == ["features", "FastRP", "trained"]


def test_other_vectors_are_judged_by_how_unlike_their_neighbours_they_are(run, ok):
    unit = (X - X.mean(0)) / X.std(0)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    adjacency = ODD.views[0].adjacency.toarray()
    unlike = 1 - (adjacency * (unit @ unit.T)).sum(1) / np.maximum(adjacency.sum(1), 1)
    known = np.arange(120) != np.flatnonzero(~ODD.odd)[0]
    wanted = detection(unlike[known & ODD.odd], unlike[known & ~ODD.odd], bootstrap=Bootstrap(resamples=10))
    found = by_system(ok("evaluate", run, "--json").json)
    assert found["anomaly_auroc"]["features"] == pytest.approx(wanted[0].value, abs=2e-3)


def test_a_list_without_scores_is_one_line(run, folder, ok, cli):
    kept = (run / "nodes.csv").read_text()
    (run / "nodes.csv").write_text("\n".join(kept.splitlines()[:-1]) + "\n")
    assert "does not hold an anomaly for every node" in cli("evaluate", run).err
    (run / "nodes.csv").write_text(kept)
    ok("report", run)


def test_edges_alone_have_scores_and_nothing_to_judge_them_by(folder, ok, tmp_path):
    said = ok("train", folder / "edges.csv", "--anomalies", "--clusters", 3, "--out", tmp_path, "--steps", 2)
    assert "not judged: anomalies: no column of the nodes says which are anomalies" in said.err
    assert list(rows(tmp_path)[0]) == ["node", "cluster", "anomaly"]


def test_a_plan_says_so_and_without_the_option_the_column_is_a_feature(folder, ok, tmp_path):
    asked = ("train", folder / "edges.csv", "--nodes")
    assert "an anomaly score of every node by CARE" in ok(*asked, folder / "people.csv", "--anomalies", "--dry-run").out
    nodes = write(tmp_path / "people.csv", *people(ODD.odd.astype(int), "strange"))
    assert "strange (number)" in ok(*asked, nodes, "--anomalies", "--dry-run").err
    named = ok(*asked, nodes, "--anomalies", "--column", "anomaly=strange", "--dry-run").err
    assert "strange (number)" not in named
    assert "Anomalies: column 'strange' (12 of 120)" in named


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--column", "anomaly=strange"), "edges have the roles source, target, nodes node, label"),
        (("--anomalies", "--column", "anomaly=none"), "no column 'none'"),
        (("--anomalies", "--column", "anomaly=x0"), "1 or 0, true or false, yes or no are expected, found"),
        (("--anomalies", "--node-type", "paper"), "--anomalies does not go with --node-type"),
    ],
)
def test_what_does_not_fit_is_one_line(folder, cli, tmp_path, more, told):
    said = cli("train", folder / "edges.csv", "--nodes", folder / "people.csv", "--out", tmp_path / "none", *more)
    assert said.code == 2
    assert told in said.err
    assert not (tmp_path / "none").exists()


def test_too_few_anomalies_are_not_judged(folder, ok, tmp_path):
    nodes = write(tmp_path / "people.csv", *people([int(n == 3) for n in range(120)]))
    said = ok("train", folder / "edges.csv", "--nodes", nodes, "--anomalies", "--out", tmp_path / "run", "--steps", 2)
    assert "not judged: anomalies: fewer than two nodes are anomalies" in said.err


def test_anomalies_are_looked_for_among_edges_alone(data, cli):
    assert "--anomalies is for edges" in cli("train", data / "pairs.csv", "--anomalies").err
