"""``counterpoint papers | show | reproduce | cite``: what is implemented, and whether its claims hold."""

from pathlib import Path
from typing import Annotated

import typer

from counterpoint.cli import console
from counterpoint.experiments.claim import Setting
from counterpoint.experiments.record import claims_folder, standing
from counterpoint.experiments.reproduce import reproduce as run_claim
from counterpoint.papers import all_papers, paper_named

Short = Annotated[str, typer.Argument(help="Short name of a paper.")]


def papers() -> None:
    """List the papers, what each claims, and whether it was seen to hold with these sources."""
    kept = claims_folder()
    rows = [
        (one.paper.short, str(one.paper.year), one.claim.statement, standing(one, kept), one.claim.cost)
        for one in all_papers()
    ]
    console.table("short", "year", "claim", "verdict", "cost", rows=rows)


def show(short: Short) -> None:
    """What a paper's file implements, and how it differs from the paper."""
    found = paper_named(short)
    paper, claim = found.paper, found.claim
    console.result(f"{paper.title}\n{paper.authors} ({paper.year}), {paper.identifier}")
    for name, text in (
        ("implements", paper.implements), ("differs", paper.deviates), ("claim", claim.statement),
        ("measured", f"{claim.measure}, {claim.seeds} seeds, {claim.cost}"),
    ):  # fmt: skip
        console.result(f"{name:>10}  {text}")


def reproduce(
    short: Short,
    setting: Annotated[Setting, typer.Option(help="tiny runs one step; small shows the claim here.")] = Setting.SMALL,
    claims: Annotated[
        Path | None,
        typer.Option(help="Folder to keep the result in; claims/ of a source checkout otherwise, but for tiny."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:
    """Run method and baseline over seeds, print the verdict, and keep it with a fingerprint of the sources."""
    found = paper_named(short)
    if claims is None and setting is not Setting.TINY:  # one step says nothing about a claim
        claims = claims_folder()
    result = run_claim(found, setting, say=console.say, claims=claims)
    if json:
        console.machine(result)
        return
    console.result(
        f"{found.claim.statement}\n{found.claim.measure}: method {_spread(result.method)}, baseline "
        f"{_spread(result.baseline)}; difference {result.difference:+.4f} [{result.low:+.4f}, {result.high:+.4f}]\n"
        f"verdict: {result.verdict.value}"
    )


def cite(short: Short) -> None:
    """A bibliography entry."""
    console.result(paper_named(short).paper.bibtex())


def _spread(values: tuple[float, ...]) -> str:
    return f"{sum(values) / len(values):.4f} ({', '.join(f'{value:.4f}' for value in values)})"
