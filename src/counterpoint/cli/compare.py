"""``counterpoint compare``: a fair bake-off of objectives and encoders on one's own data."""

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from counterpoint.base.errors import InputError
from counterpoint.cli import compare_content, compare_items, compare_nodes, console
from counterpoint.cli.compare_entry import Entry
from counterpoint.cli.compare_table import say_plan, show_verdict
from counterpoint.cli.duration import seconds_of
from counterpoint.cli.options import columns_of, only_options
from counterpoint.data import Supervision
from counterpoint.experiments.compare import (
    CompareFolder,
    ComparisonResult,
    R,
    Request,
    StoppedError,
    write_page,
)
from counterpoint.experiments.compare import (
    compare as run_comparison,
)
from counterpoint.experiments.jobs import Job, job_of
from counterpoint.experiments.judge import LIMIT
from counterpoint.experiments.source import DataSource, source_options
from counterpoint.training import ranks

DATA, METHOD, BUDGET, OUTPUT = "Data", "Candidates", "Budget", "Output"
ENTRIES: dict[Job, tuple[frozenset[str], str, Callable[[Mapping[str, Any], DataSource], Entry[Any]]]] = {
    Job.CONTENT: (compare_content.APPLY, "content", compare_content.content_entry),
    Job.INTERACTIONS: (compare_items.APPLY, "interactions of users and items", compare_items.item_entry),
    Job.EDGES: (compare_nodes.APPLY, "the edges of a graph", compare_nodes.node_entry),
}
"""Options that apply, what the data are called, and who takes part."""


