"""A verdict in words: that of all checks, and of each of the data that a claim looks at."""

from collections.abc import Sequence

from counterpoint.experiments.claim import Finding, verdict_of


def verdict_in_words(findings: Sequence[Finding]) -> str:
    """The worst of all checks; in brackets that of each of the data that the claim names, in its order."""
    named = dict.fromkeys(one.check.on for one in findings if one.check.on)
    parts = [f"{data}: {verdict_of([one for one in findings if one.check.on == data]).value}" for data in named]
    return verdict_of(findings).value + (f" ({'; '.join(parts)})" if parts else "")
