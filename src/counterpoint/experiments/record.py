"""What a claim's runs gave, kept in a file with what it depends on, so that a stale claim shows itself."""

import platform
import subprocess
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from counterpoint.base.errors import InputError
from counterpoint.base.files import read_json, write_json
from counterpoint.base.spec import from_json, to_json
from counterpoint.experiments.claim import Better, Claim, Figures, Finding, Setting
from counterpoint.experiments.paper_file import PaperFile
from counterpoint.experiments.sources import HOUSE, fingerprint_sources
from counterpoint.experiments.verdict_words import verdict_in_words

RUNNER = Path(__file__).with_name("experiment.py")
PACKAGES = ("torch", "numpy", "scikit-learn")
FULL_SEEDS = 3
"""At a paper's own scale, where a seed may take an hour; a claim that asks for fewer has fewer."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """What was measured, what follows, and what it rests on.

    Attributes:
        paper: Short name.
        setting: How large the runs were.
        statement: The claim in words, as it was then.
        figures: Of each seed so far, from 0 on: every measure of every side.
        findings: One for every check; none until all seeds are done.
        seconds: What the seeds took.
        commit: Of the sources, where they were under git; with ``+`` where a file had changed since.
        fingerprint: Digest of the paper's file and of every source file of ours that its runs depend on.
        versions: Of Python and the packages that compute.
        confirmed: The seed that was run again with these sources and came out the same, where the others are of
            earlier ones (:mod:`counterpoint.experiments.confirm`); None where all seeds are of these.
    """

    paper: str
    setting: Setting
    statement: str
    figures: tuple[Figures, ...] = ()
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0
    commit: str | None
    fingerprint: str
    versions: dict[str, str]
    confirmed: int | None = None


def claims_folder() -> Path | None:
    """``claims/`` at the root of the repository; None where the package was installed without one."""
    root = HOUSE.parents[1]
    return root / "claims" if (root / "pyproject.toml").is_file() else None


def seeds_asked(claim: Claim, setting: Setting) -> int:
    """How many runs of each side a verdict takes."""
    return min(claim.seeds, FULL_SEEDS) if setting is Setting.FULL else claim.seeds


def begun_record(file: PaperFile, setting: Setting, folder: Path | None) -> Record:
    """The record to go on from, if its sources are the same and seeds or checks are to be done; else an empty one."""
    new = empty_record(file, setting)
    kept = None if folder is None else read_record(file, setting, folder)
    if kept is None or _answers(kept, file) or kept.fingerprint != new.fingerprint or kept.versions != new.versions:
        return new
    if not all(_holds_what_is_asked(one, file.claim) for one in kept.figures):
        return new
    return replace(kept, statement=new.statement, findings=())


def empty_record(file: PaperFile, setting: Setting) -> Record:
    """What a record made now rests on, before its first seed."""
    return Record(
        paper=file.paper.short,
        setting=setting,
        statement=file.claim.statement,
        commit=_commit(),
        fingerprint=current_fingerprint(file),
        versions={"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
    )


def write_record(record: Record, folder: Path) -> None:
    """Keep a record; an earlier one of the same paper and setting is replaced.

    Raises:
        StorageError: Writing failed.
    """
    write_json(_path(record.paper, record.setting, folder), to_json(record))


def read_record(file: PaperFile, setting: Setting, folder: Path) -> Record | None:
    """The record kept for a paper; None where there is none.

    Raises:
        InputError: The file is not what :func:`write_record` wrote.
    """
    path = _path(file.paper.short, setting, folder)
    if not path.is_file():
        return None
    record = from_json(read_json(path))
    if not isinstance(record, Record):
        raise InputError(f"{path} does not hold a record of a claim")
    return record


def current_fingerprint(file: PaperFile) -> str:
    """The digest that a record made now would have; a record with another one is stale."""
    return fingerprint_sources([file.file] if file.trial is not None else [file.file, RUNNER])


def is_fresh(file: PaperFile, folder: Path, *, setting: Setting = Setting.SMALL) -> bool:
    """There is a verdict on what the claim asks now, and it was made with these sources."""
    record = read_record(file, setting, folder)
    return record is not None and _stands(record, file)


def standing(file: PaperFile, folder: Path | None, *, setting: Setting = Setting.SMALL) -> str:
    """In a few words: the verdict, also on each of the data, whether it is stale, or that there is none yet."""
    record = None if folder is None else read_record(file, setting, folder)
    if record is None:
        return "not run"
    if not record.findings:
        return "unfinished"
    verdict = verdict_in_words(record.findings)
    return verdict if _stands(record, file) else f"{verdict} (stale)"


def _stands(record: Record, file: PaperFile) -> bool:
    return _answers(record, file) and record.fingerprint == current_fingerprint(file)


def _answers(record: Record, file: PaperFile) -> bool:
    """It has all seeds of the claim, and says of each of its checks what follows for it now."""
    if (
        len(record.figures) < seeds_asked(file.claim, record.setting)
        or tuple(one.check for one in record.findings) != file.claim.checks
    ):
        return False
    now = file.claim.decide(record.figures)
    return all(one.verdict is again.verdict for one, again in zip(record.findings, now, strict=True))


def _holds_what_is_asked(figures: Figures, claim: Claim) -> bool:
    """Every check finds the measure that it is about, of its side and of whom that should beat."""
    asked = [(one.measure, one.side) for one in claim.checks]
    asked += [(one.measure, one.than) for one in claim.checks if isinstance(one, Better)]
    return all(measure in figures.get(side, {}) for measure, side in asked)


def _path(short: str, setting: Setting, folder: Path) -> Path:
    return folder / f"{short.lower()}-{setting}.json"


def _commit() -> str | None:
    head = _git("rev-parse", "HEAD")
    return None if head is None else head + ("+" if _git("status", "--porcelain", "--", str(HOUSE)) else "")


def _git(*arguments: str) -> str | None:
    """What git says about the sources; None where they are not under git."""
    try:
        done = subprocess.run(["git", *arguments], cwd=HOUSE, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
