"""Are a few rows everybody's neighbour, and can every row be found."""

import numpy as np

from counterpoint.evaluation import hubs
from counterpoint.evaluation.diagnosis.figures import Hubs
from counterpoint.evaluation.diagnosis.finding import Diagnostic, Found, Range, found
from counterpoint.evaluation.diagnosis.subject import Subject

GROUP = "neighbours"
K = 10
TOP = 24
_CENTRE = "Centre embeddings, or score by local scaling (CSLS); train longer or with more negatives."


def counts_of(subject: Subject) -> np.ndarray:
    """How often each sampled row is among the 10 nearest of another sampled row."""
    return hubs.neighbour_counts(subject.varied, k=K)


def _hubness(subject: Subject) -> Found:
    counts = counts_of(subject)
    one = hubs.hubness(counts, bootstrap=subject.bootstrap)
    values, rows = np.unique(counts, return_counts=True)
    top = np.argsort(-counts, kind="stable")[:TOP]
    figure = Hubs(
        name="hubs", title=f"How often a row is among the {K} nearest of another", k=K,
        counts=tuple(values.tolist()), rows=tuple(rows.tolist()), top=subject.named(subject.chosen[top]),
        top_counts=tuple(counts[top].tolist()),
    )  # fmt: skip
    return found(one, f"The largest hub is a neighbour of {counts.max()} rows, where {K} is the mean.", figure)


def _orphans(subject: Subject) -> Found:
    one = hubs.orphans(counts_of(subject), bootstrap=subject.bootstrap)
    return found(one, f"{one.value:.1%} of the rows are nobody's neighbour: a search never finds them.")


MEASURES = (
    Diagnostic(
        name="hubness", group=GROUP, definition="skewness of how often rows are among the 10 nearest, in the sample",
        citation="Radovanovic, Nanopoulos and Ivanovic 2010, JMLR 11", compute=_hubness,
        healthy=Range(high=3, fault_high=8), fault="hubs", change=_CENTRE,
    ),
    Diagnostic(
        name="orphans", group=GROUP, definition="share of rows that are among nobody's 10 nearest",
        citation="Radovanovic, Nanopoulos and Ivanovic 2010, JMLR 11 (anti-hubs)", compute=_orphans,
        healthy=Range(high=0.2, fault_high=0.6), fault="hubs", change=_CENTRE,
    ),
)  # fmt: skip
"""Of neighbours."""
