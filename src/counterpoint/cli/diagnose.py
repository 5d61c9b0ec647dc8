"""``counterpoint diagnose``: what is wrong with a space of embeddings, and what to change."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from counterpoint.base.errors import InputError
from counterpoint.base.spec import to_json
from counterpoint.cli import console
from counterpoint.cli.diagnose_names import named_space
from counterpoint.cli.options import columns_of
from counterpoint.evaluation import diagnosis
from counterpoint.evaluation.diagnosis import Diagnosis, Finding, State, Subject
from counterpoint.experiments.diagnosing import Columns, run_subject, task_subject
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.held_out import load_to_judge
from counterpoint.experiments.questions import Shows, questions
from counterpoint.experiments.recommender.diagnosing import Rows
from counterpoint.experiments.report import Report, write_report
from counterpoint.experiments.showing import by_number, showing
from counterpoint.experiments.source import Data, DataSource, load_data
from counterpoint.experiments.vectors import vector_subject

SIGNS = {State.FINE: "fine", State.WARNING: "warning", State.FAULT: "FAULT", State.SKIPPED: "-"}


def diagnose(
    run: Annotated[Path, typer.Argument(help="Run folder, .npy or table of vectors, or folder that `embed` made.")],
    on: Annotated[
        str | None, typer.Option(help="File, folder or set:NAME; the run's own held-out data otherwise.")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="role=column of --on, to override what is found by name; again for more.")
    ] = None,
    against: Annotated[Path | None, typer.Option(help="Another run, or vectors of the same rows.")] = None,
    rows: Annotated[
        Rows | None, typer.Option(help="Of a recommender: whose vectors are looked at; items otherwise.")
    ] = None,
    task: Annotated[str | None, typer.Option(help="Of a run of several tasks: which one; the first.")] = None,
    sample: Annotated[int | None, typer.Option(help="Rows that measures of pairs look at; 4096.")] = None,
    temperature: Annotated[float | None, typer.Option(help="Of the objective, when the run does not say.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Rows of a batch, when the run does not say.")] = None,
    factor: Annotated[
        list[str] | None, typer.Option(help="Column that embeddings should tell; again for more.")
    ] = None,
    group: Annotated[str | None, typer.Option(help="Column whose directions are to be removed.")] = None,
    popularity: Annotated[str | None, typer.Option(help="Column of how often a row is used.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Where to write; diagnosis.json of the run.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Results as JSON.")] = False,
) -> None:
    """Find out what is wrong with an embedding space: collapse, rank, negatives, temperature, gap, leaks, bias."""
    folder = RunFolder(run)
    is_run = folder.config.is_file()
    only_content = {"--on": on, "--column": column, "--factor": factor, "--group": group, "--popularity": popularity}
    if is_run and (named := named_space(run, rows, against, {**only_content, "--task": task})) is not None:
        subject, shows, about = named.subject, named.shows, named.what
    elif rows is not None:
        raise InputError(f"--rows is for a recommender, and {run} holds none")
    elif is_run:
        asked = Columns(factors=tuple(factor or ()), group=group, popularity=popularity)
        subject, shows = _of_run(folder, _Asked(on, columns_of(column or []), asked, against, task))
        about = on or ""
    else:
        if factor or group or popularity or task:
            raise InputError("--factor, --group, --popularity and --task are read from the data of a run")
        subject, shows, about = vector_subject(run, on=on, columns=columns_of(column or [])), by_number, on or ""
        subject = subject if against is None else replace(subject, against=vector_subject(against).anchors)
    changed = {"sample": sample, "temperature": temperature, "batch_size": batch_size}
    subject = replace(subject, **{name: value for name, value in changed.items() if value is not None})
    found = _named(diagnosis.diagnose(subject), run, on, against)
    path = out or (folder.diagnosis if is_run else None)
    if path is not None:
        diagnosis.write_diagnosis(path, found)
        page = Report(title=f"Diagnosis of {run.name}", subtitle=about, questions=questions(found, shows))
        write_report(page, path.with_suffix(".html"))
    if json:
        console.machine(to_json(found))
    else:
        _say(found, subject)
    if path is not None:
        console.say(f"written to {path} and {path.with_suffix('.html').name}")


@dataclass(frozen=True)
class _Asked:
    # What of a run on content is looked at.

    on: str | None
    columns: tuple[tuple[str, str], ...]
    further: Columns
    against: Path | None
    task: str | None


def _of_run(folder: RunFolder, asked: _Asked) -> tuple[Subject, Shows]:
    """Held-out examples of a run on content, and how they are shown."""
    if asked.columns and asked.on is None:
        raise InputError("--column goes with --on")
    plan = folder.several_tasks()
    if plan is not None:
        if asked.against is not None:
            raise InputError("--against is for runs on content, of one task")
        task = plan.tasks[0].name if asked.task is None else asked.task
        data = _data(plan.tasks[plan.number_of(task)].data, asked)
        return task_subject(folder, plan, task, data=data, columns=asked.further), _shows(data)
    if asked.task is not None:
        raise InputError(f"--task is for a run of several tasks, and {folder.path} learnt one")
    source = folder.read()[1]
    if source is None:
        raise InputError(f"{folder.path} was trained from Python on data without a file: diagnose it from Python")
    data = _data(source, asked)
    other = None if asked.against is None else RunFolder(asked.against)
    return run_subject(folder, data, columns=asked.further, against=other), _shows(data)


def _data(source: DataSource, asked: _Asked) -> Data:
    if asked.on is None:
        return load_data(source)
    return load_to_judge(source, asked.on, columns=asked.columns, reference=asked.on)


def _shows(data: Data) -> Shows:
    return by_number if data.test is None else showing(data.test)


def _named(found: Diagnosis, run: Path, on: str | None, against: Path | None) -> Diagnosis:
    about = replace(found.about, name=str(run), on=on or "", against="" if against is None else str(against))
    return replace(found, about=about)


def _say(found: Diagnosis, subject: Subject) -> None:
    about = found.about
    console.say(
        f"{about.rows:,} rows of {about.dim} dimensions, {about.looked_at:,} looked at in pairs; intervals of "
        f"{subject.bootstrap.level:.0%}"
    )
    measured = [one for one in found.findings if one.state is not State.SKIPPED]
    console.table("measure", "value", "", "what it means", rows=[_row(one) for one in measured])
    skipped: dict[str, list[str]] = {}
    for one in found.findings:
        if one.state is State.SKIPPED:
            skipped.setdefault(one.reason or "", []).append(one.name)
    for reason, names in skipped.items():
        console.say(f"skipped {', '.join(names)}: {reason}")
    for fault in found.faults:
        console.result(f"{fault.name} ({', '.join(fault.because)}). {fault.change}")
    if not found.faults:
        console.result("no fault found")


def _row(one: Finding) -> list[str]:
    return [one.name, f"{one.value:.3g} [{one.low:.3g}, {one.high:.3g}]", SIGNS[one.state], one.meaning or ""]
