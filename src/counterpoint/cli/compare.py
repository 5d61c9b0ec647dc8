"""``counterpoint compare``: a fair bake-off of objectives and encoders on one's own data."""

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from counterpoint.base.errors import InputError
from counterpoint.cli import console
from counterpoint.cli.compare_table import say_plan, show_verdict
from counterpoint.cli.duration import seconds_of
from counterpoint.cli.options import columns_of, encoder_named, recipe_named
from counterpoint.data import Supervision
from counterpoint.encoders import EncoderSpec
from counterpoint.experiments.catalogue import loss_named
from counterpoint.experiments.compare import (
    Candidate,
    CompareFolder,
    ComparisonResult,
    LeftOut,
    Request,
    StoppedError,
    choose_candidates,
    open_grounds,
    write_page,
)
from counterpoint.experiments.compare import (
    compare as run_comparison,
)
from counterpoint.experiments.compare.scoring import MEASURES
from counterpoint.experiments.judge import LIMIT
from counterpoint.experiments.presets import recipe_for, with_training
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import Data, DataSource, load_data, source_options
from counterpoint.pairwise import Loss
from counterpoint.training import plan_batches, ranks

DATA, METHOD, BUDGET, OUTPUT = "Data", "Candidates", "Budget", "Output"


def compare(
    data: Annotated[str, typer.Argument(help="As for `counterpoint train`: a file, a folder or set:NAME.")],
    objectives: Annotated[
        str | None,
        typer.Option(
            help="Names that `counterpoint objectives` lists, with commas; all that fit, if none.",
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
    """Compare objectives and encoders fairly: the same data, steps and tuning for each, intervals, and a recipe.

    Every finished run is kept in --out: after Ctrl-C or a kill the same command goes on, and comes out the same.
    """
    if ranks.current().size > 1:
        raise InputError("compare runs in one process: start it without torchrun")
    source = DataSource(
        data=data, test=test, test_fraction=test_fraction, columns=columns_of(column or []), image_size=image_size,
        bad_rows=bad_rows, rows=rows, seed=seed,
    )  # fmt: skip
    seconds = seconds_of(budget)
    asked, wanted = _objectives(objectives), _encoders(encoders)
    loaded = load_data(source)
    console.say(loaded.described)
    base = with_training(_base(loaded, recipe, supervision), batch_size=batch_size)
    grounds = open_grounds(loaded, source, test_rows=test_rows)
    fitting, left_out = choose_candidates(grounds.tuning.data, base, objectives=asked, encoders=wanted, most=most)
    console.say(f"learnt from {base.supervision}, judged by {MEASURES[loaded.roles.supervision]}")
    for one in left_out:
        console.say(f"left out: {one.name}: {one.reason}")
    if dry_run:
        _say_who(fitting, left_out, json=json)
        return
    request = Request(
        source=source, candidates=tuple(fitting), left_out=tuple(left_out), budget=seconds,
        seeds=tuple(range(seed, seed + seeds)), usual_steps=_usual_steps(base, loaded), steps=steps, trials=trials,
        test_rows=test_rows,
    )  # fmt: skip
    folder = CompareFolder(out)
    if replace_all:
        folder.clear()
    try:
        result = run_comparison(request, grounds, folder, say=console.say, on_plan=say_plan)
    except (StoppedError, KeyboardInterrupt):
        console.say(f"stopped; what was finished is in {out}, and the same command goes on")
        raise typer.Exit(StoppedError.exit_code) from None
    _report(result, folder, json=json)


def _say_who(fitting: list[Candidate], left_out: list[LeftOut], *, json: bool) -> None:
    names = [one.name for one in fitting]
    if json:
        console.machine({"candidates": names, "left_out": left_out})
    else:
        console.result("would compare: " + "; ".join(names))


def _report(result: ComparisonResult, folder: CompareFolder, *, json: bool) -> None:
    commands = _commands(result, folder)
    write_page(result, folder.page, commands=commands)
    if json:
        console.machine({
            "verdict": result.verdict, "steps": result.plan.steps, "trials": result.plan.trials,
            "seeds": result.plan.request.seeds, "recommended": folder.recipe, "train": commands,
        })  # fmt: skip
    else:
        show_verdict(result.verdict)
    console.say(f"recommended recipe: {folder.recipe}, page: {folder.page}\ntrain it with: {commands}")


def _commands(result: ComparisonResult, folder: CompareFolder) -> str:
    """What trains the recommended recipe on the same rows."""
    source = result.plan.request.source
    options = [f"--recipe {shlex.quote(str(folder.recipe))}", *source_options(source)]
    return f"counterpoint train {shlex.quote(source.data)} {' '.join(options)} --out best"


def _base(loaded: Data, name: str | None, supervision: Supervision | None) -> Recipe:
    """What all candidates share."""
    plan = recipe_for(loaded, supervision=supervision) if name is None else recipe_named(name)
    if taken := [name for name in ("siamese", "queue", "nested", "teacher") if getattr(plan, name) is not None]:
        raise InputError(f"--recipe: only plain contrasts are compared, and this recipe has {' and '.join(taken)}")
    return plan if supervision is None else replace(plan, supervision=supervision)


def _usual_steps(base: Recipe, loaded: Data) -> int:
    return base.training.total_steps(plan_batches(loaded.train, base.training).batches)


def _objectives(text: str | None) -> list[type[Loss]]:
    names = _names(text, "--objectives")
    kinds = [loss_named(name, argument="--objectives") for name in names]
    _check_once(kinds, names, "--objectives")
    return kinds


def _encoders(text: str | None) -> dict[str, EncoderSpec]:
    names = _names(text, "--encoders")
    _check_once(names, names, "--encoders")
    return {name: encoder_named(name) for name in names}


def _names(text: str | None, argument: str) -> list[str]:
    """Names between commas.

    Raises:
        InputError: An empty one.
    """
    names = [] if text is None else [one.strip() for one in text.split(",")]
    if "" in names:
        raise InputError(f"{argument} must be names with a comma between two of them, got {text!r}")
    return names


def _check_once(meant: Sequence[object], names: Sequence[str], argument: str) -> None:
    """Refuse what was named twice, perhaps in two spellings."""
    for place, one in enumerate(meant):
        if one in meant[:place]:
            raise InputError(f"{argument} names {names[place]} twice")
