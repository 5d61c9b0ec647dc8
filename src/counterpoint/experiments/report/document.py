"""All that a report shows, put together."""

from dataclasses import dataclass, field
from typing import Any

from counterpoint.experiments.report.content import Comparison, Map, Neighbours, SimilarityPlot
from counterpoint.experiments.report.question import Question


@dataclass(frozen=True, kw_only=True, eq=False)
class Report:
    """Everything on the page; every part but the title may be left out and is then not shown.

    Attributes:
        title: Heading of the page.
        subtitle: One line under it: the data, the model, the size.
        summary: Sentences, the most important first.
        reproduce: Shell commands that repeat the run, one a line.
        configuration: Nested plain values, as in ``config.json``.
        curves: Records of ``metrics.jsonl``; each has a ``step``.
        scores: Measures with their comparisons; the first is the headline.
        similarities: Similarities of pairs before and after training.
        questions: What a diagnosis answers, each with a section of its own.
        map: The examples in the plane.
        neighbours: Queries with what was found.
        notes: What a reader must know before believing the numbers.
    """

    title: str
    subtitle: str = ""
    summary: tuple[str, ...] = ()
    reproduce: str = ""
    configuration: dict[str, Any] = field(default_factory=dict)
    curves: tuple[dict[str, Any], ...] = ()
    scores: tuple[Comparison, ...] = ()
    similarities: SimilarityPlot | None = None
    questions: tuple[Question, ...] = ()
    map: Map | None = None
    neighbours: tuple[Neighbours, ...] = ()
    notes: tuple[str, ...] = ()
