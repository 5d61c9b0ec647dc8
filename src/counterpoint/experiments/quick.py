"""Training in one call from Python."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from counterpoint.base.errors import InputError
from counterpoint.data import Table, table_from
from counterpoint.experiments.finish import finish_run
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.job import check_job, run_job
from counterpoint.experiments.model import Model, load
from counterpoint.experiments.presets import recipe_for, with_training
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import Data, DataSource, data_from, load_data
from counterpoint.training import MetricsFile


def train(
    data: str | Path | Table | Iterable[Mapping[str, Any]] | Mapping[str, Any],
    out: str | Path = "run",
    *,
    recipe: Recipe | None = None,
    columns: Mapping[str, str] | None = None,
    test_fraction: float = 0.1,
    judge: bool = True,
    **training: Any,
) -> Model:
    """Train on a file, a folder, a named set (``"set:digits"``), a dict of columns or an iterable of dicts.

    Args:
        data: What to learn from.
        out: Run folder to make.
        recipe: How; chosen from the columns when not given.
        columns: Role to column, to override the naming conventions.
        test_fraction: Share of rows held out (named sets bring their own).
        judge: Evaluate on the held-out rows and write the report.
        **training: Fields of :class:`TrainSettings` to change, such as ``epochs`` or ``batch_size``.

    Returns:
        The trained model.

    Raises:
        InputError: Something does not fit; nothing was trained.
    """
    from_file = isinstance(data, (str, Path))
    source = DataSource(
        data=str(data) if from_file else "python", columns=tuple((columns or {}).items()), test_fraction=test_fraction
    )
    if isinstance(data, (str, Path)):
        loaded = load_data(source)
    else:
        loaded = data_from(data if isinstance(data, Table) else table_from(data), None, source, dict(columns or {}))
    plan = with_training(recipe or recipe_for(loaded), **training)
    check_job(plan, loaded)
    folder = RunFolder(Path(out))
    folder.create(plan, source if from_file else None)
    result = run_job(plan, loaded, folder, observers=[MetricsFile(folder.metrics)])
    if result.interrupted:
        raise InputError(f"training was stopped after step {result.steps}; {_how_to_go_on(folder, loaded)}")
    if judge and loaded.test is not None:
        finish_run(plan, loaded, folder)
    return load(folder.path)


def _how_to_go_on(folder: RunFolder, loaded: Data) -> str:
    return f"continue with run_job(..., resume=True) on the same data; checkpoints are in {folder.path}"
