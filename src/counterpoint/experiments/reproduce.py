"""Run what a paper compares over seeds, keep every seed, and say whether its claim holds."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from counterpoint.base.errors import InputError
from counterpoint.experiments.claim import Figures, Finding, Setting, figure
from counterpoint.experiments.experiment import run_experiment
from counterpoint.experiments.paper_file import PaperFile
from counterpoint.experiments.record import begun_record, seeds_asked, write_record


def reproduce(
    file: PaperFile,
    setting: Setting,
    *,
    say: Callable[[str], None] = lambda text: None,
    claims: Path | None = None,
) -> tuple[Finding, ...]:
    """Every side over the claim's seeds, three of them at the paper's own scale; what follows for each of its checks.

    Args:
        file: The paper.
        setting: How large.
        say: Told of every value as it comes, and of warnings.
        claims: Folder to keep every seed in as it is done, with what it depends on: a run that was cut short goes on
            from there, if its sources are still the same, and so does one whose claim has more seeds or other checks
            now. None keeps nothing.

    Raises:
        InputError: An experiment does not fit its data, or the claim is about something that is not measured.
    """
    if claims is not None and claims.exists() and not claims.is_dir():
        raise InputError(f"claims: a folder is expected, and {claims} is a file")
    record = begun_record(file, setting, claims)
    for seed in range(len(record.figures), seeds_asked(file.claim, setting)):
        started = time.monotonic()
        figures = measure(file, setting, seed, say=say)
        for check in file.claim.checks:
            say(f"seed {seed}, {check.side}: {check.measure} {figure(figures, check.side, check.measure):.4g}")
        seconds = record.seconds + time.monotonic() - started
        record = replace(record, figures=(*record.figures, figures), seconds=seconds)
        if claims is not None:
            write_record(record, claims)
    record = replace(record, findings=file.claim.decide(record.figures))
    if claims is not None:
        write_record(record, claims)
    return record.findings


def measure(file: PaperFile, setting: Setting, seed: int, *, say: Callable[[str], None] = lambda text: None) -> Figures:
    """All figures of one seed.

    Raises:
        InputError: Something does not fit, or a check is about what was not measured.
    """
    if file.trial is not None:
        figures = file.trial(setting, seed)
    else:
        assert file.sides is not None
        figures = {side: run_experiment(one.seeded(seed), say=say).figures for side, one in file.sides(setting).items()}
    file.claim.decide([figures, figures])  # a name that is not there should not cost all the seeds
    return figures
