"""``counterpoint soup``: several runs become one, by the mean of their models."""

from pathlib import Path
from typing import Annotated

import typer

from counterpoint.cli import console
from counterpoint.cli.tasks import judge_again
from counterpoint.cli.train_plan import warn
from counterpoint.experiments.finish import finish_run
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.judge import Comparison
from counterpoint.experiments.soup import make_soup
from counterpoint.experiments.source import load_data


def soup(
    runs: Annotated[list[Path], typer.Argument(help="Run folders whose models have one architecture.")],
    out: Annotated[Path, typer.Option(help="Run folder to make.")] = Path("soup"),
    guided: Annotated[
        bool,
        typer.Option("--guided", help="Weigh every number by how far each run moved it from where all began."),
    ] = False,
    replace_run: Annotated[bool, typer.Option("--replace", help="Delete the run that --out holds.")] = False,
    judge: Annotated[bool, typer.Option(help="Evaluate on what the first run held out, and write the report.")] = True,
    json: Annotated[bool, typer.Option("--json", help="Results as JSON.")] = False,
) -> None:
    """Average the models of several runs that began alike, and leave a run folder like any other."""
    folder = make_soup(runs, out, guided=guided, replace=replace_run, warn=warn)
    found = _judged(folder) if judge else []
    if json:
        console.machine({"run": folder.path, "runs": runs, "guided": guided, "measures": found})
    elif found:
        console.comparisons(found)
    console.say(f"model: {folder.model}" + (f", report: {folder.report}" if found else ""))


def _judged(folder: RunFolder) -> list[Comparison]:
    """On what the first run held out; nothing where it held nothing out, or learnt from data that only Python had."""
    if folder.several_tasks() is not None:
        return judge_again(folder)
    recipe, source = folder.read()
    data = None if source is None else load_data(source)
    return [] if data is None or data.test is None else finish_run(recipe, data, folder)
