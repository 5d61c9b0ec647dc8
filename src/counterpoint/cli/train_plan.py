"""What ``counterpoint train`` does with a plan: finish it, check it, say it, run it, report."""

from dataclasses import replace

import typer

from counterpoint.base.errors import InputError
from counterpoint.base.spec import to_json
from counterpoint.cli import console
from counterpoint.data import SkippedRow, Supervision
from counterpoint.experiments.check import prepare_job
from counterpoint.experiments.check_texts import told_texts
from counterpoint.experiments.finish import finish_run
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.job import run_job
from counterpoint.experiments.judge import Comparison
from counterpoint.experiments.own_classes import check_judged_without
from counterpoint.experiments.presets import recipe_for, with_objective
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import Data
from counterpoint.experiments.supervision import supervision_of
from counterpoint.methods import Method
from counterpoint.pairwise import Loss
from counterpoint.training import MetricsFile, Observer, RichProgress, TensorBoardLog, TrainResult, is_main


def check_plan(plan: Recipe, loaded: Data, *, judge: bool) -> Method:
    """Find out everything that can be known before the first step, and return what will be trained.

    Raises:
        InputError: The recipe does not fit the data, or the held-out data cannot be judged.
    """
    if judge and loaded.test is not None:
        check_judged_without(plan)
    method = prepare_job(plan, loaded, judge=judge, warn=warn)
    for told in told_texts(loaded, method, supervision=plan.supervision):
        warn(told)
    return method


def warn(warning: str) -> None:
    """Say something that will work, but not as one might expect."""
    console.say(f"warning: {warning}")


def say_plan(plan: Recipe, loaded: Data, *, json: bool) -> None:
    """What would be trained, for ``--dry-run``."""
    held_out = 0 if loaded.test is None else len(loaded.test)
    if json:
        console.machine({"recipe": to_json(plan), "rows": len(loaded.train), "held_out": held_out})
        return
    length = f"{plan.training.steps} steps" if plan.training.epochs is None else f"{plan.training.epochs:g} epochs"
    console.result(
        f"would train {type(plan.encoder).__name__} with {type(plan.objective).__name__} on {plan.supervision.value}: "
        f"{length} of {plan.training.batch_size} examples, {len(loaded.train):,} rows to learn from, {held_out:,} kept"
    )


def run_plan(
    plan: Recipe,
    loaded: Data,
    folder: RunFolder,
    method: Method,
    *,
    judge: bool,
    json: bool,
    resume: bool = False,
    fall_back: bool = False,
) -> None:
    """Train, judge and report; when stopped, say how to go on.

    Raises:
        typer.Exit: Training was interrupted (code 130).
    """
    result = run_job(
        plan, loaded, folder, resume=resume, fall_back=fall_back, method=method, observers=observers_of(folder)
    )
    if not tell_end(result, folder):
        return
    found = finish_run(plan, loaded, folder, skipped=result.skipped) if judge and loaded.test is not None else []
    held_out = [] if loaded.test is None else loaded.test.skipped
    tell_run(folder, result, found, [*result.skipped, *loaded.train.skipped, *held_out], json=json)


def observers_of(folder: RunFolder) -> list[Observer]:
    """Who is told of a run that a person watches: its folder and the terminal; nobody in any process but the first."""
    if not is_main():
        return []
    return [MetricsFile(folder.metrics), TensorBoardLog(folder.tensorboard), RichProgress(console.err)]


def tell_end(result: TrainResult, folder: RunFolder) -> bool:
    """Say how training ended, and whether this process is the one to judge it.

    Raises:
        typer.Exit: Training was interrupted (code 130).
    """
    if result.interrupted:
        console.skipped(result.skipped)
        console.resume_with(result.steps, folder.path)
        raise typer.Exit(130)
    if is_main():
        console.say(f"{result.steps} steps in {result.seconds:.0f} s ({result.examples_per_second:.0f} examples/s)")
    return is_main()


def tell_run(
    folder: RunFolder, result: TrainResult, found: list[Comparison], skipped: list[SkippedRow], *, json: bool
) -> None:
    """Say what came of a run; rows that were passed over more than once are told of once."""
    skipped = list({one.reason: one for one in skipped}.values())
    console.skipped(skipped)
    if json:
        console.machine({
            "run": folder.path, "steps": result.steps, "loss": result.loss, "seconds": result.seconds,
            "examples_per_second": result.examples_per_second, "skipped": [one.reason for one in skipped],
            "measures": found,
        })  # fmt: skip
    elif found:
        console.comparisons(found)
    console.say(f"model: {folder.model}" + (f", report: {folder.report}" if found else ""))


def recipe_of(
    loaded: Data, named: Recipe | None, objective: Loss | None, supervision: Supervision | None, *, learnt: bool
) -> Recipe:
    """The recipe that was named, or the one that suits the data, with the objective that was asked for.

    A temperature that the recipe learns is kept if the objective has one and ``learnt`` does not say otherwise.
    """
    wanted = supervision or supervision_of(objective)
    plan = recipe_for(loaded, supervision=wanted) if named is None else named
    if wanted is not None:
        plan = replace(plan, supervision=wanted)
    return plan if objective is None else with_objective(plan, objective, learnt=learnt)


def with_temperature(plan: Recipe, temperature: float) -> Recipe:
    """The recipe with a fixed temperature.

    Raises:
        InputError: Its objective has none, or it is learnt.
    """
    if not hasattr(plan.objective, "temperature"):
        raise InputError(f"--temperature: {type(plan.objective).__name__} has none")
    if plan.temperature is not None:
        raise InputError("--temperature: the temperature of this recipe is learnt; name an --objective to fix it")
    return replace(plan, objective=replace(plan.objective, temperature=temperature))
