"""A recipe of several tasks: what each gets, how it is opened, and which expert its data are judged by."""

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data import Supervision
from counterpoint.encoders import SmallBert, StaticText, TaskExperts
from counterpoint.evaluation.cosine import paired, unit_rows
from counterpoint.evaluation.sts import rank_correlation
from counterpoint.experiments.diagnosing import task_subject
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.job import run_method
from counterpoint.experiments.multi_task.job import choose, judge_tasks, start_tasks
from counterpoint.experiments.multi_task.opening import open_tasks
from counterpoint.experiments.multi_task.recipe import MultiTask, Task
from counterpoint.experiments.source import DataSource
from counterpoint.objectives import CLIP, CoSENT, SupCon
from counterpoint.pairs.batches import ClassBalanced, Shuffled, SingleTask
from counterpoint.training import AdamW, TrainSettings

WORDS = ("cat", "dog", "sun", "rain", "tree", "road", "boat", "fish", "bread", "stone")


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Pairs, and pairs with a score and a label."""
    monkeypatch.chdir(tmp_path)
    pairs = [f"{a} {b} one,{a} {b} two" for a in WORDS for b in WORDS[:6]]
    (tmp_path / "pairs.csv").write_text("\n".join(["anchor,positive", *pairs]) + "\n")
    rng = np.random.default_rng(0)
    scored = [f"{a} {b},{b} {a} {WORDS[k]},{rng.random():.3f}" for k, a in enumerate(WORDS) for b in WORDS[:6]]
    (tmp_path / "scored.csv").write_text("\n".join(["sentence1,sentence2,score", *scored]) + "\n")
    return tmp_path


def recipe(encoder=None, **second):
    tasks = (
        Task(name="answers", data=DataSource(data="pairs.csv"), objective=CLIP(temperature=0.1), weight=3.0),
        Task(name="likeness", data=DataSource(data="scored.csv"), **{"objective": CoSENT(), **second}),
    )
    training = TrainSettings(steps=6, batch_size=8, optimiser=AdamW(learning_rate=0.02))
    return MultiTask(encoder=encoder or StaticText(dim=8, min_frequency=1), tasks=tasks, training=training)


def test_the_batches_of_a_run_are_shared_out_by_the_weights_of_its_tasks():
    plan = recipe(batches=ClassBalanced(per_class=2), objective=SupCon())
    wanted = SingleTask(weights=(3.0, 1.0), within=(Shuffled(), ClassBalanced(per_class=2)))
    assert plan.settings.batches == wanted
    assert plan.number_of("likeness") == 1
    with pytest.raises(InputError, match="--task must be one of answers, likeness, got 'other'"):
        plan.number_of("other")


def test_a_task_is_learnt_from_what_it_says_before_what_its_objective_needs(files):
    usual = open_tasks(recipe()).tasks[1]
    asked = open_tasks(recipe(objective=CLIP(), supervision=Supervision.VIEWS)).tasks[1]
    assert usual.recipe.supervision is Supervision.SCORES
    assert asked.recipe.supervision is Supervision.VIEWS


def test_a_task_is_judged_and_diagnosed_by_its_own_expert(files):
    plan = recipe(TaskExperts(inner=SmallBert(dim=16, layers=1, heads=2, min_frequency=1), experts=2))
    opened, folder = open_tasks(plan), RunFolder(files / "run")
    folder.create(plan, None)
    method = start_tasks(plan, opened)
    run_method(method, opened.examples, plan.settings, folder)
    encoder, test = folder.encoders()[0], opened.tasks[1].data.test
    batch = test.batch(np.arange(len(test)))
    by_expert = []
    for number in (0, 1):
        choose(encoder, number)
        by_expert.append([encoder.encode(list(side)) for side in (batch.anchor, batch.positives)])
    assert abs(by_expert[0][0] - by_expert[1][0]).max() > 1e-3
    found = {one.measure: one for one in judge_tasks(folder, opened)}["likeness: spearman"]
    trained = next(row.value for row in found.rows if row.system == "trained")
    assert trained == pytest.approx(rank_correlation(paired(*by_expert[1]), batch.score.numpy()), abs=1e-6)
    seen = task_subject(folder, plan, "likeness")
    assert 2 <= len(seen.ids) < len(test), "of scored pairs the upper third"
    np.testing.assert_allclose(unit_rows(seen.anchors), by_expert[1][0][seen.ids], atol=1e-5)
