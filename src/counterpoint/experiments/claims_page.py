"""The page of all claims: what each paper's file implements, what was measured, and what follows."""

from collections.abc import Iterable
from pathlib import Path
from statistics import mean, stdev

from counterpoint.experiments.claim import Better, Claim, Finding, Setting, Wing, figure
from counterpoint.experiments.paper_file import PaperFile
from counterpoint.experiments.published import Published
from counterpoint.experiments.record import Record, read_record
from counterpoint.experiments.verdict_words import verdict_in_words

_HEAD = """# Papers and their claims

Made by `counterpoint papers --markdown` from the files of `papers/` and the records in `claims/`, which `make claims`
writes. Every figure was measured on 2 cores over the seeds given. *Holds*: every check of the claim does, with every
seed where there are bounds, and with the whole 95 % t-interval of the paired differences where two sides are compared.
*Does not hold here*: a check came out the other way at this size. *Undecided*: an interval crosses the line.
The verdict of a claim is the worst of all its checks; where it looks at made data and at real ones, each has its own.
`counterpoint papers` also says whether the sources have changed since.
"""


def claims_page(papers: Iterable[PaperFile], folder: Path) -> str:
    """The page in Markdown.

    Args:
        papers: In the order of the page.
        folder: Where records are kept; the verdict is that of the small setting, and what was run at the paper's own
            scale follows it.

    Raises:
        InputError: A record is damaged.
    """
    known = [(one, read_record(one, Setting.SMALL, folder), read_record(one, Setting.FULL, folder)) for one in papers]
    parts = [_HEAD]
    for wing in Wing:
        mine = [each for each in known if each[0].paper.wing is wing]
        if mine:
            overview = _overview([(one, record) for one, record, _ in mine])
            parts += [f"\n## {wing.value.capitalize()}\n", overview, *(_paper(*each) for each in mine)]
    return "\n".join(parts) + "\n"


def _overview(papers: list[tuple[PaperFile, Record | None]]) -> str:
    lines = ["| paper | file | what is implemented | verdict |", "|---|---|---|---|"]
    lines += [
        f"| [{one.paper.short}](#{one.paper.short.lower()}) | `papers/{one.file.name}` | {one.paper.implements} | "
        f"{_verdict(record)} |"
        for one, record in papers
    ]
    return "\n".join(lines)


def _verdict(record: Record | None) -> str:
    return "not run" if record is None or not record.findings else verdict_in_words(record.findings)


def _paper(one: PaperFile, record: Record | None, full: Record | None) -> str:
    paper = one.paper
    lines = [
        f"\n### {paper.short}",
        "",
        f"{paper.title}. {paper.authors} ({paper.year}), {paper.identifier}. Implements {paper.implements}.",
        f"Deviates: {paper.deviates}",
        "",
        f"Claim: {one.claim.statement} **{_verdict(record)[0].upper()}{_verdict(record)[1:]}.**",
    ]
    if record is not None and record.findings:
        lines += ["", *_findings(one.claim, record)]
    if full is not None and full.findings:
        lines += ["", f"At the paper's own scale: **{_verdict(full)}**.", "", *_findings(one.claim, full)]
        lines += _published(one.published, full)
    return "\n".join(lines)


def _findings(claim: Claim, record: Record) -> list[str]:
    commit = "" if record.commit is None else f", commit {record.commit[:10]}"
    again = "" if record.confirmed is None else f" Seed {record.confirmed} came out the same with later sources."
    return [
        "| check | measured | compared with | verdict |",
        "|---|---|---|---|",
        *(_finding(claim, one) for one in record.findings),
        "",
        f"{len(record.figures)} seeds, {record.seconds / 60:.1f} minutes{commit}.{again}",
    ]


def _published(figures: tuple[Published, ...], full: Record) -> list[str]:
    """The paper's figures beside ours: mean and standard deviation over seeds."""
    if not figures:
        return []
    lines = ["", "| figure | published | ours | source |", "|---|---|---|---|"]
    for one in figures:
        values = [figure(seed, one.side, one.measure) for seed in full.figures]
        spread = "" if one.spread is None else f" ± {one.spread:.3g}"
        ours = f"{mean(values):.4g} ± {stdev(values):.2g}"
        lines.append(f"| {one.side}: {one.measure} | {one.value:.4g}{spread} | {ours} | {one.source} |")
    return lines


def _finding(claim: Claim, one: Finding) -> str:
    check = one.check
    words = check.statement or claim.statement
    values = ", ".join(f"{value:.4g}" for value in one.values)
    measured = f"{check.side}: {check.measure} {values}"
    return f"| {words} | {measured} | {_compared(one)} | {one.verdict.value} |"


def _compared(one: Finding) -> str:
    check = one.check
    if isinstance(check, Better):
        values = ", ".join(f"{value:.4g}" for value in one.against)
        least = f", at least {check.by:g} asked" if check.by else ""
        return f"{check.than}: {values}; better by {one.mean:.4g} [{one.low:.4g}, {one.high:.4g}]{least}"
    return check.bounds
