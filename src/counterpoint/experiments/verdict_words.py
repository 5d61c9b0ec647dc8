"""A verdict in words: that of all checks, and of each of the data that a claim looks at."""

from collections.abc import Sequence

from counterpoint.experiments.claim import Finding, Verdict, verdict_of


def verdicts_by_data(findings: Sequence[Finding]) -> dict[str, Verdict]:
    """The verdict on each of the data that a claim names, in its order; nothing where it names none."""
    names = dict.fromkeys(one.check.on for one in findings if one.check.on)
    return {name: verdict_of([one for one in findings if one.check.on == name]) for name in names}


def verdict_in_words(findings: Sequence[Finding]) -> str:
    """The worst of all checks, and that of each of the data in brackets, where the claim names them."""
    parts = [f"{data}: {verdict.value}" for data, verdict in verdicts_by_data(findings).items()]
    return verdict_of(findings).value + (f" ({'; '.join(parts)})" if parts else "")
