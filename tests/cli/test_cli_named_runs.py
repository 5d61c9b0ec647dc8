"""Runs on interactions and on edges, asked for what they cannot give: one clear error each, or what is meant."""

import numpy as np
import pytest


def write(path, rows, header):
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Users take nine items of their own taste; edges join numbers that are near each other."""
    made, rng = tmp_path_factory.mktemp("named"), np.random.default_rng(0)
    own = [2 * rng.permutation(16)[:9] + user % 2 for user in range(40)]
    taken = [f"{user},{item},{place}" for user, items in enumerate(own) for place, item in enumerate(items)]
    write(made / "taken.csv", [*taken, "3,,1"], "user,item,time")
    write(made / "own.csv", [line for line in taken if line.startswith("3,")], "user,item,time")
    edges = [f"{one},{(one + step) % 40}" for one in range(40) for step in (1, 2, 3)]
    write(made / "edges.csv", [*edges, "1,"], "source,target")
    return made


@pytest.fixture
def runs(folder, ok):
    """A recommender and a graph with vectors, trained once."""
    found = folder / "items", folder / "nodes"
    if not found[1].exists():
        few = ("--epochs", 2, "--batch-size", 64, "--no-judge")
        ok("train", folder / "taken.csv", "--out", found[0], *few)
        ok("train", folder / "edges.csv", "--out", found[1], "--steps", 5, "--no-judge")
        ok("embed", found[0], folder / "taken.csv", "-o", folder / "item-vectors")
        ok("embed", found[0], folder / "own.csv", "-o", folder / "own-vectors")
        ok("embed", found[1], found[1] / "nodes.csv", "-o", folder / "node-vectors")
    return found


@pytest.fixture
def refused(cli):
    def check(*arguments, told):
        said = cli(*arguments)
        assert said.code == 2, said.err
        assert len(said.errors) == 1
        assert told in said.errors[0]

    return check


def test_a_folder_that_a_command_made_is_no_data(runs, folder, refused, tmp_path):
    items, nodes = runs
    for made, told in ((items, "items is a run folder, and data are"), (folder / "item-vectors", "that embed made")):
        refused("train", made, "--out", tmp_path / "x", told=told)
        refused("data", made, told=told)
        refused("evaluate", items, "--on", made, told=told)
        refused("embed", nodes, made, "-o", tmp_path / "x", told=told)
    assert not (tmp_path / "x").exists()


def test_vectors_in_place_of_a_run_are_no_run(runs, folder, refused):
    vectors = folder / "item-vectors"
    refused("search", vectors, vectors, "3", told="item-vectors is not a run folder: it has no config.json")
    refused("search", runs[1], vectors, "3", told="was embedded with another model")


def test_columns_are_of_other_data(runs, refused):
    for run in runs:
        refused("evaluate", run, "--column", "x=y", told="--column goes with --on")


def test_too_little_to_judge_by_is_told_of_the_file_that_was_named(runs, folder, refused):
    refused("evaluate", runs[0], "--on", folder / "own.csv", told="own.csv must hold items, new to them, of two users")


def test_a_run_by_names_is_not_resumed(runs, refused):
    for run in runs:
        refused("train", "--resume", run, told="such a run is not resumed, and begins again")


def test_who_took_everything_is_told_that_nothing_is_left(runs, folder, ok):
    said = ok("search", runs[0], folder / "own-vectors", "3", "--json")
    assert said.json == []
    assert "nothing is left to find: all 9 rows of" in said.err


def test_what_a_file_holds_is_what_train_would_take(folder, ok):
    said = ok("data", folder / "taken.csv").out
    assert "360 interactions of 40 users (column 'user') with 32 items (column 'item'). Each user's items are" in said
    assert "1 rows without a user or an item were left out." in said
    said = ok("data", folder / "edges.csv").out
    assert "120 edges (columns 'source', 'target') between 40 nodes. 1 rows without one of their ends" in said


def test_names_that_a_file_holds_as_numbers_are_mined(runs, folder, ok, tmp_path):
    write(tmp_path / "pairs.csv", ["3,1", "4,2", "5,3"], "user,item")
    columns = ("--column", "query=user", "--column", "positive=item")
    ranks = ("--from-rank", 1, "--to-rank", 20, "--negatives", 2)
    asked = (folder / "taken.csv", "--queries", tmp_path / "pairs.csv", *columns, *ranks, "-o", tmp_path / "mined")
    said = ok("mine", runs[0], *asked, "--json")
    assert said.json["queries"] == 3
    assert said.json["taken"] == 6
