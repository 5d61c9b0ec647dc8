"""What ``train``, ``evaluate`` and ``report`` do with a recipe of several tasks."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import typer

from counterpoint.base.errors import InputError
from counterpoint.base.spec import to_json
from counterpoint.cli import console
from counterpoint.cli.options import encoder_named, only_options
from counterpoint.cli.train_plan import observers_of, tell_end, tell_run, warn
from counterpoint.cli.training_options import NUMBERS, trained_as_given
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.job import run_method
from counterpoint.experiments.judge import Comparison
from counterpoint.experiments.judgement import write_judgement
from counterpoint.experiments.multi_task.job import judge_tasks, prepare_tasks
from counterpoint.experiments.multi_task.opening import OpenedTasks, open_tasks
from counterpoint.experiments.multi_task.page import write_page
from counterpoint.experiments.multi_task.recipe import MultiTask
from counterpoint.experiments.own_classes import check_judged_without
from counterpoint.methods import ManyTasks
from counterpoint.training import is_main

APPLY = {
    *(*NUMBERS, "recipe", "encoder", "learning_rate", "cache_chunk"),
    *("out", "dry_run", "replace_run", "judge", "json"),
}


def train_tasks(context: typer.Context, plan: MultiTask) -> None:
    """Train on the files that a recipe names, judge every task and report.

    Raises:
        InputError: An option does not apply to several tasks, or the recipe does not fit itself or its data.
    """
    given = context.params
    only_options(context, APPLY, "a recipe of several tasks, which says of each where its data are and what is learnt")
    plan = _changed(plan, given)
    opened = _opened(plan)
    if given["judge"] and opened.judged:
        check_judged_without(plan)
    method = prepare_tasks(plan, opened, judge=given["judge"], warn=warn)
    if given["dry_run"]:
        _say_plan(plan, opened, json=given["json"])
        return
    folder = RunFolder(given["out"])
    if is_main():
        folder.create(plan, None, replace=given["replace_run"])
    _run(plan, opened, folder, method, judge=given["judge"], json=given["json"])


def continue_tasks(plan: MultiTask, folder: RunFolder, *, fall_back: bool, judge: bool, json: bool) -> None:
    """Go on from the newest checkpoint of a run.

    Raises:
        InputError: The data of a task are not there any more, or are others.
    """
    opened = _opened(plan)
    method = prepare_tasks(plan, opened, judge=judge, warn=warn)
    _run(plan, opened, folder, method, resume=True, fall_back=fall_back, judge=judge, json=json)


def evaluate_tasks(run: Path) -> list[Comparison]:
    """Judge a run on what its tasks hold out.

    Raises:
        InputError: Nothing was held out, or there is nothing to judge by.
    """
    folder, opened = _again(run)
    found = judge_tasks(folder, opened)
    console.skipped(opened.skipped)
    if not found:
        raise InputError("the held-out data have no labels, scores or pairs: there is nothing to judge by")
    return found


def report_tasks(run: Path, *, json: bool) -> None:
    """Judge a run again and make its page again.

    Raises:
        InputError: Nothing was held out.
    """
    folder, opened = _again(run)
    console.measures(_judged(folder, opened), json=json)
    console.say(f"report: {folder.report}")


def judge_again(folder: RunFolder) -> list[Comparison]:
    """Judge a run and make its page; nothing where it held nothing out."""
    plan = folder.several_tasks()
    assert plan is not None  # asked before
    opened = open_tasks(plan)
    return _judged(folder, opened) if opened.judged else []


def _again(run: Path) -> tuple[RunFolder, OpenedTasks]:
    folder = RunFolder(run)
    plan = folder.several_tasks()
    assert plan is not None  # asked before
    opened = _opened(plan)
    if not opened.judged:
        raise InputError(f"{run} held nothing out: name a file with evaluate --on")
    return folder, opened


def _opened(plan: MultiTask) -> OpenedTasks:
    opened = open_tasks(plan)
    for one in opened.tasks:
        console.say(f"task {one.name!r}: {one.data.described}")
    return opened


def _changed(plan: MultiTask, given: dict[str, Any]) -> MultiTask:
    plan = trained_as_given(plan, given)
    return plan if given["encoder"] is None else replace(plan, encoder=encoder_named(given["encoder"]))


def _run(
    plan: MultiTask,
    opened: OpenedTasks,
    folder: RunFolder,
    method: ManyTasks,
    *,
    judge: bool,
    json: bool,
    resume: bool = False,
    fall_back: bool = False,
) -> None:
    result = run_method(
        method, opened.examples, plan.settings, folder,
        resume=resume, fall_back=fall_back, observers=observers_of(folder),
    )  # fmt: skip
    if not tell_end(result, folder):
        return
    found = _judged(folder, opened) if judge and opened.judged else []
    tell_run(folder, result, found, [*result.skipped, *opened.skipped], json=json)


def _judged(folder: RunFolder, opened: OpenedTasks) -> list[Comparison]:
    found = judge_tasks(folder, opened)
    write_judgement(folder, found)
    write_page(folder, opened, found, notes=[f"skipped: {one.reason}" for one in opened.skipped])
    return found


def _say_plan(plan: MultiTask, opened: OpenedTasks, *, json: bool) -> None:
    rows = {one.name: len(one.data.train) for one in opened.tasks}
    held = {one.name: 0 if one.data.test is None else len(one.data.test) for one in opened.tasks}
    if json:
        console.machine({"recipe": to_json(plan), "rows": rows, "held_out": held})
        return
    settings, whole = plan.training, sum(task.weight for task in plan.tasks)
    length = f"{settings.steps} steps" if settings.epochs is None else f"{settings.epochs:g} epochs"
    lines = [
        f"{task.name}: {type(task.objective).__name__} on {one.recipe.supervision.value}, {rows[task.name]:,} rows to "
        f"learn from, {held[task.name]:,} kept, {task.weight / whole:.0%} of the batches"
        for task, one in zip(plan.tasks, opened.tasks, strict=True)
    ]
    name = type(plan.encoder).__name__
    console.result("\n".join([f"would train {name}: {length} of {settings.batch_size} examples of one task", *lines]))