def compare(
    context: typer.Context,
    data: Annotated[str, typer.Argument(help="As for `counterpoint train`: a file, a folder or set:NAME.")],
    objectives: Annotated[
        str | None,
        typer.Option(
            help="Names as for `counterpoint train --objective`, with commas; all that fit, if none; a few with edges, "
            "the usual one with interactions.",
            rich_help_panel=METHOD,
        ),
    ] = None,
    encoders: Annotated[
        str | None,
        typer.Option(
            help="Names as for `counterpoint train --encoder`, with commas; the usual one for the data, if none.",
            rich_help_panel=METHOD,
        ),
    ] = None,
    contrasts: Annotated[
        str | None,
        typer.Option(
            help="With interactions: names as for `counterpoint train --contrast`, with commas; those of each encoder, "
            "if none.",
            rich_help_panel=METHOD,
        ),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            help="A Python file or a paper: views, batch and all else that candidates share.", rich_help_panel=METHOD
        ),
    ] = None,
    supervision: Annotated[
        Supervision | None, typer.Option(help="What to learn from, if not the strongest.", rich_help_panel=METHOD)
    ] = None,
    most: Annotated[
        int, typer.Option(min=1, help="Objectives that take part when none are named.", rich_help_panel=METHOD)
    ] = 8,
    budget: Annotated[
        str, typer.Option(help="Time for everything, such as 90s, 20min or 1h30min.", rich_help_panel=BUDGET)
    ] = "20min",
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each tuned candidate.", rich_help_panel=BUDGET)] = 3,
    steps: Annotated[
        int | None, typer.Option(help="Of every run; found from the budget otherwise.", rich_help_panel=BUDGET)
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            min=1, help="With interactions, in place of --steps: at most, of every run.", rich_help_panel=BUDGET
        ),
    ] = None,
    trials: Annotated[
        int | None, typer.Option(help="Of tuning, each; found from the budget otherwise.", rich_help_panel=BUDGET)
    ] = None,
    batch_size: Annotated[int | None, typer.Option(help="Examples a step.", rich_help_panel=BUDGET)] = None,
    test: Annotated[str | None, typer.Option(help="Held-out data of the same columns.", rich_help_panel=DATA)] = None,
    test_fraction: Annotated[
        float, typer.Option(help="Share of rows held out when --test is not given.", rich_help_panel=DATA)
    ] = 0.1,
    test_rows: Annotated[
        int, typer.Option(help="Held-out rows that are judged, at most.", rich_help_panel=DATA)
    ] = LIMIT,
    column: Annotated[
        list[str] | None,
        typer.Option(help="role=column, to override what is found by name; again for more.", rich_help_panel=DATA),
    ] = None,
    nodes: Annotated[
        str | None,
        typer.Option(help="With edges: file of nodes, with names and features.", rich_help_panel=DATA),
    ] = None,
    image_size: Annotated[
        int | None, typer.Option(help="Resize images to this height and width.", rich_help_panel=DATA)
    ] = None,
    rows: Annotated[int, typer.Option(help="Use only the first rows; 0 for all.", rich_help_panel=DATA)] = 0,
    bad_rows: Annotated[int, typer.Option(help="Unusable rows to skip.", rich_help_panel=DATA)] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Of the split, and the first of the seeds.")] = 0,
    out: Annotated[
        Path, typer.Option(help="Folder of results; an unfinished comparison in it goes on.", rich_help_panel=OUTPUT)
    ] = Path("compare"),
    replace_all: Annotated[
        bool, typer.Option("--replace", help="Delete the comparison that --out holds.", rich_help_panel=OUTPUT)
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say who takes part and who does not.", rich_help_panel=OUTPUT)
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Results as JSON.", rich_help_panel=OUTPUT)] = False,
) -> None:
    """Compare objectives, contrasts and encoders fairly: equal data, steps and tuning, intervals, and a recipe.

    Every finished run is kept in --out: after Ctrl-C or a kill the same command goes on, and comes out the same.
    """
    if ranks.current().size > 1:
        raise InputError("compare runs in one process: start it without torchrun")
    source = DataSource(
        data=data, test=test, test_fraction=test_fraction, columns=columns_of(column or []), image_size=image_size,
        bad_rows=bad_rows, rows=rows, seed=seed,
    )  # fmt: skip
    seconds = seconds_of(budget)
    apply, called, entry_of = ENTRIES[job_of(source)]
    only_options(context, apply, called)
    entry = entry_of(context.params, source)
    console.say(entry.told)
    for one in entry.left_out:
        console.say(f"left out: {one.name}: {one.reason}")
    if dry_run:
        _say_who(entry, json=json)
        return
    request = Request(
        source=source, candidates=entry.candidates, left_out=entry.left_out, budget=seconds,
        seeds=tuple(range(seed, seed + seeds)), usual_steps=entry.usual, steps=entry.length, trials=trials,
        test_rows=test_rows,
    )  # fmt: skip
    folder = CompareFolder(out)
    if replace_all:
        folder.clear()
    try:
        result = run_comparison(
            request, entry.contest, folder, say=console.say, on_plan=lambda plan: say_plan(plan, entry.contest.terms)
        )
    except (StoppedError, KeyboardInterrupt):
        console.say(f"stopped; what was finished is in {out}, and the same command goes on")
        raise typer.Exit(StoppedError.exit_code) from None
    _report(result, folder, json=json)


def _say_who(entry: Entry[R], *, json: bool) -> None:
    names = [one.name for one in entry.candidates]
    if json:
        console.machine({"candidates": names, "left_out": entry.left_out})
    else:
        console.result("would compare: " + "; ".join(names))


def _report(result: ComparisonResult[R], folder: CompareFolder, *, json: bool) -> None:
    commands = _commands(result, folder)
    write_page(result, folder.page, commands=commands)
    if json:
        console.machine({
            "verdict": result.verdict, result.terms.units: result.plan.steps, "trials": result.plan.trials,
            "seeds": result.plan.request.seeds, "recommended": folder.recipe, "train": commands,
        })  # fmt: skip
    else:
        show_verdict(result.verdict)
    console.say(f"recommended recipe: {folder.recipe}, page: {folder.page}\ntrain it with: {commands}")


def _commands(result: ComparisonResult[R], folder: CompareFolder) -> str:
    """What trains the recommended recipe on the same rows."""
    source = result.plan.request.source
    options = [f"--recipe {shlex.quote(str(folder.recipe))}", *source_options(source)]
    return f"counterpoint train {shlex.quote(source.data)} {' '.join(options)} --out best"
