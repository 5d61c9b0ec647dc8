"""``counterpoint evaluate``: a trained run on held-out data."""

from pathlib import Path
from typing import Annotated

import typer

from counterpoint.base.errors import InputError
from counterpoint.cli import console
from counterpoint.cli.options import columns_of
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.held_out import load_to_judge
from counterpoint.experiments.judge import collect, judge, model_system, raw_system
from counterpoint.experiments.source import Data, DataSource, load_data


def evaluate(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    on: Annotated[
        str | None, typer.Option(help="File, folder or set:NAME; the run's own held-out data otherwise.")
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(help="Labelled file for kNN and probe to learn from, when the training data have no labels."),
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="role=column of --on, to override what is found by name; again for more.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Results as JSON.")] = False,
) -> None:
    """Judge a model by what the columns allow: kNN, probe and clustering, correlation, or retrieval."""
    folder = RunFolder(run)
    recipe, source = folder.read()
    before = model_system("untrained", folder.encoders(folder.initial), is_model=False)
    after = model_system("trained", folder.encoders(), is_model=True)
    if source is None:
        raise InputError(f"{run} was trained from Python on data without a file: judge it from Python")
    data = _data(run, source, on, reference, columns_of(column or []))
    assert data.test is not None
    console.say(data.described)
    train, test = collect(data.train), collect(data.test)
    raw = [raw_system(train, data.roles.kind)] if recipe.other_encoder is None else []
    found = judge([*raw, before, after], train, test, data.test.roles.supervision)
    console.skipped([*data.train.skipped, *data.test.skipped])
    if not found:
        raise InputError("the held-out data have no labels, scores or pairs: there is nothing to judge by")
    if json:
        console.machine(found)
    else:
        console.comparisons(found)


def _data(
    run: Path, source: DataSource, on: str | None, reference: str | None, columns: tuple[tuple[str, str], ...]
) -> Data:
    if on is not None:
        return load_to_judge(source, on, columns=columns, reference=reference)
    if columns or reference is not None:
        raise InputError("--column and --reference go with --on")
    data = load_data(source)
    if data.test is None:
        raise InputError(f"{run} held nothing out: name a file with --on")
    return data
