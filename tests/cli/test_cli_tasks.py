"""Several tasks from the command line: each has a file, an objective and a share of the batches."""

import json
import re
import shutil

import pytest

import counterpoint as cp
from counterpoint.encoders import load_encoder
from counterpoint.training import list_checkpoints

RECIPE = """
from counterpoint.encoders import SmallBert, StaticText, TaskExperts
from counterpoint.experiments.multi_task.recipe import MultiTask, Task
from counterpoint.experiments.source import DataSource
from counterpoint.objectives import CLIP, CoSENT, SupCon
from counterpoint.pairs.batches import ClassBalanced
from counterpoint.training import AdamW, TrainSettings

ANSWERS = Task(name="answers", data=DataSource(data="pairs.csv"), objective=CLIP(temperature=0.1), weight=2.0)
LIKENESS = Task(name="likeness", data=DataSource(data="scored.jsonl"), objective=CoSENT())
TOPICS = Task(
    name="topics", data=DataSource(data="texts.parquet"), objective=SupCon(), batches=ClassBalanced(per_class=2)
)
TRAINING = TrainSettings(steps=4, batch_size=8, optimiser=AdamW(learning_rate=5e-3), checkpoint_every=2)
STATIC = StaticText(dim=16, min_frequency=1)
EXPERTS = TaskExperts(inner=SmallBert(dim=16, layers=1, heads=2, min_frequency=1), experts={experts})
recipe = MultiTask(encoder={encoder}, tasks=({tasks}), training={training})
"""
WHOLE = {"encoder": "STATIC", "tasks": "ANSWERS, LIKENESS, TOPICS", "training": "TRAINING", "experts": 2}


@pytest.fixture
def here(tmp_path, data, monkeypatch):
    """A folder with the files of three tasks, worked in, and what writes a recipe there."""
    for name in ("pairs.csv", "scored.jsonl", "texts.parquet", "vectors.npz"):
        shutil.copy(data / name, tmp_path)
    monkeypatch.chdir(tmp_path)

    def write(**changes: object) -> str:
        (tmp_path / "tasks.py").write_text(RECIPE.format(**{**WHOLE, **changes}))
        return "tasks.py"

    return write


def test_tasks_become_a_judged_run_that_embeds_and_is_evaluated(ok, here, tmp_path):
    said = ok("train", "--recipe", here(), "--out", "run", "--json")
    measures = {one["measure"] for one in said.json["measures"]}
    assert {"answers: recall@1", "likeness: spearman", "topics: knn_accuracy"} <= measures
    assert "task 'topics': texts.parquet: 43 rows" in said.err
    page = (tmp_path / "run" / "report.html").read_text()
    assert "likeness: CoSENT on 36 scores" in page
    assert json.loads((tmp_path / "run" / "evaluation.json").read_text()) == said.json["measures"]

    assert ok("evaluate", "run", "--json").json == said.json["measures"]
    elsewhere = ok(
        "evaluate", "run", "--on", "texts.parquet", "--task", "topics", "--protocol", "standard", "--json"
    ).json
    assert {one["measure"] for one in elsewhere} >= {"knn_accuracy"}
    ok("embed", "run", "texts.parquet", "-o", "vectors")
    hits = ok("search", "run", "vectors", "cat tree number 0", "-k", 1, "--json").json
    assert hits[0]["content"].startswith("cat")
    assert cp.load("run").encode(["cat dog"]).shape == (1, 16)
    ok("report", "run")


def test_the_recipe_of_a_run_makes_the_same_run_and_a_stopped_run_goes_on(ok, here, tmp_path):
    """Weights are equal to the bit: after the run's own recipe.py, and after half the steps and --resume."""
    ok("train", "--recipe", here(), "--out", "run", "--no-judge")
    ok("train", "--recipe", "run/recipe.py", "--out", "again", "--no-judge")
    shutil.copytree("run", "half")
    for left in (tmp_path / "half" / "model", list_checkpoints(tmp_path / "half" / "checkpoints")[-1]):
        shutil.rmtree(left)
    said = ok("train", "--resume", "half", "--json")
    assert said.json["steps"] == 4
    weights = [(tmp_path / name / "model" / "model.safetensors").read_bytes() for name in ("run", "again", "half")]
    assert weights[0] == weights[1] == weights[2]


def test_a_dry_run_says_who_gets_how_much(ok, here, tmp_path):
    said = ok("train", "--recipe", here(), "--out", "run", "--dry-run", "--steps", 5, "--batch-size", 4).out
    assert "would train StaticText: 5 steps of 4 examples of one task" in said
    assert "answers: CLIP on pairs, 43 rows to learn from, 5 kept, 50% of the batches" in said
    assert not (tmp_path / "run").exists()
    plan = ok("train", "--recipe", "tasks.py", "--dry-run", "--json").json
    assert plan["rows"] == {"answers": 43, "likeness": 36, "topics": 43}


