"""``counterpoint papers | show | reproduce | claims | cite``: what is implemented, and whether its claims hold."""

from pathlib import Path
from typing import Annotated

import typer

from counterpoint.base.errors import CounterpointError, InputError
from counterpoint.cli import console
from counterpoint.experiments.claim import Better, Claim, Finding, Setting, Wing, verdict_of
from counterpoint.experiments.claims_page import claims_page
from counterpoint.experiments.confirm import confirm
from counterpoint.experiments.paper_file import PaperFile
from counterpoint.experiments.record import claims_folder, is_fresh, read_record, standing
from counterpoint.experiments.reproduce import reproduce as run_claim
from counterpoint.papers import all_papers, paper_named

Short = Annotated[str, typer.Argument(help="Short name of a paper.")]
OfWing = Annotated[Wing | None, typer.Option(help="Only papers of this wing.")]
Folder = Annotated[
    Path | None,
    typer.Option(help="Folder to keep the result in; claims/ of a source checkout otherwise, but for tiny."),
]

Confirm = Annotated[
    bool,
    typer.Option(
        "--confirm",
        help="Run one seed of a stale record again; it stands where that comes out as it was kept.",
    ),
]


def papers(
    wing: OfWing = None,
    markdown_page: Annotated[bool, typer.Option("--markdown", help="As the page docs/claims.md.")] = False,
) -> None:
    """List the papers, what each claims, and whether it was seen to hold with these sources."""
    kept, chosen = claims_folder(), _of(wing)
    if markdown_page:
        typer.echo(claims_page(chosen, kept or Path("claims")), nl=False)
        return
    rows = [
        (one.paper.short, str(one.paper.year), one.claim.statement, standing(one, kept), _cost(one.claim))
        for one in chosen
    ]
    console.table("short", "year", "claim", "verdict", "cost", rows=rows)


def show(short: Short) -> None:
    """What a paper's file implements, and how it differs from the paper."""
    found = paper_named(short)
    paper, claim = found.paper, found.claim
    console.result(f"{paper.title}\n{paper.authors} ({paper.year}), {paper.identifier}")
    measures = ", ".join(dict.fromkeys(check.measure for check in claim.checks))
    for name, text in (
        ("implements", paper.implements), ("differs", paper.deviates), ("claim", claim.statement),
        ("measured", f"{measures}; {claim.seeds} seeds, {_cost(claim)}"),
    ):  # fmt: skip
        console.result(f"{name:>10}  {text}")


def reproduce(
    short: Short,
    setting: Annotated[Setting, typer.Option(help="tiny runs one step; small shows the claim here.")] = Setting.SMALL,
    claims: Folder = None,
    json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
    confirming: Confirm = False,
) -> None:
    """Run method and baseline over seeds, print the verdict, and keep it with a fingerprint of the sources."""
    found = paper_named(short)
    if claims is None and setting is not Setting.TINY:  # one step says nothing about a claim
        claims = claims_folder()
    if confirming:
        if json:
            raise InputError("--json does not go with --confirm")
        if differing := confirm(found, setting, claims=_given(claims), say=console.say):
            raise InputError(f"{short} does not come out as it was kept: {'; '.join(differing)}")
        console.result(f"{short}: {standing(found, claims, setting=setting)}")
        return
    findings = run_claim(found, setting, say=console.say, claims=claims)
    if json:
        console.machine({"verdict": verdict_of(findings), "findings": findings})
        return
    lines = [found.claim.statement, *(_line(one) for one in findings), f"verdict: {verdict_of(findings).value}"]
    console.result("\n".join(lines))


def claims(
    wing: OfWing = None,
    claims: Folder = None,
    confirming: Confirm = False,
) -> None:
    """Reproduce every paper whose claim was not run with these sources, the quickest first, and keep the results.

    One that cannot be run does not keep the others from running.
    """
    folder = _given(claims or claims_folder())
    if confirming:
        _confirm_stale(folder, wing)
        return
    failed: list[str] = []
    for one in sorted(_of(wing), key=lambda one: one.claim.minutes):
        if is_fresh(one, folder):
            continue
        console.say(f"{one.paper.short}, {_cost(one.claim)}")
        try:
            verdict = verdict_of(run_claim(one, Setting.SMALL, say=console.say, claims=folder))
            console.result(f"{one.paper.short}: {verdict.value}")
        except CounterpointError as error:
            failed.append(one.paper.short)
            console.say(f"{one.paper.short} could not be run: {error}")
    if failed:
        raise InputError(f"could not be run: {', '.join(failed)}; what was wrong is said above")


def cite(short: Short) -> None:
    """A bibliography entry."""
    console.result(paper_named(short).paper.bibtex())


def _given(folder: Path | None) -> Path:
    if folder is None:
        raise InputError("claims: no folder of results is here; name one with --claims")
    return folder


def _confirm_stale(folder: Path, wing: Wing | None) -> None:
    """One seed of every stale record again; those that do not stand are told, and stay stale."""
    for one in sorted(_of(wing), key=lambda one: one.claim.minutes / one.claim.seeds):
        try:
            if not _has_seeds(one, folder) or is_fresh(one, folder):
                continue
            differing = confirm(one, Setting.SMALL, claims=folder, say=console.say)
            told = f"{len(differing)} differ, the first: {differing[0]}" if differing else standing(one, folder)
        except CounterpointError as error:
            told = f"could not be confirmed: {error}"
        console.result(f"{one.paper.short}: {told}")


def _has_seeds(one: PaperFile, folder: Path) -> bool:
    record = read_record(one, Setting.SMALL, folder)
    return record is not None and bool(record.figures)


def _of(wing: Wing | None) -> list[PaperFile]:
    return [one for one in all_papers() if wing is None or one.paper.wing is wing]


def _cost(claim: Claim) -> str:
    return f"{claim.minutes:g} min on 2 cores"


def _line(one: Finding) -> str:
    check = one.check
    text = f"{one.verdict.value}: {check.measure} of {check.side} {_spread(one.values)}"
    if isinstance(check, Better):
        interval = f"{one.mean:+.4g} [{one.low:+.4g}, {one.high:+.4g}]"
        return f"{text}, of {check.than} {_spread(one.against)}; better by {interval}"
    return f"{text}, must be {check.bounds}"


def _spread(values: tuple[float, ...]) -> str:
    return f"{sum(values) / len(values):.4g} ({', '.join(f'{value:.4g}' for value in values)})"
