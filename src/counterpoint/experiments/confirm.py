"""Whether a record still stands after its sources changed: one of its seeds is run again and must come out the same."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import isclose, isnan
from pathlib import Path

from counterpoint.base.errors import InputError
from counterpoint.experiments.claim import Figures, Setting
from counterpoint.experiments.paper_file import PaperFile
from counterpoint.experiments.record import empty_record, read_record, seeds_asked, write_record
from counterpoint.experiments.reproduce import measure

CLOSE, NOTHING = 1e-4, 1e-6
"""Relative and absolute difference of figures that count as the same: figures are shown with four digits, errors of
rounding in float32 are of that size, and training that goes another way differs by far more."""


def confirm(
    file: PaperFile,
    setting: Setting,
    *,
    claims: Path,
    say: Callable[[str], None] = lambda text: None,
) -> tuple[str, ...]:
    """Run one seed of a record again; where all its figures come out as they were kept, the record stands.

    Most changes of a shared file leave a paper's figures as they are, and its record stale all the same. Which seed is
    run follows from the digest of the sources, so that one change after another is tried with different ones. Where a
    figure differs, which also other hardware can bring about, the record is left as it is, and stale.

    Args:
        file: The paper.
        setting: Of the record.
        claims: Folder in which it is kept; written to where the record stands.
        say: Told of warnings.

    Returns:
        What differs, in words; nothing where the record stands.

    Raises:
        InputError: There is no record with all seeds and figures that the claim asks for, or the paper cannot be run.
    """
    kept = read_record(file, setting, claims)
    if kept is None or not kept.figures:
        raise InputError(f"{file.paper.short} has no record of the setting {setting.value} in {claims}: reproduce it")
    if len(kept.figures) < seeds_asked(file.claim, setting):
        asked = seeds_asked(file.claim, setting)
        raise InputError(f"the record of {file.paper.short} has {len(kept.figures)} of {asked} seeds: reproduce it")
    # Before a seed is run: a figure that is asked for now and was not kept is named here.
    kept = replace(kept, statement=file.claim.statement, findings=file.claim.decide(kept.figures))
    now = empty_record(file, setting)
    if (kept.fingerprint, kept.versions) == (now.fingerprint, now.versions):
        write_record(kept, claims)
        return ()
    seed = int(now.fingerprint, 16) % len(kept.figures)
    differing = tuple(_differing(kept.figures[seed], measure(file, setting, seed, say=say)))
    if not differing:
        write_record(
            replace(now, figures=kept.figures, findings=kept.findings, seconds=kept.seconds, confirmed=seed), claims
        )
    return tuple(f"seed {seed}, {one}" for one in differing)


def _differing(kept: Figures, again: Figures) -> Iterator[str]:
    for side, measures in kept.items():
        for name, value in measures.items():
            found = again.get(side, {}).get(name)
            if found is None:
                yield f"{side}: {name} is not measured any more"
            elif not (isclose(found, value, rel_tol=CLOSE, abs_tol=NOTHING) or (isnan(found) and isnan(value))):
                yield f"{side}: {name} was {value:.6g} and is {found:.6g}"
