"""Items for somebody who was not there in training, by what they took."""

import numpy as np
import pytest

ITEMS = 24


def write(path, rows, header="user,item,time"):
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def rows(users=60):
    """Odd users go round the odd items, even users round the even ones."""
    rng = np.random.default_rng(0)
    for user in range(users):
        start = rng.integers(ITEMS)
        yield from (f"u{user},{(2 * (start + place) + user % 2) % ITEMS},{place}" for place in range(7))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("newcomers")
    write(made / "taken.csv", rows())
    return made


KINDS = {
    "light-gcn": ("--epochs", 4, "--batch-size", 64, "--learning-rate", 0.05),
    "sasrec": ("--epochs", 30, "--batch-size", 32, "--learning-rate", 0.01, "--dim", 16, "--layers", 1),
}


@pytest.fixture(params=list(KINDS))
def asked(request, folder, ok):
    """A run and its vectors, with an index; trained once."""
    out, kind = folder / request.param, request.param
    if not out.exists():
        ok("train", folder / "taken.csv", "--out", out, "--encoder", kind, *KINDS[kind], "--no-judge")
        ok("embed", out, folder / "taken.csv", "-o", out / "vectors", "--index", "flat")
    return out, out / "vectors"


def found(said):
    return [one["content"] for one in said.json]


def test_items_of_the_same_taste_are_found_and_none_that_was_taken(asked, ok):
    said = ok("search", *asked, "--taken", "4, 6,8,6", "-k", 5, "--json")
    assert "searched through the Flat index" in said.err
    hits = found(said)
    assert len(hits) == 5
    assert {"4", "6", "8"}.isdisjoint(hits)
    assert sum(int(one) % 2 == 0 for one in hits) >= 4
    assert found(ok("search", *asked, "--taken", "4,6,8", "-k", 5, "--exact", "--json")) == hits
    if asked[0].name == "sasrec":
        assert hits[0] == "10", "what comes after the last"
        assert found(ok("search", *asked, "--taken", "8,6,4", "-k", 5, "--json")) != hits
    assert len(ok("search", *asked, "--taken", "4,6,8", "-k", 99, "--json").json) == ITEMS - 3


def test_a_file_is_read_in_the_order_of_its_times(asked, folder, ok):
    typed = found(ok("search", *asked, "--taken", "4,6,8", "--json"))
    numbers = write(folder / "one.csv", ["4.0", "6", "", "8"], "anything")
    timed = write(folder / "timed.csv", ["8,guest,3", "4,guest,1", "6,guest,2"], "item,user,time")
    for path in (numbers, timed):
        assert found(ok("search", *asked, "--taken", path, "--json")) == typed
    mixed = write(folder / "mixed.csv", ["4,1", "6,2", "8,3", "guest,"], "item,other")
    said = ok("search", *asked, "--taken", mixed, "--json")
    assert "1 of 4 items are not in the run: 'guest'" in said.err
    assert found(said) == typed


def test_nothing_is_left_of_somebody_who_took_everything(asked, ok):
    said = ok("search", *asked, "--taken", ",".join(map(str, range(ITEMS))), "--json")
    assert said.json == []
    assert f"nothing is left to find: all {ITEMS} rows" in said.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--taken", "x,y"), "--taken: none of 'x', 'y' was there in training; 24 items are known, such as '"),
        (("--taken", "mine.csv"), "--taken: 'mine.csv' is no file, and no item that was there in training; 24 are"),
        (("--taken", " , "), "--taken must be items with commas between them, or a file of items, got ' , '"),
        (("u1", "--taken", "4"), "give a query, or a row of the corpus with --row, or what a new user took"),
        (("--row", 1, "--taken", "4"), "give a query, or a row of the corpus with --row, or what a new user took"),
    ],
)
def test_what_cannot_be_asked_is_one_line(asked, cli, arguments, told):
    said = cli("search", *asked, *arguments)
    assert said.code == 2
    assert told in said.errors[0]


@pytest.mark.parametrize(
    ("lines", "header", "told"),
    [
        (["6", "8"], "4", "odd.csv, line 1: a header with column names is expected, found the numbers ['4']"),
        (["4,1", "6,2"], "thing,time", "has no column of items, only 'thing', 'time'"),
        (["4,u1", "6,u2"], "item,user", "must be the items of one user: odd.csv has 2 (column 'user')"),
        (["4,now", "6,2"], "item,time", "odd.csv, line 2: column 'time' orders items: a number or a date"),
        ([",", ","], "item,other", "--taken must be items with commas between them, or a file of items, got"),
    ],
)
def test_a_file_that_is_not_the_items_of_one_user_is_one_line(asked, tmp_path, cli, lines, header, told):
    said = cli("search", *asked, "--taken", write(tmp_path / "odd.csv", lines, header))
    assert said.code == 2
    assert told in said.errors[0]


def test_a_run_on_content_takes_no_items(runs, data, ok, cli, tmp_path):
    ok("embed", runs("pairs.csv"), data / "pairs.csv", "-o", tmp_path / "v")
    said = cli("search", runs("pairs.csv"), tmp_path / "v", "--taken", "a,b")
    assert said.code == 2
    assert "--taken is for a recommender" in said.errors[0]
