"""``counterpoint train``: from a file to a run folder."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from counterpoint.base.errors import InputError
from counterpoint.cli import console
from counterpoint.cli.options import columns_of, encoder_named, objective_named
from counterpoint.data import Supervision
from counterpoint.experiments.finish import finish_run
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.job import check_job, run_job
from counterpoint.experiments.load_recipe import load_recipe
from counterpoint.experiments.presets import recipe_for, with_training
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import Data, DataSource, load_data
from counterpoint.training import MetricsFile, RichProgress, TensorBoardLog, is_main


def train(
    data: Annotated[str | None, typer.Argument(help="File, folder or set:NAME to learn from.")] = None,
    out: Annotated[Path, typer.Option(help="Run folder to make.")] = Path("run"),
    resume: Annotated[Path | None, typer.Option(help="Run folder to continue.")] = None,
    test: Annotated[str | None, typer.Option(help="Held-out data of the same columns.")] = None,
    test_fraction: Annotated[float, typer.Option(help="Share of rows held out when --test is not given.")] = 0.1,
    column: Annotated[list[str] | None, typer.Option(help="role=column, to override what is found by name.")] = None,
    recipe: Annotated[
        str | None, typer.Option(help="A Python file that sets `recipe`, or the short name of a paper.")
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="conv-net, resnet18, vit-tiny, static, mlp, or a model folder.")
    ] = None,
    objective: Annotated[
        str | None, typer.Option(help="info-nce, clip, nt-xent, sup-con, dcl, sig-lip, cosent.")
    ] = None,
    supervision: Annotated[Supervision | None, typer.Option(help="What to learn from, if not the strongest.")] = None,
    temperature: Annotated[float | None, typer.Option(help="Of the objective.")] = None,
    epochs: Annotated[float | None, typer.Option(help="Passes over the data.")] = None,
    steps: Annotated[int | None, typer.Option(help="Optimiser steps, instead of --epochs.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Examples compared with each other.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak learning rate.")] = None,
    cache_chunk: Annotated[int | None, typer.Option(help="Rows encoded at a time (gradient caching).")] = None,
    accumulate: Annotated[int | None, typer.Option(help="Batches per step.")] = None,
    precision: Annotated[str | None, typer.Option(help="no, bf16 or fp16.")] = None,
    seed: Annotated[int | None, typer.Option(help="Decides weights, order, views and dropout.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that prepare batches.")] = None,
    checkpoint_every: Annotated[int | None, typer.Option(help="Steps between checkpoints.")] = None,
    image_size: Annotated[int | None, typer.Option(help="Resize images to this height and width.")] = None,
    rows: Annotated[int, typer.Option(help="Use only the first rows; 0 for all.")] = 0,
    bad_rows: Annotated[int, typer.Option(help="Unreadable rows to skip before giving up.")] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and check everything.")] = False,
    replace_run: Annotated[bool, typer.Option("--replace", help="Allow --out to hold a run already.")] = False,
    judge: Annotated[bool, typer.Option(help="Evaluate and write the report at the end.")] = True,
    json: Annotated[bool, typer.Option("--json", help="Results as JSON.")] = False,
) -> None:
    """Train an embedding model on a file, and leave a run folder with model, measures and report."""
    if resume is not None:
        _continue(resume, judge=judge, json=json)
        return
    if data is None:
        raise InputError("name the data to learn from, or a run folder with --resume")
    source = DataSource(
        data=data, test=test, test_fraction=test_fraction, columns=columns_of(column or []), image_size=image_size,
        bad_rows=bad_rows, rows=rows, seed=seed or 0,
    )  # fmt: skip
    loaded = load_data(source)
    console.say(loaded.described)
    plan = load_recipe(Path(recipe)) if recipe else recipe_for(loaded, supervision=supervision)
    if encoder is not None:
        plan = replace(plan, encoder=encoder_named(encoder))
    if objective is not None or temperature is not None:
        plan = replace(plan, objective=_objective(plan, objective, temperature))
    plan = with_training(
        plan, epochs=epochs, steps=steps, batch_size=batch_size, cache_chunk=cache_chunk, accumulate=accumulate,
        precision=precision, seed=seed, workers=workers, checkpoint_every=checkpoint_every,
    )  # fmt: skip
    if learning_rate is not None:
        plan = with_training(plan, optimiser=replace(plan.training.optimiser, learning_rate=learning_rate))
    for warning in check_job(plan, loaded):
        console.say(f"warning: {warning}")
    if dry_run:
        console.machine({"recipe": repr(plan), "rows": len(loaded.train)})
        return
    folder = RunFolder(out)
    if is_main():
        folder.create(plan, source, replace=replace_run)
    _run(plan, loaded, folder, resume=False, judge=judge, json=json)


def _objective(plan: Recipe, name: str | None, temperature: float | None):
    if name is not None:
        return objective_named(name, temperature)
    try:
        return replace(plan.objective, temperature=temperature)
    except TypeError as error:
        raise InputError(f"{type(plan.objective).__name__} has no temperature") from error


def _continue(path: Path, *, judge: bool, json: bool) -> None:
    folder = RunFolder(path)
    plan, source = folder.read()
    if source is None:
        raise InputError(f"{path} was trained from Python on data without a file; resume it from Python")
    loaded = load_data(source)
    console.say(loaded.described)
    check_job(plan, loaded)
    _run(plan, loaded, folder, resume=True, judge=judge, json=json)


def _run(plan: Recipe, loaded: Data, folder: RunFolder, *, resume: bool, judge: bool, json: bool) -> None:
    observers = [MetricsFile(folder.metrics), TensorBoardLog(folder.path / "tensorboard"), RichProgress(console.err)]
    result = run_job(plan, loaded, folder, resume=resume, observers=observers if is_main() else ())
    if not is_main():
        return
    if result.interrupted:
        console.say(f"stopped after step {result.steps}; continue with: counterpoint train --resume {folder.path}")
        raise typer.Exit(130)
    console.say(f"{result.steps} steps in {result.seconds:.0f} s ({result.examples_per_second:.0f} examples/s)")
    if judge and loaded.test is not None:
        comparisons = finish_run(plan, loaded, folder)
        console.machine(comparisons) if json else console.show_comparisons(comparisons)
        console.say(f"report: {folder.report}")
