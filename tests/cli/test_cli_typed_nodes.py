"""Vectors of one type of node in a graph of several, from the command line."""

import csv
import json

import numpy as np
import pytest

FEW = ("--steps", 40)
ROLES = ("--column", "edge_type=how", "--column", "node_type=what")


def write(path, rows, header="source,target,type"):
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def papers():
    """Edges of papers of three fields, who wrote them and where those work; and what is said of each node."""
    rng, field = np.random.default_rng(0), np.repeat(np.arange(3), 40)
    own = np.where(rng.random((120, 3)) < 0.8, field[:, None], rng.integers(3, size=(120, 3)))
    wrote = 12 * own + rng.integers(12, size=own.shape)
    edges = [f"p{paper},a{one},by author" for paper, row in enumerate(wrote) for one in sorted({*row.tolist()})]
    edges += [f"p{paper},v{4 * field[paper] + rng.integers(4)},at venue" for paper in range(120)]
    edges += [f"a{one},i{one // 6},at institute" for one in range(36)]
    words = np.eye(3)[field] + 1.5 * rng.normal(size=(120, 3))
    nodes = [
        f"p{n},paper,f{field[n]},," + ",".join(f"{x:.3f}" for x in row) for n, row in enumerate(words)
    ]  # fmt: skip
    nodes += [f"{kind[0]}{n},{kind},,{n},,," for kind, count in (("author", 36), ("venue", 12)) for n in range(count)]
    return edges, [*nodes, *(f"i{n},institute,,{n},,," for n in range(6))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made, (edges, nodes) = tmp_path_factory.mktemp("typed"), papers()
    write(made / "edges.csv", [*edges, edges[0], "p1,p1,by author", "p2,zoe,by author", "p3,,by author"])
    write(made / "nodes.csv", nodes, "node,type,label,age,a,b,c")
    return made


@pytest.fixture
def asked(folder):
    return "train", folder / "edges.csv", "--nodes", folder / "nodes.csv", "--node-type", "paper"


@pytest.fixture
def run(asked, folder, ok):
    """Trained once."""
    if not (folder / "run" / "report.html").exists():
        said = ok(*asked, "--clusters", 3, "--out", folder / "run", *FEW)
        for told in (
            "'by author' (paper - author, ",
            "'at institute' (author - institute, 36)",
            "vectors of 120 nodes from, by the meta-paths by author, at venue",
            "1 rows of edges without an end or a type were left out",
            "1 edges to a node that is not listed were left out",
            "1 edges of a node with itself were left out",
            "1 repeated edges were left out",
            "36 edges 'at institute' are on no meta-path",
            "nodes.csv (paper): 120 nodes by column 'node', features: a (number), b (number), c (number), labels",
            "3 clusters of ",
        ):
            assert told in said.err
    return folder / "run"


def test_a_run_tells_the_fields_and_says_so_again(run, ok):
    found = ok("evaluate", run, "--json").json
    by = {one["measure"]: {row["system"]: row["value"] for row in one["rows"]} for one in found}
    assert list(by["link_auc"]) == ["features", "FastRP", "trained"]
    assert by["link_auc"]["trained"] > 0.6
    for measure in ("node_accuracy_over_splits", "nmi"):
        assert by[measure]["trained"] > by[measure]["features"] + 0.05
    assert ok("report", run, "--json").json == json.loads((run / "evaluation.json").read_text()) == found
    with (run / "nodes.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["node"] for row in rows] == [f"p{n}" for n in range(120)]
    assert list(rows[0]) == ["node", "label", "cluster"]


def test_papers_are_embedded_and_searched(run, folder, ok):
    ok("embed", run, run / "nodes.csv", "-o", folder / "vectors")
    hits = ok("search", run, folder / "vectors", "p3", "-k", 5, "--json").json
    assert sum(int(one["content"][1:]) < 40 for one in hits) >= 3, "p3 is of the first field"


def test_other_edges_are_judged_by_the_pairs_that_they_join(run, folder, ok, cli):
    later = write(folder / "later.csv", [f"a{n},p{n},by author" for n in range(0, 36, 2)])
    said = ok("evaluate", run, "--on", later, "--json")
    assert "link_auc" in [one["measure"] for one in said.json]
    again = write(folder / "again.csv", ["p0,a0,by author"])
    assert "that training had not joined are too few" in cli("evaluate", run, "--on", again).err
    other = write(folder / "other.csv", ["a0,i1,at institute"])
    assert "edges 'at institute' are none that meta-paths begin with" in cli("evaluate", run, "--on", other).err
    assert "to judge by" in ok("train", folder / "edges.csv", "--nodes", folder / "nodes.csv", "--node-type", "paper",
                               "--test", later, "--dry-run").err  # fmt: skip


def test_longer_paths_another_objective_and_nothing_held_out(asked, ok, cli, tmp_path):
    more = ("--meta-path", "by author > at institute", "--meta-path", "at venue", "--objective", "barlow-twins")
    plan = ok(*asked, *more, "--batch-size", 50, "--dry-run")
    assert "by the meta-paths by author > at institute, at venue" in plan.err
    assert "would train a meta-path encoder of nodes 'paper' with BarlowTwins: up to 300 steps" in plan.out
    assert "50 of 120 nodes contrasted at a step" in plan.out
    out = tmp_path / "run"
    ok(*asked, *more, "--test-fraction", 0, "--out", out, "--steps", 2, "--no-judge")
    assert "link_auc" not in ok("evaluate", out).out
    assert "node_accuracy_over_splits" in [one["measure"] for one in ok("evaluate", out, "--json").json]


def test_nodes_without_features_or_labels_and_columns_of_other_names(folder, ok, tmp_path):
    edges, nodes = papers()
    write(tmp_path / "edges.csv", edges, "one,other,how")
    write(tmp_path / "nodes.csv", [",".join(row.split(",")[:2]) for row in nodes], "who,what")
    ends = ("--column", "source=one", "--column", "target=other", "--column", "node=who", *ROLES)
    said = ok("train", tmp_path / "edges.csv", "--nodes", tmp_path / "nodes.csv", *ends, "--node-type", "author",
              "--out", tmp_path / "run", "--json", *FEW)  # fmt: skip
    assert "no features" in said.err
    assert "not judged: nodes: no labels of nodes" in said.err
    assert {row["system"] for one in said.json["measures"] for row in one["rows"]} == {"FastRP", "trained"}
    assert (tmp_path / "run" / "nodes.csv").read_text().startswith("node\na")


def test_types_are_passed_over_where_nobody_asks_for_one(folder, ok):
    said = ok("train", folder / "edges.csv", "--dry-run").err
    assert "Not used: 'type'; types of edges count with --node-type" in said


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--node-type", "papr"), "node_type must be one of 'paper', 'author', 'venue', 'institute', got 'papr'"),
        (("--encoder", "gcn"), "--encoder does not go with --node-type"),
        (("--layers", 2), "--layers does not go with --node-type"),
        (("--views", "drop"), "--views does not go with --node-type"),
        (("--objective", "graph-mae"), "--objective graph-mae does not go with --node-type"),
        (("--objective", "pam-c", "--clusters", 3), "--objective pam-c does not go with --node-type"),
        (("--objective", "sup-con"), "SupCon cannot learn from two views of nodes alone"),
        (("--meta-path", "by author >"), "--meta-path must name types of edges"),
        (("--meta-path", "by autor"), "edges have the types 'by author', 'at venue', 'at institute', got 'by autor'"),
        (("--meta-path", "at institute"), "do not start at 'paper'"),
        (("--clusters", 121), "clusters must be at most the number of nodes, 120, got 121"),
        (("--column", "edge_type=how"), "no column 'how'"),
        (("--column", "user=a"), "--column user=...: edges have the roles source, target, edge_type, nodes node,"),
    ],
)
def test_what_does_not_fit_is_one_line(asked, cli, tmp_path, more, told):
    said = cli(*asked, "--out", tmp_path / "none", "--column", "source=source", "--column", "target=target", *more)
    assert said.code == 2
    assert told in said.err
    assert not (tmp_path / "none").exists()


