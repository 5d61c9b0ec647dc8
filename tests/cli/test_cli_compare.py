"""``counterpoint compare``: from a file to a table, a page and a recipe that ``train`` takes."""

import json

import pytest

from counterpoint.base.errors import InputError
from counterpoint.cli.duration import seconds_of
from counterpoint.experiments.load_recipe import load_recipe

SMALL = ("--steps", 3, "--trials", 1, "--seeds", 2, "--batch-size", 8)


@pytest.fixture(scope="module")
def compared(data, tmp_path_factory):
    """A finished comparison of two objectives, and what was printed."""
    import contextlib
    import io

    from counterpoint.cli.main import main

    out = tmp_path_factory.mktemp("compared") / "compare"
    command = ("compare", data / "vectors.npz", "--objectives", "sup_con,InfoNCE,vic-reg", *SMALL, "--out", out)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), pytest.raises(SystemExit) as end:
        main([str(one) for one in (*command, "--json")])
    assert end.value.code == 0
    return command, out, printed.getvalue()


def test_the_folder_holds_everything(compared):
    _, out, _ = compared
    names = {file.name for file in out.iterdir()}
    assert names == {"plan.json", "trials.jsonl", "runs.jsonl", "verdict.json", "recommended.py", "report.html"}
    runs = [json.loads(line) for line in (out / "runs.jsonl").read_text().splitlines()]
    assert [(one["candidate"], one["seed"]) for one in runs] == [
        ("sup-con", 0), ("info-nce", 0), ("sup-con", 1), ("info-nce", 1)
    ]  # fmt: skip
    assert load_recipe(out / "recommended.py").training.steps == 3


def test_run_again_it_shows_the_same_table_and_who_was_left_out(compared, ok):
    command, out, printed = compared
    said = ok(*command)
    assert "left out: vic-reg: learns from views or pairs, and here from labels is learnt" in said.err
    assert "2 candidates, for each 1 trials of tuning and 2 runs on the test rows, all of 3 steps" in said.err
    assert "trial 1 of 1" not in said.err, "nothing ran again"
    assert "learning_rate 0.0001 to 0.01, temperature 0.02 to 0.5" in said.err
    best = json.loads(printed)["verdict"]["rows"][0]
    assert f"{best['candidate']} has the best knn_accuracy" in said.out
    assert f"recommended recipe: {out / 'recommended.py'}" in said.err


def test_the_recommended_recipe_trains_to_the_figure_of_the_table(compared, ok, data, tmp_path):
    _, out, printed = compared
    best = json.loads(printed)["verdict"]["rows"][0]
    run = ok(
        "train", data / "vectors.npz", "--recipe", out / "recommended.py", "--out", tmp_path / "run", "--json"
    ).json
    (measure,) = [one for one in run["measures"] if one["measure"] == "knn_accuracy"]
    (trained,) = [one for one in measure["rows"] if one["system"] == "trained"]
    assert trained["value"] == best["seeds"][0]


def test_json_is_alone_on_standard_output(compared):
    found = json.loads(compared[2])
    assert found["seeds"] == [0, 1]
    assert [one["name"] for one in found["verdict"]["left_out"]] == ["vic-reg"]
    assert found["train"].startswith("counterpoint train ")


def test_dry_run_says_who_would_take_part(ok, data, tmp_path):
    said = ok("compare", data / "vectors.npz", "--dry-run", "--most", 2, "--out", tmp_path / "none")
    assert said.out.startswith("would compare: sup-con; ")
    found = ok("compare", data / "vectors.npz", "--dry-run", "--objectives", "co-sent,sup-con", "--json").json
    assert found["candidates"] == ["sup-con"]
    assert "learns from scores" in found["left_out"][0]["reason"]
    assert not (tmp_path / "none").exists()


def test_encoders_times_objectives(ok, data):
    said = ok(
        "compare", data / "vectors.npz", "--dry-run", "--objectives", "sup-con,dcl", "--encoders", "mlp,passthrough"
    )
    assert said.out.split(": ")[1].startswith("sup-con, mlp; ")
    assert "dcl, mlp" in said.out


@pytest.mark.parametrize("name", ["scored.jsonl", "pairs.csv", "texts.parquet"])
def test_other_data(ok, data, tmp_path, name):
    most = ok("compare", data / name, "--most", 1, *SMALL, "--out", tmp_path / "compare", "--json").json
    assert most["verdict"]["measure"] == {"s": "spearman", "p": "ndcg@10", "t": "knn_accuracy"}[name[0]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--objectives", "info_nse"), "did you mean info-nce"),
        (("--objectives", "sup-con,,dcl"), "--objectives must be names with a comma"),
        (("--objectives", "dcl,dcl"), "--objectives names dcl twice"),
        (("--objectives", "info-nce,InfoNCE"), "--objectives names InfoNCE twice"),
        (("--objectives", "vic-reg"), "nobody can take part: vic-reg: learns from views or pairs"),
        (("--budget", "soon"), "--budget must be a length of time"),
        (("--budget", "0.05s", "--objectives", "sup-con"), "min are too few for 1 candidates"),
        (("--test-fraction", "0"), "holds nothing out"),
        (("--steps", "0"), "steps must be at least 1"),
        (("--batch-size", "4000", "--objectives", "sup-con"), "nobody can take part"),
        (("--recipe", "tribyol"), "siamese"),
    ],
)
def test_bad_input_is_one_line_before_anything_runs(cli, data, tmp_path, options, message):
    said = cli("compare", data / "vectors.npz", *options, "--out", tmp_path / "compare")
    assert said.code == 2, said.err
    (line,) = said.errors
    assert message in line
    assert not (tmp_path / "compare" / "trials.jsonl").exists()


def test_another_comparison_in_the_folder_is_refused_and_replace_begins_anew(compared, cli, ok, data):
    command, out, _ = compared
    said = cli("compare", data / "vectors.npz", "--objectives", "dcl", *SMALL, "--out", out)
    assert said.code == 2
    assert "holds another comparison" in said.err
    before = (out / "runs.jsonl").read_text()
    ok(*command, "--replace")
    again = [json.loads(line)["value"] for line in (out / "runs.jsonl").read_text().splitlines()]
    assert again == [json.loads(line)["value"] for line in before.splitlines()]


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("20min", 1200), ("1.5h", 5400), ("1h30min", 5400), ("2 m 5 s", 125)]
)
def test_lengths_of_time(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "0s", "20", "min", "-5s", "5 apples"])
def test_what_is_no_length_of_time(text):
    with pytest.raises(InputError, match="--budget must be a length of time"):
        seconds_of(text)
