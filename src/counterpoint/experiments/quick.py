"""Training in one call from Python."""

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from counterpoint.base.errors import InputError
from counterpoint.data import Supervision, Table, table_from
from counterpoint.experiments.check import prepare_job
from counterpoint.experiments.finish import finish_run
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.job import run_job
from counterpoint.experiments.model import Model, load
from counterpoint.experiments.own_classes import check_judged_without
from counterpoint.experiments.presets import recipe_for, with_training
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import Data, DataSource, data_from, load_data, open_held_out
from counterpoint.training import MetricsFile, barrier, is_main

PYTHON = "python"
"""Stands for the name of the data when they came as objects and not as a file."""


def train(
    data: str | Path | Table | Iterable[Mapping[str, Any]] | Mapping[str, Any],
    out: str | Path = "run",
    *,
    recipe: Recipe | None = None,
    supervision: Supervision | None = None,
    columns: Mapping[str, str] | None = None,
    test: str | Path | None = None,
    test_fraction: float = 0.1,
    judge: bool = True,
    **training: Any,
) -> Model:
    """Train on a file, a folder, a named set (``"set:digits"``), a dict of columns or an iterable of dicts.

    Under ``torchrun`` every process calls this; one of them writes.

    Args:
        data: What to learn from; also an array, a tensor or a data frame.
        out: Run folder to make.
        recipe: How; chosen from the columns when not given.
        supervision: What to learn from, when it is not the strongest that the columns offer (without ``recipe``).
        columns: Role to column, to override the naming conventions.
        test: Held-out data of the same columns: a file, a folder or a named set.
        test_fraction: Share of rows held out when ``test`` is not given (named sets bring their own).
        judge: Evaluate on the held-out rows and write the report.
        **training: Fields of :class:`TrainSettings` to change, such as ``epochs`` or ``batch_size``; ``seed`` also
            decides the split.

    Returns:
        The trained model.

    Raises:
        InputError: Something does not fit; nothing was trained.
        KeyboardInterrupt: Training was stopped; the message says how to go on.
    """
    source = DataSource(
        data=str(data) if isinstance(data, (str, Path)) else PYTHON, columns=tuple((columns or {}).items()),
        test=None if test is None else str(test), test_fraction=test_fraction, seed=training.get("seed", 0),
        facts=() if recipe is None else recipe.facts,
    )  # fmt: skip
    loaded = _loaded(data, source)
    plan = with_training(_recipe(loaded, recipe, supervision), **training)
    if judge and loaded.test is not None:
        check_judged_without(plan)
    told: list[str] = []
    method = prepare_job(plan, loaded, judge=judge, warn=told.append)
    for warning in told:
        warnings.warn(warning, stacklevel=2)
    folder = RunFolder(Path(out))
    main = is_main()
    if main:
        folder.create(plan, None if source.data == PYTHON else source)
    observers = [MetricsFile(folder.metrics)] if main else []
    result = run_job(plan, loaded, folder, method=method, observers=observers)
    if result.interrupted:
        raise KeyboardInterrupt(f"training was stopped after step {result.steps}; {_how_to_go_on(folder, source)}")
    if main and judge and loaded.test is not None:
        finish_run(plan, loaded, folder, skipped=result.skipped)
    barrier()
    return load(folder.path)


def _loaded(data: Any, source: DataSource) -> Data:
    if isinstance(data, (str, Path)):
        return load_data(source)
    test = None if source.test is None else open_held_out(source.test)
    return data_from(table_from(data), test, source, dict(source.columns))


def _recipe(loaded: Data, recipe: Recipe | None, supervision: Supervision | None) -> Recipe:
    if recipe is None:
        return recipe_for(loaded, supervision=supervision)
    if supervision is not None:
        raise InputError(f"supervision={supervision} goes without recipe, which says {recipe.supervision}")
    return recipe


def _how_to_go_on(folder: RunFolder, source: DataSource) -> str:
    if source.data == PYTHON:
        return f"continue with run_job(..., resume=True) on the same data; checkpoints are in {folder.path}"
    return f"continue with: counterpoint train --resume {folder.path}"
