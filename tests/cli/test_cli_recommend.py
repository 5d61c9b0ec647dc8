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
    said = ok("evaluate", run, "--json")
    found = {one["measure"]: one["rows"] for one in said.json}
    assert {"recall@20", "ndcg@20", "recall@10/tail", "head_share@20", "coverage@20"} <= set(found)
    assert "no cold users: 39 of 40 judged users have at most 8 known items each, and a quarter is meant" in said.err
    assert "recall@10/cold" not in found
    assert "gini@20" in (run / "report.html").read_text()
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
        (("--encoder", "mlp"), "--encoder must be one of light-gcn, sasrec for interactions, got 'mlp'"),
        (
            ("--objective", "vic-reg"),
            "--objective vic-reg cannot rank a user's items before others; these can: info-nce, bpr, additive-margin",
        ),
        (("--objective", "nonsense"), "--objective must be a name that `counterpoint objectives` lists"),
        (("--contrast", "magic"), "--contrast must be one of none, edge-drop"),
        (("--objective", "bpr", "--temperature", 0.1), "--temperature: --objective bpr has none"),
        (("--objective", "sig-lip", "--temperature", 0.1), "--temperature: --objective sig-lip has none"),
        (("--contrast-weight", 0.1), "--contrast-weight goes with --contrast"),
        (("--noise", 0.1), "--noise goes with --contrast"),
        (("--contrast", "edge-drop", "--noise", 0.1), "--noise: --contrast edge-drop has none"),
        (("--contrast", "noise", "--noise", -1), "--noise must be a finite number, not negative, got -1"),
        (("--contrast", "noise", "--contrast-weight", -1), "weight must be a finite number, not negative, got -1"),
        (("--layers", 0), "layers must be at least 1, got 0"),
        (("--dim", 0), "dim must be at least 1, got 0"),
        (("--epochs", 1.5), "between whole epochs, got 1.5"),
        (("--epochs", "inf"), "between whole epochs, got inf"),
        (("--contrast", "cross-layer", "--layers", 1), "layers: the contrast CrossLayer needs at least 2, got 1"),
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


def test_what_only_content_has_is_refused(run, data, folder, cli, ok):
    ok("embed", run, folder / "taken.csv", "-o", folder / "of-nobody")
    assert "'nobody' was not there in training" in cli("search", run, folder / "of-nobody", "nobody").err
    assert "--unlinked is for a graph" in cli("search", run, folder / "of-nobody", "u3", "--unlinked").err
    for option, value in (
        ("--contrast", "noise"),
        ("--contrast-weight", 1),
        ("--noise", 1),
        ("--layers", 2),
        ("--dim", 8),
    ):
        assert f"{option} is for interactions" in cli("train", data / "pairs.csv", option, value).err
    assert "such a run is not resumed" in cli("train", "--resume", run).err


def test_a_file_with_texts_is_content_and_ratings_are_not_read(tmp_path, ok):
    rows = [f"u{i % 9},{i % 7},5,a text of number {i}" for i in range(40)]
    texts = write(tmp_path / "reviews.csv", rows, "user,item,rating,text")
    assert "would train StaticText" in ok("train", texts, "--dry-run").out
    rated = write(tmp_path / "rated.csv", [f"{line},4" for line in lines()], "user,item,time,rating")
    assert "Not used: 'rating'." in ok("train", rated, "--dry-run").err


def ranked(found):
    return {one["measure"]: {row["system"]: row["value"] for row in one["rows"]} for one in found}


def test_an_objective_of_the_catalogue_beats_chance_with_a_contrast_of_its_own_size(folder, ok):
    out = folder / "sig-lip"
    asked = ("--objective", "SigLIP", "--contrast", "cross-layer", "--contrast-weight", 0.02, "--noise", 0.05)
    sizes = ("--layers", 3, "--dim", 16)
    said = ok("train", folder / "taken.csv", "--out", out, *asked, *sizes, *FEW, "--json")
    summary = "LightGCN of 3 layers and 16 dimensions, SigLIP, contrast CrossLayer (temperature 0.2, weight 0.02, "
    assert f"training {summary}noise 0.05)" in said.err
    # Ten of the 24 items that a user has not taken, where half of them are of the other taste.
    assert ranked(said.json["measures"])["recall@10"]["trained"] > 2 * 10 / 24
    kept = json.loads((out / "config.json").read_text())["recipe"]
    assert kept["settings"]["ranking"]["objective"]["type"].endswith(":SigLIP")
    assert (kept["settings"]["layers"], kept["settings"]["dim"]) == (3, 16)
    assert (kept["contrast"]["weight"], kept["contrast"]["noise"]) == (0.02, 0.05)
    assert ranked(ok("evaluate", out, "--json").json) == ranked(said.json["measures"])


