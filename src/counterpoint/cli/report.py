"""``counterpoint report``: make a run's page again."""

from pathlib import Path
from typing import Annotated

import typer

from counterpoint.base.errors import InputError
from counterpoint.cli import console
from counterpoint.cli.nodes import report_graph
from counterpoint.cli.recommend import report_items
from counterpoint.cli.tasks import report_tasks
from counterpoint.experiments.finish import finish_run
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.source import load_data


def report(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    against: Annotated[
        Path | None, typer.Option(help="Another run, judged on the same examples and shown beside this one.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Results as JSON.")] = False,
) -> None:
    """Judge and diagnose a run again and write its evaluation.json, diagnosis.json and report.html."""
    folder = RunFolder(run)
    for there, again in (
        (folder.recommender(), report_items),
        (folder.graph(), report_graph),
        (folder.several_tasks(), report_tasks),
    ):
        if there is not None:
            if against is not None:
                raise InputError("--against is for runs on content, of one task")
            again(run, json=json)
            return
    recipe, source = folder.read()
    if source is None:
        raise InputError(f"{run} was trained from Python on data without a file: make its report from Python")
    data = load_data(source)
    if data.test is None:
        raise InputError(f"{run} held nothing out: there is nothing to report on")
    found = finish_run(recipe, data, folder, against=None if against is None else RunFolder(against))
    console.skipped([*data.train.skipped, *data.test.skipped])
    console.measures(found, json=json)
    console.say(f"report: {folder.report}")
