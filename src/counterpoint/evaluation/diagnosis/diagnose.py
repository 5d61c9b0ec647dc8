"""All measures on one subject, and what they add up to."""

from pathlib import Path

from counterpoint.base.errors import InputError
from counterpoint.base.files import read_json, write_json
from counterpoint.base.spec import from_json, to_json
from counterpoint.evaluation.diagnosis import (
    batch,
    bias,
    classes,
    gap,
    groups,
    hubs,
    negatives,
    other_models,
    rank,
    scores,
    space,
)
from counterpoint.evaluation.diagnosis.figures import Figure
from counterpoint.evaluation.diagnosis.finding import Diagnosis, Diagnostic, Fault, Finding, Found, State
from counterpoint.evaluation.diagnosis.subject import Subject

DIAGNOSTICS: tuple[Diagnostic, ...] = (
    *space.MEASURES,
    *rank.MEASURES,
    *scores.MEASURES,
    *classes.MEASURES,
    *batch.MEASURES,
    *negatives.MEASURES,
    *gap.MEASURES,
    *hubs.MEASURES,
    *groups.MEASURES,
    *bias.MEASURES,
    *other_models.MEASURES,
)
"""Every measure, in the order of tables. A further group is a further tuple here."""

LIVE: tuple[Diagnostic, ...] = tuple(
    one for one in DIAGNOSTICS if one.name in ("spread", "uniformity", "isotropy", "effective_rank", "effective_share")
)
"""What a training run can afford every so many steps."""

EXPLAINED = {
    space.COLLAPSE: frozenset(
        {rank.DIMENSIONAL, batch.TOO_HIGH, "duplicated data", "hubs", "positives not told apart", "class collapse"}
    ),
    rank.DIMENSIONAL: frozenset({"duplicated data"}),
    gap.GAP: frozenset({"positives not aligned", "positives not told apart"}),
}
"""What follows from a fault and is not told as one of its own."""


def diagnose(subject: Subject, diagnostics: tuple[Diagnostic, ...] = DIAGNOSTICS) -> Diagnosis:
    """Run all measures; one that does not apply is skipped with its reason, and the others still run.

    Args:
        subject: Embeddings and what is known of their rows.
        diagnostics: Measures to run.
    """
    findings: list[Finding] = []
    figures: list[Figure] = []
    for one in diagnostics:
        try:
            result = one.compute(subject)
        except InputError as error:
            findings.append(_finding(one, State.SKIPPED, reason=str(error)))
            continue
        findings.append(judged(one, result))
        figures.extend(result.figures)
    return Diagnosis(about=subject.about, faults=faults_of(findings), findings=tuple(findings), figures=tuple(figures))


def judged(diagnostic: Diagnostic, result: Found) -> Finding:
    """A result next to the healthy range."""
    state = diagnostic.healthy.state(result.value)
    wrong = state is not State.FINE
    fault = diagnostic.fault_below if diagnostic.healthy.is_low(result.value) else diagnostic.fault
    return _finding(
        diagnostic, state, value=result.value, low=result.low, high=result.high, n=result.n, interval=result.interval,
        meaning=result.meaning, fault=fault if wrong else None, change=diagnostic.change if wrong else "",
    )  # fmt: skip


def _finding(one: Diagnostic, state: State, **found: object) -> Finding:
    return Finding(
        name=one.name, group=one.group, definition=one.definition, citation=one.citation, healthy=one.healthy,
        state=state, **found,  # pyright: ignore[reportArgumentType]
    )  # fmt: skip


def faults_of(findings: list[Finding]) -> tuple[Fault, ...]:
    """Findings in state fault by the name of what is wrong, without what another fault explains."""
    named: dict[str, list[Finding]] = {}
    for one in findings:
        if one.state is State.FAULT:
            named.setdefault(one.fault or one.name, []).append(one)
    explained = frozenset().union(*(EXPLAINED.get(name, frozenset()) for name in named))
    return tuple(
        Fault(name=name, because=tuple(one.name for one in found), change=found[0].change)
        for name, found in named.items()
        if name not in explained
    )


def write_diagnosis(path: Path, diagnosis: Diagnosis) -> None:
    """Write ``diagnosis.json``.

    Raises:
        StorageError: The file cannot be written.
    """
    write_json(path, to_json(diagnosis))


def read_diagnosis(path: Path) -> Diagnosis:
    """Read what :func:`write_diagnosis` wrote.

    Raises:
        InputError: The file is missing or holds something else.
    """
    found = from_json(read_json(path))
    if not isinstance(found, Diagnosis):
        raise InputError(f"{path} holds no diagnosis")
    return found
