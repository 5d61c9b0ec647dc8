"""From interactions to a user's items, and what is wrong with a file of them."""

import json

import numpy as np
import pytest


def lines(*, users=40, items=32, each=9, seed=0):
    """Users of two tastes."""
    rng = np.random.default_rng(seed)
    for user in range(users):
        own = 2 * rng.permutation(items // 2)[:each] + user % 2
        yield from (f"u{user},{100 + item},{place}" for place, item in enumerate(own))


def write(path, rows, header="user,item,time"):
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


FEW = ("--epochs", 6, "--batch-size", 64, "--learning-rate", 0.05)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("interactions")
    write(made / "taken.csv", [*lines(), "u1,,3", "u2,100,4", "u2,100,5"])
    return made


@pytest.fixture
def run(folder, ok):
    """Trained once."""
    if not (folder / "run" / "report.html").exists():
        said = ok("train", folder / "taken.csv", "--out", folder / "run", *FEW)
        assert "40 users (column 'user') with 32 items (column 'item')" in said.err
        assert "1 rows without a user or an item were left out" in said.err
        assert "that repeat an earlier one were left out" in said.err
    return folder / "run"


def test_a_run_beats_popularity_and_says_so_again(run, ok):
    found = {one["measure"]: one["rows"] for one in ok("evaluate", run, "--json").json}
    assert {"recall@20", "ndcg@20", "recall@10/cold", "recall@10/tail"} <= set(found)
    popular, trained = found["ndcg@10"]
    assert (popular["system"], trained["system"]) == ("popularity", "trained")
    assert trained["value"] > popular["value"]
    kept = json.loads((run / "evaluation.json").read_text())
    assert [one["rows"] for one in kept] == list(found.values())
    records = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [one["epoch"] for one in records] == list(range(1, len(records) + 1))
    assert ok("report", run, "--json").json == kept


def test_items_are_embedded_once_and_those_of_a_user_are_not_found_again(run, folder, ok):
    ok("embed", run, folder / "taken.csv", "-o", folder / "vectors")
    hits = ok("search", run, folder / "vectors", "u3", "-k", 5, "--json").json
    assert len(hits) == 5
    own = {line.split(",")[1] for line in lines() if line.startswith("u3,")}
    assert own.isdisjoint(one["content"] for one in hits)
    assert sum(int(one["content"]) % 2 == 1 for one in hits) >= 4, "u3 has an odd taste"
    assert len(ok("search", run, folder / "vectors", "u3", "-k", 99, "--json").json) == 32 - len(own)
    similar = ok("search", run, folder / "vectors", "--row", 0, "-k", 2, "--json").json
    assert similar[0]["row"] == 0


def test_dot_products_are_searched_as_cosines(folder, ok):
    out = folder / "bpr"
    ok("train", folder / "taken.csv", "--out", out, "--objective", "bpr", "--contrast", "cross-layer", *FEW)
    ok("embed", out, folder / "taken.csv", "-o", folder / "bpr-vectors")
    assert len(ok("search", out, folder / "bpr-vectors", "u3", "-k", 3, "--json").json) == 3


def test_other_interactions_are_judged_without_what_was_known(run, folder, ok, cli):
    later = write(folder / "later.csv", ["u1,101,1", "u3,102,1", "u5,104,1", "zoe,104,1"])
    said = ok("evaluate", run, "--on", later)
    assert "1 rows whose user or item was not there in training were left out" in said.err
    assert "--protocol" not in said.err
    assert cli("evaluate", run, "--on", later, "--protocol", "knn").code == 2


def test_without_times_a_share_of_every_user_is_held_out(tmp_path, ok, cli):
    rows = [line.rsplit(",", 1)[0] for line in lines()]
    path = write(tmp_path / "untimed.csv", rows, "customer_id,product_id")
    said = ok("train", path, "--dry-run", "--test-fraction", 0.3)
    assert "200 to learn from, 80 to choose by, 80 to judge by" in said.err
    assert "have items enough to choose by; name a larger --test-fraction" in cli("train", path, "--dry-run").err
    timed = write(tmp_path / "once.csv", [f"u{user},i{user % 7},1" for user in range(40)], "user,item,time")
    assert "to choose by; with times a user needs three of them" in cli("train", timed, "--dry-run").err
    whole = write(tmp_path / "timed.csv", lines(each=12))
    assert " 0 to judge by" in ok("train", whole, "--dry-run", "--test-fraction", 0).err
    taken = ok("train", path, "--dry-run", "--test", write(tmp_path / "t.csv", [*rows[:3], "u0,101", "u1,100"],
               "customer_id,product_id"), "--test-fraction", 0.2)  # fmt: skip
    assert "3 held-out rows were there in training and are not judged" in taken.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--encoder", "mlp"), "--encoder does not apply to interactions"),
        (("--objective", "clip"), "--objective must be one of info-nce, bpr"),
        (("--contrast", "magic"), "--contrast must be one of none, edge-drop"),
        (("--objective", "bpr", "--temperature", 0.1), "--temperature: --objective bpr has none"),
        (("--epochs", 1.5), "between whole epochs, got 1.5"),
        (("--batch-size", 0), "batch must be at least 1"),
        (("--seed", -1), "seed must be at least 0"),
        (("--test-fraction", 1), "test_fraction must be at least 0 and below 1"),
        (("--column", "user=person"), "no column 'person'"),
        (("--column", "user=user", "--column", "item=item", "--column", "label=x"), "have the roles user, item, time"),
    ],
)
def test_what_does_not_fit_is_one_line(folder, cli, arguments, told):
    said = cli("train", folder / "taken.csv", "--out", folder / "none", *arguments)
    assert said.code == 2
    assert told in said.err
    assert not (folder / "none").exists()


def test_what_only_content_has_is_refused(run, data, folder, cli):
    assert "holds a recommender" in cli("diagnose", run).err
    assert "'nobody' was not there in training" in cli("search", run, folder / "vectors", "nobody").err
    assert "--contrast is for interactions" in cli("train", data / "pairs.csv", "--contrast", "noise").err
    assert "holds a recommender" in cli("train", "--resume", run).err


def test_a_file_with_texts_is_content_and_ratings_are_not_read(tmp_path, ok):
    rows = [f"u{i % 9},{i % 7},5,a text of number {i}" for i in range(40)]
    texts = write(tmp_path / "reviews.csv", rows, "user,item,rating,text")
    assert "would train StaticText" in ok("train", texts, "--dry-run").out
    rated = write(tmp_path / "rated.csv", [f"{line},4" for line in lines()], "user,item,time,rating")
    assert "Not used: 'rating'." in ok("train", rated, "--dry-run").err
