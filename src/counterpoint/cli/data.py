"""``counterpoint data``: named real sets, and getting them."""

from typing import Annotated

import typer
from rich.progress import DownloadColumn, Progress
from rich.table import Table

from counterpoint.base.errors import InputError
from counterpoint.cli import console
from counterpoint.data import SETS, infer_roles, named, open_table


def data(
    name: Annotated[str | None, typer.Argument(help="A named set, or a file; all named sets otherwise.")] = None,
    download: Annotated[bool, typer.Option("--download", help="Fetch a named set to the cache folder.")] = False,
) -> None:
    """List the named real sets, say what a set or file holds, or download a set."""
    if name is None:
        _list()
    elif name in SETS:
        _describe_set(name, download)
    else:
        table = open_table(name)
        console.out.print(infer_roles(table).describe(table), markup=False, highlight=False)


def _list() -> None:
    table = Table("set", "here", "rows to learn from", box=None, pad_edge=False)
    for name in sorted(SETS):
        try:
            table.add_row(name, "yes", f"{len(named(name).train):,}")
        except InputError:
            table.add_row(name, "no", f"counterpoint data {name} --download")
    console.out.print(table)


def _describe_set(name: str, download: bool) -> None:
    with Progress(*Progress.get_default_columns(), DownloadColumn(), console=console.err) as shown:
        tasks: dict[str, object] = {}

        def progress(what: str, done: int, total: int | None) -> None:
            task = tasks.setdefault(what, shown.add_task(what, total=total))
            shown.update(task, completed=done, total=total)  # pyright: ignore[reportArgumentType]

        found = named(name, download=download, progress=progress)
    console.out.print(f"{found.name}: {len(found.train):,} rows to learn from, {len(found.test):,} to judge by")
    console.out.print(found.roles.describe(found.train), markup=False, highlight=False)
    console.out.print(f"cite: {found.citation}\nlicence: {found.licence}", markup=False, highlight=False)
    for note in found.notes:
        console.out.print(f"note: {note}", markup=False, highlight=False)
