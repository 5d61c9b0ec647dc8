"""Items with features, from two files to recommendations of items that nobody took."""

import json

import numpy as np
import pytest

FEW = ("--epochs", 6, "--batch-size", 64, "--learning-rate", 0.05)


def write(path, header, rows):
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def item(number):
    return f"{100 + number},{('even sea', 'odd hill')[number % 2]},{number % 5}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Users of two tastes, and a file of items with six that nobody took."""
    made, rng = tmp_path_factory.mktemp("items"), np.random.default_rng(0)
    own = {user: 2 * rng.permutation(16)[:11] + user % 2 for user in range(40)}
    taken = [f"u{user},{100 + one},{place}" for user, items in own.items() for place, one in enumerate(items)]
    write(made / "taken.csv", "user,item,time", taken)
    write(made / "items.csv", "item,about,size", [*map(item, range(38)), "", item(3), "500,,"])
    return made


@pytest.fixture
def run(folder, ok):
    """Trained once, so that a cold item competes."""
    if not (folder / "run" / "report.html").exists():
        said = ok("train", folder / "taken.csv", "--items", folder / "items.csv", "--out", folder / "run", *FEW)
        for told in (
            "with 32 items (column 'item')",
            "items.csv: 38 items by column 'item', features: about (4 words), size (number).",
            "1 rows that repeat an item, of which the first counts, were left out. 1 rows with nothing but a name",
            "6 items of the file were taken by nobody: their vectors come from features.",
            "2 items with ",
            "LightGCN of 2 layers and 64 dimensions over features of items, SampledSoftmax",
        ):
            assert told in said.err
    return folder / "run"


def measured(found):
    return {one["measure"]: {row["system"]: row["value"] for row in one["rows"]} for one in found}


def test_a_run_says_how_new_items_are_found_and_says_so_again(run, ok):
    said = ok("evaluate", run, "--json").json
    found = measured(said)
    assert list(found["recall@20/new"]) == ["popularity", "features", "trained"]
    assert found["recall@20/new"]["trained"] > found["recall@20/new"]["popularity"]
    assert found["new_share@20"]["trained"] > 0
    assert measured(json.loads((run / "evaluation.json").read_text())) == found
    assert measured(ok("report", run, "--json").json) == found
    assert "recall@20/new" in (run / "report.html").read_text()


def test_an_item_that_nobody_took_is_recommended_and_a_later_one_is(run, folder, ok, cli):
    ok("embed", run, folder / "items.csv", "-o", folder / "vectors")
    hits = ok("search", run, folder / "vectors", "u3", "-k", 15, "--json").json
    never = [int(one["content"]) for one in hits if int(one["content"]) >= 132]
    assert never
    assert np.mean([one % 2 for one in never]) > 0.5, "u3 has an odd taste"
    later = write(folder / "later.csv", "item,about,size", ["900,odd hill,3", "901,even sea,1", item(1)])
    said = ok("embed", run, later, "-o", folder / "later")
    assert "2 items were not there in training: their vectors come from their features" in said.err
    assert ok("search", run, folder / "later", "u3", "-k", 3, "--json").json[0]["content"] == "900"
    taken = ok("search", run, folder / "later", "--taken", "900,zz", "--json")
    assert "1 of 2 items are not in the run: 'zz'" in taken.err, "900 is known by its features"
    assert [one["content"] for one in taken.json] == ["101", "901"]
    bare = write(folder / "bare.csv", "item,size", ["900,3", item(1)[:3] + ",1"])
    assert "lacks the column 'about'" in cli("embed", run, bare, "-o", folder / "bare").err


def test_later_interactions_with_items_that_nobody_took_are_judged(run, folder, ok):
    later = write(folder / "more.csv", "user,item,time", [f"u{user},{132 + user % 2},1" for user in range(10)])
    found = measured(ok("evaluate", run, "--on", later, "--json").json)
    assert found["recall@20/new"] == found["recall@20"]
    assert found["recall@20/new"]["trained"] > found["recall@20/new"]["popularity"] == 0


def test_ids_alone_are_judged_by_the_same_items(folder, ok):
    asked = ("train", folder / "taken.csv", "--new-items", 0.06, "--out", folder / "ids", *FEW, "--json")
    said = ok(*asked)
    assert "2 items with " in said.err
    assert list(measured(said.json["measures"])["recall@20/new"]) == ["popularity", "trained"]
    assert json.loads((folder / "ids" / "config.json").read_text())["recipe"]["new_items"] == 0.06


def test_numbers_may_be_categories_and_nothing_is_taken_out_where_nothing_is_judged(folder, ok):
    items = ("--items", folder / "items.csv", "--column", "category=size")
    said = ok("train", folder / "taken.csv", *items, "--dry-run", "--test-fraction", 0, "--json")
    assert "size (5 categories)" in said.err
    assert "taken out" not in said.err
    assert said.json["recipe"]["new_items"] == 0


@pytest.mark.parametrize(
    ("items", "arguments", "told"),
    [
        (["item,about", "100,"], (), "describes no item: 1 rows with nothing but a name were left out"),
        (["item,a,b", "100,1,", "101,2,"], (), "column 'b': there is nothing in it; leave the column out"),
        (["item,a", "x1,3"], (), "no item that was taken is described: interactions have '"),
        (["name,a", "100,3"], (), "has no column of items: name it with --column"),
        (["item", "100"], (), "says nothing of its items"),
        (["item,a", "100,3"], ("--column", "category=b"), "has no column 'b'; its columns: 'item', 'a'"),
        (["item,a", "100,3"], ("--new-items", 1), "new_items must be at least 0 and below 1, got 1"),
        (["item,a", "100,3"], ("--new-items", 0.1, "--test-fraction", 0), "--new-items is to judge by"),
    ],
)
def test_what_does_not_fit_is_one_line(folder, tmp_path, cli, items, arguments, told):
    path = write(tmp_path / "items.csv", items[0], items[1:])
    said = cli("train", folder / "taken.csv", "--items", path, "--out", tmp_path / "none", *arguments)
    assert (said.code, len(said.errors)) == (2, 1)
    assert told in " ".join(said.err.split())
    assert not (tmp_path / "none").exists()


def test_other_data_have_no_items(folder, data, cli):
    assert "--items is for interactions" in cli("train", data / "pairs.csv", "--items", folder / "items.csv").err
    category = cli("train", folder / "taken.csv", "--column", "category=time", "--dry-run")
    assert "--column category=time goes with --items" in category.err
    missing = cli("train", folder / "taken.csv", "--items", folder / "none.csv", "--dry-run")
    assert "--items: there is no file" in missing.err
