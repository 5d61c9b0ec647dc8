"""``counterpoint objectives``: the losses there are, by what data they need."""

from typing import Annotated

import typer

from counterpoint.cli import console
from counterpoint.experiments.catalogue import DataKind, all_losses, markdown


def objectives(
    data: Annotated[DataKind | None, typer.Option(help="Only those that learn from such data.")] = None,
    markdown_page: Annotated[bool, typer.Option("--markdown", help="As the page docs/objectives.md.")] = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List the losses: what data each learns from, how much it holds in memory, and whose it is."""
    found = [one for one in all_losses() if data is None or data in one.data]
    if markdown_page:
        typer.echo(markdown(found), nl=False)
    elif json:
        console.machine(
            [
                {"name": one.name, "class": one.kind.__name__, "data": one.data, "memory": one.memory,
                 "summary": one.summary, "paper": one.kind.cites.title, "identifier": one.kind.cites.identifier}
                for one in found
            ]
        )  # fmt: skip
    else:
        rows = [(one.name, ", ".join(one.data), one.memory, one.summary) for one in found]
        console.table("name", "data", "memory", "what it is", rows=rows)
