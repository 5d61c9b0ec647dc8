"""``counterpoint diagnose`` on recommenders and on nodes of a graph."""

import numpy as np
import pytest

from counterpoint.base.spec import to_json
from counterpoint.cli.nodes import opened_nodes
from counterpoint.cli.recommend import opened_items
from counterpoint.data.planted_graphs import blocks
from counterpoint.encoders.role import Role
from counterpoint.evaluation.diagnosis import read_diagnosis
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.graph_job.diagnosing import node_space
from counterpoint.experiments.named_vectors import tables_of
from counterpoint.experiments.recommender.diagnosing import Rows, recommender_space

FEW = ("--epochs", 12, "--batch-size", 64, "--learning-rate", 0.05)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """People of two tastes who take some items far more often, and a graph of three teams."""
    made, rng = tmp_path_factory.mktemp("names"), np.random.default_rng(0)
    lines = ["user,item,time"]
    for user in range(60):
        chance = np.where(np.arange(48) % 2 == user % 2, 40.0, 1.0) / np.arange(4, 52)
        lines += [
            f"u{user},i{item},{time}" for time, item in enumerate(rng.choice(48, 12, False, chance / chance.sum()))
        ]
    (made / "taken.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (made / "fewer.csv").write_text("\n".join(lines[: 1 + 12 * 50]) + "\n", encoding="utf-8")
    edges, team = blocks([30, 30, 30], inside=0.3, between=0.02, rng=rng)
    (made / "edges.csv").write_text("\n".join(["source,target", *(f"p{a},p{b}" for a, b in edges)]) + "\n")
    people = [f"p{n},t{team[n]},{rng.normal():.3f}" for n in range(90)]
    (made / "people.csv").write_text("\n".join(["name,class,a", *people]) + "\n")
    return made


@pytest.fixture
def trained(folder, ok):
    """A run by its name, trained once."""
    commands = {
        "gcn": ("taken.csv", *FEW),
        "next": ("taken.csv", "--encoder", "sasrec", "--epochs", 2),
        "fewer": ("fewer.csv", *FEW),
        "nodes": ("edges.csv", "--nodes", folder / "people.csv", "--steps", 20),
        "whole": ("edges.csv", "--test-fraction", 0, "--steps", 20),
    }

    def run(name):
        out = folder / name
        if not (out / "model").exists():
            data, *options = commands[name]
            ok("train", folder / data, "--out", out, "--no-judge", *options)
        return out

    return run


def measured(found):
    """By name; a measure that was skipped has None for its value."""
    return {one["name"]: one["value"] for one in found["findings"]}


def test_items_are_looked_at_with_their_popularity_and_who_takes_them(trained, ok):
    run = trained("gcn")
    found = ok("diagnose", run, "--json").json
    lines = (run.parent / "taken.csv").read_text().splitlines()[1:]
    last = {line.split(",")[0]: line.split(",")[1] for line in lines}
    assert found["about"]["rows"] == len(set(last.values())), "items that are somebody's last one, each once"
    one = measured(found)
    assert one["popularity_bias"] is not None
    assert one["score_auc"] > 0.6, "items lie near those who take them"
    assert one["modality_gap"] is not None
    assert one["effective_negatives"] is None, "no loss compares an item with users"


def test_every_row_is_called_by_its_name_and_shown_with_who_takes_it(trained):
    run = opened_items(trained("gcn"))
    assert run is not None
    lines = (run.folder.path.parent / "taken.csv").read_text().splitlines()[1:]
    last = {line.split(",")[0]: line.split(",")[1] for line in lines}
    vectors = tables_of(run.folder)
    space = recommender_space(run, Rows.ITEMS)
    assert sorted(space.names.values()) == sorted(set(last.values()))
    for place, row in enumerate(space.subject.ids.tolist()):
        item, user = space.shows("anchors", row).content, space.shows("positives", row).content
        assert last[user] == item
        np.testing.assert_array_equal(space.subject.anchors[place], vectors.encode([item], role=Role.DOCUMENT)[0])
        np.testing.assert_array_equal(space.subject.positives[place], vectors.encode([user], role=Role.QUERY)[0])
        known = sum(line.split(",")[1] == item and last[line.split(",")[0]] != item for line in lines)
        assert space.subject.nuisances["popularity"][place] == known


def test_users_are_compared_with_items_at_the_temperature_of_the_ranking(trained, ok):
    found = ok("diagnose", trained("gcn"), "--rows", "users", "--json").json
    assert found["about"]["rows"] == 60
    assert found["about"]["temperature"] == 0.1
    assert measured(found)["effective_negatives"] is not None
    assert ok("diagnose", trained("next"), "--rows", "users", "--json").json["about"]["temperature"] is None


def test_two_recommenders_are_compared_by_the_names_of_their_rows(trained, ok, cli):
    for rows in ("items", "users"):
        itself = ok("diagnose", trained("gcn"), "--rows", rows, "--against", trained("gcn"), "--json").json
        other = ok("diagnose", trained("gcn"), "--rows", rows, "--against", trained("next"), "--json").json
        assert measured(itself)["neighbour_overlap"] == 1.0
        assert measured(other)["neighbour_overlap"] < 0.9
    said = cli("diagnose", trained("gcn"), "--rows", "users", "--against", trained("fewer"))
    assert said.code == 2
    assert "'u50' (and 9 more) was not there in training" in said.err


def test_nodes_are_looked_at_with_their_classes_and_the_edges_that_were_held_out(trained, ok):
    found = ok("diagnose", trained("nodes"), "--json").json
    one = measured(found)
    assert found["about"]["positives"]
    assert found["about"]["rows"] < 90
    assert found["about"]["classes"] == 3
    assert one["score_auc"] > 0.6
    assert one["popularity_bias"] is not None
    assert measured(ok("diagnose", trained("nodes"), "--against", trained("whole"), "--json").json)["linear_cka"]


def test_every_node_is_shown_with_one_that_a_held_out_edge_joins_it_to(trained):
    run = trained("nodes")
    recipe, _, opened = opened_nodes(run)
    space, vectors = node_space(RunFolder(run), recipe, opened), tables_of(RunFolder(run))
    names, degree = opened.names, np.bincount(opened.train.edges.ravel(), minlength=len(opened.names))
    held = {frozenset(names[end] for end in pair) for pair in opened.test.tolist()}
    for place, row in enumerate(space.subject.ids.tolist()):
        node, other = (space.shows(side, row).content for side in ("anchors", "positives"))
        assert node != other
        assert {node, other} in held
        assert space.subject.nuisances["popularity"][place] == degree[row]
        assert space.subject.labels[place] == opened.classes[opened.labels[row]]
        pair = np.stack([space.subject.anchors[place], space.subject.positives[place]])
        np.testing.assert_array_equal(pair, vectors.encode([node, other]))


def test_without_held_out_edges_all_nodes_are_looked_at_and_pairs_are_not(trained, ok):
    found = ok("diagnose", trained("whole"), "--json").json
    assert found["about"]["rows"] == 90
    assert not found["about"]["positives"]
    assert measured(found)["score_auc"] is None
    assert measured(found)["effective_rank"] is not None


@pytest.mark.parametrize(
    ("run", "options", "told"),
    [
        ("gcn", ("--on", "taken.csv"), "--on does not apply to a recommender"),
        ("nodes", ("--popularity", "degree"), "--popularity does not apply to a run on edges"),
        ("nodes", ("--rows", "users"), "--rows does not apply to a run on edges"),
        ("gcn", ("--against", "nodes"), "--against must be a recommender"),
        ("nodes", ("--against", "gcn"), "--against must be a run on edges"),
    ],
)
def test_what_means_nothing_for_names_is_one_error(trained, cli, run, options, told):
    options = [trained(one) if one in ("nodes", "gcn") else one for one in options]
    said = cli("diagnose", trained(run), *options)
    assert said.code == 2
    assert len(said.errors) == 1
    assert told in said.err


def test_a_recommender_that_held_nothing_out_has_no_pairs_to_look_at(folder, ok, cli):
    ok("train", folder / "taken.csv", "--test-fraction", 0, "--out", folder / "all", *FEW)
    said = cli("diagnose", folder / "all")
    assert said.code == 2
    assert "held nothing out" in said.err


@pytest.mark.parametrize("run", ["gcn", "next", "nodes"])
def test_the_report_of_a_run_holds_its_diagnosis(trained, ok, run):
    folder = trained(run)
    (folder / "diagnosis.json").unlink(missing_ok=True)
    ok("report", folder)
    page = (folder / "report.html").read_text()
    assert "Is it collapsed?" in page
    assert "Whom does it serve worst?" in page, "by popularity"
    kept = read_diagnosis(folder / "diagnosis.json")
    assert to_json(kept.findings) == ok("diagnose", folder, "--json").json["findings"]