def test_names_are_matched_whether_a_file_holds_them_as_numbers_or_as_text(tmp_path, ok):
    rows = [line.removeprefix("u") for line in lines()]
    out = tmp_path / "run"
    ok("train", write(tmp_path / "numbers.csv", rows), "--out", out, *FEW, "--no-judge")
    other = [f"{user},{item},9" for user in range(5) for item in range(100, 132)]
    as_numbers = ok("evaluate", out, "--on", write(tmp_path / "plain.csv", other), "--json")
    as_text = ok("evaluate", out, "--on", write(tmp_path / "later.csv", ["guest,103,1", *other]), "--json")
    assert "1 rows whose user or item was not there in training were left out" in as_text.err
    assert ranked(as_text.json) == ranked(as_numbers.json)


def test_dates_order_items_and_what_is_none_is_named(tmp_path, ok, cli):
    rows = [(line.rsplit(",", 1)[0], int(line.rsplit(",", 1)[1])) for line in lines()]
    dated = write(tmp_path / "dated.csv", [f"{pair},2020-{place + 4:02}-01" for pair, place in rows], "user,item,date")
    numbered = write(tmp_path / "numbered.csv", [f"{pair},{place}" for pair, place in rows])
    runs = []
    for path in (dated, numbered):
        said = ok("train", path, "--out", path.with_suffix(""), *FEW, "--json")
        runs.append(said.json["measures"])
    assert runs[0] == runs[1]
    odd = write(tmp_path / "odd.csv", [f"{rows[0][0]},2020-01-01", f"{rows[1][0]},soon"], "user,item,date")
    assert (
        "odd.csv, line 3: column 'date' orders interactions: a number or a date" in cli("train", odd, "--dry-run").err
    )


@pytest.mark.parametrize(
    ("each", "header", "arguments", "told"),
    [
        (1, "user,item,time", ("--test-fraction", 0), "must have 3 each, 2 with a --test file and --test-fraction 0.5"),
        (1, "user,item,time", ("--test-fraction", 0), "all users but one have at most 1: no larger --test-fraction"),
        (2, "user,item,other", (), "all users but one have at most 2: no larger --test-fraction helps"),
        (4, "user,item,time", ("--test-fraction", 0), "leave out --test-fraction 0: there are times"),
        (4, "user,item,other", (), "name a larger --test-fraction, such as 0.34, or a column of times"),
        (1, "user,item,time", (), "with times a user needs three of them"),
    ],
)
def test_what_is_advised_helps(tmp_path, cli, ok, each, header, arguments, told):
    path = write(tmp_path / "few.csv", lines(each=each), header)
    assert told in cli("train", path, "--dry-run", *arguments).err
    if each == 4:
        ok("train", path, "--dry-run", *(("--test-fraction", 0.34) if "other" in header else ()))


def test_what_is_advised_with_a_test_file_helps(tmp_path, cli, ok):
    rows = [line.rsplit(",", 1)[0] for line in lines(each=4)]
    path, test = write(tmp_path / "few.csv", rows, "user,item"), ["u0,101", "u1,100", "u0,103", "u1,102"]
    later = write(tmp_path / "later.csv", [*test, *(f"u{u},{i}" for u in (0, 1) for i in range(100, 132))], "user,item")
    assert "such as 0.25" in cli("train", path, "--dry-run", "--test", later).err
    ok("train", path, "--dry-run", "--test", later, "--test-fraction", 0.25)
    known = write(tmp_path / "known.csv", rows, "user,item")
    said = cli("train", path, "--dry-run", "--test", known, "--test-fraction", 0.25)
    assert "it must hold items, new to them, of two users" in said.err
