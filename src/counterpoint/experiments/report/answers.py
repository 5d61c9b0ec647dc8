"""Questions ready to lay out: words for numbers, small pictures of examples, and series for the drawing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterpoint.experiments.report.content import Neighbours
from counterpoint.experiments.report.gallery import Gallery, gallery
from counterpoint.experiments.report.question import Chart, Question, Reading, Series
from counterpoint.experiments.report.text import number

MARKS = {"fine": "✓", "warning": "▲", "fault": "✖", "skipped": "○"}
"""Beside the words, so that no colour is needed to tell states apart."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One reading in words."""

    name: str
    state: str
    mark: str
    value: str
    interval: str
    healthy: str
    meaning: str
    change: str
    definition: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One question in words; ``charts`` are numbers into the list of all drawings."""

    name: str
    title: str
    answer: str
    state: str
    mark: str
    charts: tuple[dict[str, Any], ...]
    pairs: Gallery
    pairs_title: str
    lines: tuple[Line, ...]


def answers(questions: Sequence[Question]) -> tuple[Answer, ...]:
    """Every question; its drawings are numbered through the page."""
    found: list[Answer] = []
    drawn = 0
    for one in questions:
        charts = tuple({**chart(each), "place": drawn + place} for place, each in enumerate(one.charts))
        drawn += len(charts)
        found.append(
            Answer(
                name=one.name, title=one.title, answer=one.answer, state=one.state, mark=MARKS[one.state],
                charts=charts, pairs=gallery(_shelves(one)), pairs_title=one.pairs_title,
                lines=tuple(_line(reading) for reading in one.readings),
            )
        )  # fmt: skip
    return tuple(found)


def chart(one: Chart) -> dict[str, Any]:
    """A chart as plain data, with a sentence for who cannot see it."""
    return {
        "title": one.title,
        "x_name": one.x_name,
        "y_name": one.y_name,
        "bars": one.bars,
        "log_x": one.log_x,
        "series": [_series(each) for each in one.series],
        "summary": ". ".join(_in_words(each) for each in one.series),
    }


def _series(one: Series) -> dict[str, Any]:
    def rounded(values: Sequence[float]) -> list[float]:
        return [float(f"{value:.5g}") for value in values]

    places = list(one.x) if any(isinstance(value, str) for value in one.x) else rounded([float(x) for x in one.x])
    ends = {"low": rounded(one.low), "high": rounded(one.high)}
    return {"name": one.name, "x": places, "y": rounded(one.y), **ends}


def _in_words(one: Series) -> str:
    place = max(range(len(one.y)), key=one.y.__getitem__)
    at = one.x[place] if isinstance(one.x[place], str) else number(float(one.x[place]))
    return f"{one.name}: {len(one.y)} values from {number(min(one.y))} to {number(max(one.y))}, largest at {at}"


def _line(one: Reading) -> Line:
    interval = "" if one.low is None or one.high is None else f"{number(one.low)} to {number(one.high)}"
    return Line(
        name=one.name.replace("_", " "), state=one.state, mark=MARKS[one.state],
        value="" if one.value is None else number(one.value), interval=interval, healthy=one.healthy,
        meaning=one.meaning, change=one.change, definition=one.definition,
    )  # fmt: skip


def _shelves(question: Question) -> tuple[Neighbours, ...]:
    """An anchor with what it is paired with, and its rival behind it."""
    shelves: list[Neighbours] = []
    for pair in question.pairs:
        hits = [(pair.other, pair.similarity)]
        if pair.rival is not None and pair.rival_similarity is not None:
            hits.append((pair.rival, pair.rival_similarity))
        shelves.append(Neighbours(query=pair.anchor, hits=tuple(hits)))
    return tuple(shelves)