def test_options_that_need_each_other(folder, cli):
    edges, nodes = folder / "edges.csv", ("--nodes", folder / "nodes.csv")
    assert "--node-type goes with --nodes" in cli("train", edges, "--node-type", "paper").err
    assert "--meta-path goes with --node-type" in cli("train", edges, *nodes, "--meta-path", "by author").err
    assert "goes with --node-type" in cli("train", edges, *nodes, "--column", "edge_type=type").err


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"edges": "source,target,kind"}, "edges.csv has no column 'edge_type', which --node-type needs"),
        ({"nodes": "node,kind,label,age,a,b,c"}, "nodes.csv has no column 'node_type', which --node-type needs"),
        ({"keep": ("p0", "author", "venue")}, "node_type 'paper' has one node"),
        ({"drop": ",by author"}, "joins no paper"),
        ({"only": 20}, "has 20 edges at nodes 'paper' once cleaned, needed are 30"),
    ],
)
def test_files_that_will_not_do(cli, tmp_path, change, told):
    edges, nodes = papers()
    if "keep" in change:
        nodes = [row for row in nodes if row.split(",")[0] == "p0" or row.split(",")[1] in change["keep"]]
    if "drop" in change:
        edges, told = [row for row in edges if row.endswith("institute")], "no edge has such a node at an end"
    edges = edges[: change.get("only", len(edges))]
    write(tmp_path / "edges.csv", edges, change.get("edges", "source,target,type"))
    write(tmp_path / "nodes.csv", nodes, change.get("nodes", "node,type,label,age,a,b,c"))
    said = cli("train", tmp_path / "edges.csv", "--nodes", tmp_path / "nodes.csv", "--node-type", "paper",
               "--out", tmp_path / "none")  # fmt: skip
    assert said.code == 2
    assert told in said.err
    assert not (tmp_path / "none").exists()


def test_types_of_nodes_are_for_edges_alone(data, cli, ok):
    assert "--node-type is for edges" in cli("train", data / "pairs.csv", "--node-type", "paper").err
    ok("train", data / "pairs.csv", "--dry-run")
