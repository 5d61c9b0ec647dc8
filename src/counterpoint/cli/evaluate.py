"""``counterpoint evaluate``: a trained run on held-out data."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from counterpoint.base.errors import InputError
from counterpoint.cli import console
from counterpoint.cli.options import columns_of
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.judge import collect, judge, model_system, raw_system
from counterpoint.experiments.source import load_data


def evaluate(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    on: Annotated[
        str | None, typer.Option(help="File, folder or set:NAME; the run's own held-out data otherwise.")
    ] = None,
    column: Annotated[list[str] | None, typer.Option(help="role=column, to override what is found by name.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Results as JSON.")] = False,
) -> None:
    """Judge a model by what the columns allow: kNN, probe and clustering, correlation, or retrieval."""
    folder = RunFolder(run)
    recipe, source = folder.read()
    if source is None:
        raise InputError(f"{run} was trained from Python on data without a file: name a file with --on")
    if on is not None:
        source = replace(source, test=on, columns=columns_of(column or []) or source.columns)
    data = load_data(source)
    if data.test is None:
        raise InputError(f"{run} held nothing out: name a file with --on")
    train, test = collect(data.train), collect(data.test)
    before = model_system("untrained", folder.encoders(folder.initial), is_model=False)
    after = model_system("trained", folder.encoders(), is_model=True)
    raw = [raw_system(train, data.roles.kind)] if recipe.other_encoder is None else []
    found = judge([*raw, before, after], train, test, data.test.roles.supervision)
    if not found:
        raise InputError("the held-out data have no labels, scores or pairs: there is nothing to judge by")
    console.machine(found) if json else console.show_comparisons(found)
