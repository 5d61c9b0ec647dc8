"""``counterpoint data``: named real sets, and getting them."""

from typing import Annotated

import typer
from rich.progress import DownloadColumn, Progress

from counterpoint.base.errors import InputError
from counterpoint.cli import console
from counterpoint.data import SETS, infer_roles, named, open_table
from counterpoint.experiments.graph_job.opening import edges_of
from counterpoint.experiments.jobs import Job, job_of
from counterpoint.experiments.recommender.opening import read, roles_of, sizes_of
from counterpoint.experiments.source import SET, DataSource


def data(
    name: Annotated[str | None, typer.Argument(help="A named set, or a file; all named sets otherwise.")] = None,
    download: Annotated[bool, typer.Option("--download", help="Fetch a named set to the cache folder.")] = False,
) -> None:
    """List the named real sets, say what a set or file holds, or download a set."""
    name = None if name is None else name.removeprefix(SET)
    if name is None:
        if download:
            raise InputError(f"--download needs the name of a set: {', '.join(sorted(SETS))}")
        _list()
    elif name in SETS:
        _describe_set(name, download)
    elif download:
        named(name)  # says which sets there are
    else:
        console.result(_held(name))


def _held(name: str) -> str:
    """What a file holds, as ``train`` would take it."""
    job, table = job_of(DataSource(data=name)), open_table(name)
    if job is Job.INTERACTIONS:
        roles = roles_of(table, ())
        whole = read(table, roles)
        return sizes_of(table, roles, whole) + "".join(f" {note}." for note in whole.notes)
    if job is Job.EDGES:
        return edges_of(table)
    return infer_roles(table).describe(table)


def _list() -> None:
    console.table("set", "here", "rows to learn from", rows=[_row(name) for name in sorted(SETS)])


def _row(name: str) -> tuple[str, str, str]:
    try:
        return name, "yes", f"{len(named(name).train):,}"
    except InputError:
        return name, "no", f"counterpoint data {name} --download"


def _describe_set(name: str, download: bool) -> None:
    with Progress(*Progress.get_default_columns(), DownloadColumn(), console=console.err) as shown:
        tasks: dict[str, object] = {}

        def progress(what: str, done: int, total: int | None) -> None:
            task = tasks.setdefault(what, shown.add_task(what, total=total))
            shown.update(task, completed=done, total=total)  # pyright: ignore[reportArgumentType]

        found = named(name, download=download, progress=progress)
    console.result(f"{found.name}: {len(found.train):,} rows to learn from, {len(found.test):,} to judge by")
    console.result(found.roles.describe(found.train))
    console.result(f"cite: {found.citation}\nlicence: {found.licence}")
    for note in found.notes:
        console.result(f"note: {note}")
