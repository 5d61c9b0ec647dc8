"""``counterpoint compare`` on interactions: encoders and contrasts, judged for the same users and items."""

import json

import numpy as np
import pytest

from counterpoint.experiments.compare import CompareFolder, StoppedError, compare
from counterpoint.experiments.load_recipe import load_recipe
from counterpoint.experiments.recommender.recipe import Recommender
from counterpoint.experiments.recommender.sequence_recipe import SequentialRecommender

ITEMS = 24
SMALL = ("--epochs", 12, "--trials", 1, "--seeds", 2, "--batch-size", 64)
MIXED = ("--encoders", "light-gcn,sasrec", "--contrasts", "none,noise")


def write(path, rows, header="user,item,time"):
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Everybody goes round one circle of items from somewhere on, with times and without."""
    made, rng = tmp_path_factory.mktemp("interactions"), np.random.default_rng(0)
    starts = rng.integers(ITEMS, size=150)
    rows = [f"u{user},i{(start + place) % ITEMS},{place}" for user, start in enumerate(starts) for place in range(7)]
    write(made / "timed.csv", rows)
    write(made / "taken.csv", [row.rsplit(",", 1)[0] for row in rows], "user,item")
    return made


@pytest.fixture(scope="module")
def compared(folder):
    """A finished comparison, and what was printed."""
    import contextlib
    import io

    from counterpoint.cli.main import main

    command = ("compare", folder / "timed.csv", *MIXED, *SMALL, "--out", folder / "compare")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), pytest.raises(SystemExit) as end:
        main([str(one) for one in (*command, "--json")])
    assert end.value.code == 0
    return command, folder / "compare", json.loads(printed.getvalue())


def test_who_knows_the_order_wins(compared):
    _, out, found = compared
    rows = {one["candidate"]: one for one in found["verdict"]["rows"]}
    assert set(rows) == {"light-gcn/none", "light-gcn/noise", "sasrec/none"}
    assert found["verdict"]["rows"][0]["candidate"] == "sasrec/none"
    assert not rows["light-gcn/none"]["tied"]
    assert not rows["light-gcn/noise"]["tied"]
    assert (found["verdict"]["measure"], found["verdict"]["examples"]) == ("ndcg@20", 150)
    assert (found["epochs"], found["trials"], found["seeds"]) == (12, 1, [0, 1])
    assert isinstance(load_recipe(out / "recommended.py"), SequentialRecommender)
    said = " ".join(found["verdict"]["sentences"])
    assert "Significantly worse: light-gcn/" in said
    assert "paired bootstrap over test users and 2 seeds" in said
    assert "Without training, for reference: popularity 0." in said


def test_finished_it_says_the_same_and_runs_nothing(compared, ok):
    command, out, found = compared
    said = ok(*command)
    assert (
        "3 candidates, for each 1 trials of tuning and 2 runs on the test users, all of at most 12 epochs" in said.err
    )
    assert "light-gcn/noise: " in said.err
    assert "contrast_weight 0.04 to 1, contrast_temperature 0.04 to 1" in said.err
    assert "trial 1 of 1" not in said.err
    page = (out / "report.html").read_text()
    assert "Interactions to learn from" in page
    assert "at most 12 epochs, and seeds 0, 1" in page
    assert ok(*command, "--json").json == found


def test_the_recommended_recipe_trains_to_the_figure_of_the_table(compared, ok, folder):
    _, out, found = compared
    assert found["train"] == f"counterpoint train {folder / 'timed.csv'} --recipe {out / 'recommended.py'} --out best"
    run = ok("train", folder / "timed.csv", "--recipe", out / "recommended.py", "--out", folder / "run", "--json").json
    (rows,) = [one["rows"] for one in run["measures"] if one["measure"] == "ndcg@20"]
    values = {one["system"]: one["value"] for one in rows}
    assert values["trained"] == pytest.approx(found["verdict"]["rows"][0]["seeds"][0])
    assert f"popularity {values['popularity']:.3f}" in " ".join(found["verdict"]["sentences"])


def test_killed_it_goes_on_as_if_nothing_had_happened(compared, cli, ok, folder, monkeypatch):
    """The process is stopped after the fourth of nine runs."""
    command, whole, found = compared

    def stopped(request, contest, there, *, say, on_plan):
        done: list[str] = []

        def tell(words):
            say(words)
            done.append(words)
            if len([one for one in done if "trial" in one or "test with" in one]) == 4:
                raise StoppedError("stopped between two runs")

        return compare(request, contest, there, say=tell, on_plan=on_plan)

    again = (*command[:-1], folder / "again")
    with monkeypatch.context() as patched:
        patched.setattr("counterpoint.cli.compare.run_comparison", stopped)
        said = cli(*again)
    assert said.code == 130
    assert "and the same command goes on" in said.err
    assert not (folder / "again" / "verdict.json").exists()
    said = ok(*again, "--json")
    assert said.err.count(", trial 1 of 1: ") + said.err.count(", test with seed") == 9 - 4
    assert [one["seeds"] for one in said.json["verdict"]["rows"]] == [one["seeds"] for one in found["verdict"]["rows"]]
    assert CompareFolder(folder / "again").recipe.read_text() == CompareFolder(whole).recipe.read_text()


def test_nobody_named_all_take_part_that_can(ok, folder):
    timed = ok("compare", folder / "timed.csv", "--dry-run", "--json").json
    graphs = [f"light-gcn/{one}" for one in ("none", "edge-drop", "noise", "cross-layer", "global-view")]
    assert timed["candidates"] == [*graphs, "sasrec/none", "sasrec/crop-mask-reorder"]
    untimed = ok("compare", folder / "taken.csv", "--test-fraction", 0.2, "--dry-run", "--json").json
    assert untimed["candidates"] == graphs
    (out,) = untimed["left_out"]
    assert out["name"] == "sasrec"
    assert "no column of times" in out["reason"]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (("--contrasts", "noise"), "light-gcn/noise"),
        (("--contrasts", "learned"), "sasrec/learned"),
        (("--contrasts", "none,learned"), "light-gcn/none; sasrec/none; sasrec/learned"),
        (("--contrasts", "none", "--objectives", "bpr,InfoNCE"), "light-gcn/none/bpr; light-gcn/none/info-nce"),
        (("--encoders", "sasrec"), "sasrec/none; sasrec/crop-mask-reorder"),
        (
            ("--contrasts", "none", "--encoders", "sasrec,light-gcn", "--objectives", "bpr"),
            "sasrec/none; light-gcn/none/bpr",
        ),
    ],
)
def test_who_is_named(ok, folder, options, names):
    assert ok("compare", folder / "timed.csv", "--dry-run", *options).out == f"would compare: {names}\n"


def test_a_ranking_that_is_none_is_left_out(ok, folder):
    said = ok("compare", folder / "timed.csv", "--dry-run", "--contrasts", "none", "--objectives", "bpr,vic-reg")
    assert "left out: light-gcn/none/vic-reg: " in said.err
    assert "cannot rank a user's items" in said.err


def test_a_recipe_is_what_candidates_share(ok, cli, folder):
    recipe = folder / "own.py"
    recipe.write_text(
        "from counterpoint.experiments.recommend import RecommenderSettings\n"
        "from counterpoint.experiments.recommender.recipe import Recommender\n"
        "from counterpoint.methods.graph_contrast import Noise\n"
        "recipe = Recommender(settings=RecommenderSettings(dim=8, epochs=3), contrast=Noise(weight=0.7))\n"
    )
    out = folder / "shared"
    few = ("--trials", 1, "--seeds", 1, "--epochs", 2)
    ok("compare", folder / "timed.csv", "--recipe", recipe, "--contrasts", "noise", *few, "--out", out)
    found = load_recipe(out / "recommended.py")
    assert isinstance(found, Recommender)
    assert (found.settings.dim, found.contrast.weight) == (8, 0.7)
    said = cli("compare", folder / "timed.csv", "--recipe", recipe, "--encoders", "sasrec")
    assert said.code == 2
    assert "the encoder of the recipe is light-gcn" in said.errors[0]


@pytest.mark.parametrize(
    ("file", "options", "message"),
    [
        ("taken.csv", ("--encoders", "sasrec"), "has no column of times"),
        ("timed.csv", ("--encoders", "gru"), "--encoders must be one of light-gcn, sasrec for interactions, got 'gru'"),
        ("timed.csv", ("--encoders", "sasrec,sasrec"), "--encoders names sasrec twice"),
        ("timed.csv", ("--contrasts", "nose"), "--contrasts must be one of none, edge-drop"),
        ("timed.csv", ("--contrasts", "noise,noise"), "--contrasts names noise twice"),
        ("timed.csv", ("--contrasts", "noise,"), "--contrasts must be names with a comma"),
        ("timed.csv", ("--encoders", "sasrec", "--contrasts", "noise"), "--encoders sasrec, got 'noise'"),
        ("timed.csv", ("--encoders", "sasrec", "--objectives", "bpr"), "--objectives is for light-gcn"),
        ("timed.csv", ("--objectives", "info_nse"), "did you mean info-nce"),
        ("timed.csv", ("--objectives", "vic-reg"), "nobody can take part: light-gcn/none/vic-reg"),
        ("timed.csv", ("--steps", "3"), "--steps does not apply to interactions of users and items"),
        ("timed.csv", ("--most", "3"), "--most does not apply to interactions"),
        ("timed.csv", ("--nodes", "x.csv"), "--nodes does not apply to interactions"),
        ("timed.csv", ("--test-fraction", "0"), "holds nothing out"),
        ("timed.csv", ("--recipe", "tribyol"), "learns from content, and"),
        ("timed.csv", ("--budget", "0.01s", "--contrasts", "none"), "seeds of 5 epochs each"),
    ],
)
def test_bad_input_is_one_line_before_anything_runs(cli, folder, tmp_path, file, options, message):
    said = cli("compare", folder / file, *options, "--out", tmp_path / "compare")
    assert said.code == 2, said.err
    (line,) = said.errors
    assert message in line
    assert not (tmp_path / "compare" / "trials.jsonl").exists()


@pytest.mark.parametrize("what", ["run", "comparison"])
def test_a_folder_that_a_command_made_is_no_data(compared, cli, ok, folder, what):
    if what == "comparison":
        said = cli("compare", compared[1])
        assert "is the folder of a comparison" in said.errors[0]
    else:
        few = ("--epochs", 1, "--out", folder / "trained")
        if not (folder / "trained").exists():
            ok("train", folder / "timed.csv", *few)
        said = cli("compare", folder / "trained")
        assert "is a run folder, and data are expected" in said.errors[0]
        assert "--against" in said.errors[0]
    assert said.code == 2