def test_every_task_has_its_own_expert(ok, here):
    recipe = here(encoder="EXPERTS", tasks="ANSWERS, LIKENESS")
    found = ok("train", "--recipe", recipe, "--out", "run", "--json").json
    encoder = load_encoder("run/model")
    first = encoder.encode(["cat dog one"])
    encoder.choose(1)
    assert abs(first - encoder.encode(["cat dog one"])).max() > 1e-4, "they began alike and learnt from other batches"
    assert ok("evaluate", "run", "--json").json == found["measures"]


REFUSED = {
    "no task": ({"tasks": ""}, "tasks must hold one task at least, got none"),
    "one name twice": ({"tasks": "ANSWERS, ANSWERS"}, "tasks must have different names, got 'answers' more than once"),
    "no such file": (
        {"tasks": "ANSWERS, Task(name='b', data=DataSource(data='gone.csv'), objective=CLIP())"},
        "task 'b': .*gone.csv",
    ),
    "no rows": (
        {"tasks": "ANSWERS, Task(name='b', data=DataSource(data='empty.csv'), objective=CLIP())"},
        "task 'b': empty.csv .*no rows",
    ),
    "a batch larger than a task": (
        {"training": "TrainSettings(steps=2, batch_size=40)"},
        "task 'likeness': .*40 .*36",
    ),
    "an objective that does not fit": (
        {"tasks": "Task(name='b', data=DataSource(data='pairs.csv'), objective=CoSENT()),"},
        "task 'b': .*score",
    ),
    "no texts": (
        {"tasks": "Task(name='b', data=DataSource(data='vectors.npz'), objective=SupCon()),"},
        "task 'b': several tasks are learnt from texts, and vectors.npz holds vector examples",
    ),
    "a weight that is none": (
        {"tasks": "Task(name='b', data=DataSource(data='pairs.csv'), objective=CLIP(), weight=0.0),"},
        "weight of the task 'b' must be a positive number, got 0.0",
    ),
    "a name that is none": (
        {"tasks": "Task(name=' ', data=DataSource(data='pairs.csv'), objective=CLIP()),"},
        "a task must have a name, got name=' '",
    ),
    "batches of all tasks": (
        {"training": "TrainSettings(steps=2, batch_size=8, batches=ClassBalanced())"},
        "training.batches is .*: tasks make their own batches",
    ),
    "a chunk to be found": (
        {"training": "TrainSettings(steps=2, batch_size=8, cache_chunk='auto')"},
        "training.cache_chunk must be a number for several tasks",
    ),
    "as many experts as tasks": ({"encoder": "EXPERTS"}, "experts must be as many as tasks, or go by_role: 2 for 3"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_one_line_before_the_first_step(cli, here, tmp_path, name):
    changes, told = REFUSED[name]
    (tmp_path / "empty.csv").write_text("anchor,positive\n")
    said = cli("train", "--recipe", here(**changes), "--out", "run")
    assert said.code == 2
    (error,) = said.errors

    assert re.search(told, error), error
    assert not (tmp_path / "run").exists()


def test_each_task_is_diagnosed_on_what_it_held_out_or_on_other_data(ok, here):
    ok("train", "--recipe", here(), "--out", "run", "--no-judge")
    answers, topics = (ok("diagnose", "run", *which, "--json").json for which in ((), ("--task", "topics")))
    assert answers["about"]["temperature"] == 0.1
    assert answers["about"]["positives"]
    assert (topics["about"]["classes"], topics["about"]["positives"]) == (2, False)
    other = ok("diagnose", "run", "--task", "topics", "--on", "texts.parquet", "--json").json
    assert other["about"]["rows"] > topics["about"]["rows"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("train", "pairs.csv", "--recipe", "tasks.py"), "--data does not apply to a recipe of several tasks"),
        (
            ("train", "--recipe", "tasks.py", "--temperature", 0.1),
            "--temperature does not apply to a recipe of several",
        ),
        (("evaluate", "run", "--task", "answers"), "--task go with --on"),
        (("evaluate", "run", "--on", "pairs.csv", "--task", "b"), "--task must be one of answers, likeness, topics"),
        (("diagnose", "run", "--task", "b"), "--task must be one of answers, likeness, topics"),
        (("diagnose", "run", "--against", "run"), "--against is for runs on content, of one task"),
        (("compare", "pairs.csv", "--recipe", "tasks.py"), "tasks.py sets 3: only train knows those"),
    ],
)
def test_commands_that_do_not_go_with_several_tasks(ok, cli, here, arguments, told):
    recipe = here()
    if arguments[1] == "run":
        ok("train", "--recipe", recipe, "--out", "run", "--no-judge", "--steps", 1)
    said = cli(*arguments)
    assert said.code == 2
    assert told in said.errors[0]


def test_a_soup_of_runs_of_several_tasks_is_judged_task_by_task(ok, here):
    recipe = here()
    for name, rate in (("a", 1e-2), ("b", 3e-3)):
        ok("train", "--recipe", recipe, "--out", name, "--learning-rate", rate, "--no-judge")
    said = ok("soup", "a", "b", "--guided", "--out", "mean", "--json")
    assert "warning" not in said.err
    assert {"answers: recall@1", "likeness: spearman"} <= {one["measure"] for one in said.json["measures"]}
    assert ok("evaluate", "mean", "--json").json == said.json["measures"]
