"""``counterpoint evaluate``: a trained run on held-out data."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from counterpoint.base.content import Kind
from counterpoint.base.errors import InputError
from counterpoint.cli import console
from counterpoint.cli.nodes import evaluate_graph
from counterpoint.cli.options import columns_of
from counterpoint.cli.recommend import evaluate_items
from counterpoint.cli.tasks import evaluate_tasks
from counterpoint.data import Batch, named
from counterpoint.encoders import Encoder
from counterpoint.experiments.check_texts import told_unread, told_unread_by
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.held_out import load_outside, load_to_judge
from counterpoint.experiments.judge import Comparison, System, collect, judge, model_system, raw_system
from counterpoint.experiments.multi_task.job import choose
from counterpoint.experiments.not_data import refuse_made
from counterpoint.experiments.protocols import Layout, open_layout, run_tasks, table_tasks
from counterpoint.experiments.protocols.tables import Judged
from counterpoint.experiments.protocols.task import LeftOut
from counterpoint.experiments.source import SET, DataSource, load_data
from counterpoint.experiments.suites import run_suite

Found = tuple[list[Comparison], list[LeftOut]]


@dataclass(frozen=True)
class _Run:
    """A run to judge, and what it is compared with."""

    two_towers: bool
    source: DataSource
    systems: list[System]
    encoders: tuple[Encoder, Encoder]

    @property
    def kinds(self) -> tuple[Kind, Kind]:
        """What the encoders of anchors and of candidates take."""
        return self.encoders[0].kind, self.encoders[1].kind


@dataclass(frozen=True)
class _Asked:
    """What to judge on, and how."""

    on: str
    reference: str | None
    columns: tuple[tuple[str, str], ...]
    ood: str | None
    prompts: list[str]
    protocols: list[str]


def evaluate(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    on: Annotated[
        str | None,
        typer.Option(help="File, folder (images, shards, BEIR) or set:NAME; the run's own held-out data otherwise."),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(help="Labelled file for kNN and probe to learn from, when the training data have no labels."),
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="role=column of --on, to override what is found by name; again for more.")
    ] = None,
    ood: Annotated[str | None, typer.Option(help="Other data, which the model should tell from those of --on.")] = None,
    protocol: Annotated[
        list[str] | None, typer.Option(help="Only this protocol; again for more. All that the columns allow otherwise.")
    ] = None,
    prompt: Annotated[
        list[str] | None, typer.Option(help="Template with {} for a class name (zero-shot); again for an ensemble.")
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(help="Of a run of several tasks: whose data TF-IDF, kNN and probe learn from; the first's."),
    ] = None,
    suite: Annotated[str | None, typer.Option(help="Several sets with 1,000 labels each: images or texts.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Results as JSON.")] = False,
) -> None:
    """Judge a model by what the columns allow: kNN, probe and clustering, correlation, retrieval, and more."""
    folder = RunFolder(run)
    if on is not None:
        refuse_made(on)
    for there, again in ((folder.recommender(), evaluate_items), (folder.graph(), evaluate_graph)):
        if there is not None:
            if reference is not None or ood is not None or protocol or prompt or suite is not None or task is not None:
                raise InputError(f"{run} did not learn from content: only --on, --column and --json apply")
            if column and on is None:
                raise InputError("--column goes with --on")
            again(run, on, column or [], json=json)
            return
    if folder.several_tasks() is not None and suite is None and on is None:
        _no_others(column, reference, ood, protocol, prompt, task)
        _tell((evaluate_tasks(run), []), json)
        return
    opened = _opened(run, task)
    if suite is not None:
        if on is not None or ood is not None or protocol or prompt:
            raise InputError("--suite brings its own data: leave out --on, --ood, --protocol and --prompt")
        found = run_suite(opened.systems, opened.source, suite)
    elif on is not None:
        asked = _Asked(on, reference, columns_of(column or []), ood, prompt or [], protocol or [])
        found = _elsewhere(opened, asked)
    else:
        _no_others(column, reference, ood, protocol, prompt, task)
        found = _held_out(run, opened)
    _tell(found, json)


def _no_others(*given: object) -> None:
    """Refuse what would be passed over in silence."""
    if any(given):
        raise InputError("--column, --reference, --ood, --protocol, --prompt and --task go with --on")


def _opened(run: Path, task: str | None) -> _Run:
    folder = RunFolder(run)
    two_towers, source, number = _learnt(folder, task)
    before, after = folder.encoders(folder.initial), folder.encoders()
    for encoder in (before[0], after[0]):
        choose(encoder, number)
    systems = [model_system("untrained", before, is_model=False), model_system("trained", after, is_model=True)]
    return _Run(two_towers, source, systems, after)


def _learnt(folder: RunFolder, task: str | None) -> tuple[bool, DataSource, int]:
    """Whether a run has two towers, the data that it or one of its tasks learnt from, and the number of that task."""
    if (several := folder.several_tasks()) is not None:
        number = 0 if task is None else several.number_of(task)
        return False, several.tasks[number].data, number
    if task is not None:
        raise InputError(f"--task is for a run of several tasks, and {folder.path} learnt one")
    recipe, source = folder.read()
    if source is None:
        raise InputError(f"{folder.path} was trained from Python on data without a file: judge it from Python")
    return recipe.other_encoder is not None, source, 0


def _held_out(run: Path, opened: _Run) -> Found:
    data = load_data(opened.source)
    if data.test is None:
        raise InputError(f"{run} held nothing out: name a file with --on")
    console.say(data.described)
    train, test = collect(data.train), collect(data.test)
    _warn_of_unread(opened, test)
    raw = [raw_system(train, data.roles.kind)] if not opened.two_towers else []
    found = judge([*raw, *opened.systems], train, test, data.test.roles.supervision)
    console.skipped([*data.train.skipped, *data.test.skipped])
    if not found:
        raise InputError("the held-out data have no labels, scores or pairs: there is nothing to judge by")
    return found, []


def _elsewhere(opened: _Run, asked: _Asked) -> Found:
    layout = open_layout(asked.on, width=_width(opened))
    whole = layout is not None and asked.protocols == [task.name for task in layout.tasks]
    if layout is not None and (whole or not asked.on.startswith(SET)):
        return _on_layout(opened, layout, asked)
    return _on_table(opened, asked)


def _width(opened: _Run) -> int | None:
    if opened.kinds[0] is not Kind.VECTOR:
        return None
    return int(np.shape(load_data(opened.source).train.batch([0]).anchor)[1])


def _on_layout(opened: _Run, layout: Layout, asked: _Asked) -> Found:
    console.say(layout.described)
    if asked.columns or asked.reference is not None or asked.ood is not None or asked.prompts:
        raise InputError(f"--column, --reference, --ood and --prompt are for tables, and this is none: {asked.on}")
    if opened.kinds[0] is not layout.kind:
        raise InputError(f"{asked.on} asks for a model of {layout.kind}s, and the run embeds {opened.kinds[0]}s")
    content = Batch(rows=np.arange(len(layout.content)), anchor=layout.content)
    if layout.queries is None:
        _warn_of_unread(opened, content)
    else:
        _warn(told_unread_by("queries", opened.encoders[0], layout.queries))
        _warn(told_unread_by("documents", opened.encoders[1], layout.content))
    raw = [raw_system(content, layout.kind)] if not opened.two_towers else []
    return run_tasks([*raw, *opened.systems], layout.tasks, only=asked.protocols)


def _on_table(opened: _Run, asked: _Asked) -> Found:
    zero_shot = Kind.TEXT in opened.kinds
    data = load_to_judge(
        opened.source,
        asked.on,
        columns=asked.columns,
        reference=asked.reference,
        unlabelled=zero_shot or asked.ood is not None,
    )
    assert data.test is not None
    console.say(data.described)
    train, test = collect(data.train), collect(data.test)
    _warn_of_unread(opened, test)
    outside = None if asked.ood is None else load_outside(opened.source, asked.ood, data)
    judged = Judged(
        examples=data.test,
        train=train,
        test=test,
        reads_text=opened.kinds[1] is Kind.TEXT,
        templates=asked.prompts,
        outside=outside,
        class_names=named(asked.on.removeprefix(SET)).class_names if asked.on.startswith(SET) else (),
    )
    raw = [raw_system(train, data.roles.kind)] if not opened.two_towers else []
    found = run_tasks([*raw, *opened.systems], table_tasks(judged), only=asked.protocols)
    console.skipped([*data.train.skipped, *data.test.skipped])
    return found


def _warn_of_unread(opened: _Run, judged: Batch) -> None:
    _warn(told_unread(opened.encoders, judged))


def _warn(warnings: list[str]) -> None:
    for told in warnings:
        console.say(f"warning: {told}")


def _tell(found: Found, json: bool) -> None:
    comparisons, left_out = found
    console.not_judged(left_out)
    if not comparisons:
        raise InputError("there is nothing to judge by: no protocol applies to these data")
    console.measures(comparisons, json=json)
