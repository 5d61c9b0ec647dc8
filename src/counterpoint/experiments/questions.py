"""A diagnosis as questions and answers, for a page: pictures first, then pairs to look at, then the measures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from counterpoint.evaluation.diagnosis import (
    Bars,
    Curve,
    Diagnosis,
    Figure,
    Finding,
    Histogram,
    Hubs,
    Pairs,
    Range,
    Spectrum,
    State,
)
from counterpoint.experiments.report import Chart, Item, Question, Reading, Series, ShownPair

Side = Literal["anchors", "positives"]
Shows = Callable[[Side, int], Item]
"""An example by the side it is on and its row in the data that were diagnosed."""

MOST_PAIRS = 8
MOST_BARS = 40
_WORST_FIRST = (State.FAULT, State.WARNING, State.FINE, State.SKIPPED)


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """Which parts of a diagnosis answer a question."""

    name: str
    title: str
    groups: tuple[str, ...]
    figures: tuple[str, ...] = ()
    pairs: str = ""
    fine: str


ASKED = (
    _Asked(
        name="collapse", title="Is it collapsed?", groups=("space", "rank"), figures=("spectrum",),
        fine="No: the embeddings fill the directions they have.",
    ),
    _Asked(
        name="hardest-pairs", title="Which pairs are hardest?", groups=("scores",), figures=("scores",),
        pairs="hardest_pairs", fine="Positive pairs are more similar than negative ones.",
    ),
    _Asked(
        name="false-negatives", title="What are the false negatives?", groups=("negatives",), pairs="false_negatives",
        fine="Few negatives are nearer than the positive.",
    ),
    _Asked(
        name="duplicates", title="Are examples there twice?", groups=(), pairs="duplicates",
        fine="These rows are as good as the same.",
    ),
    _Asked(
        name="temperature", title="Does the temperature fit?", groups=("batch",), figures=("temperature",),
        fine="The push on negatives is spread over enough of them.",
    ),
    _Asked(
        name="gap", title="Are the two sides apart?", groups=("modality gap",),
        fine="Both sides lie in the same place.",
    ),
    _Asked(
        name="hubs", title="Is anything everybody's neighbour?", groups=("neighbours",), figures=("hubs",),
        fine="Neighbours are spread over the rows.",
    ),
    _Asked(
        name="groups", title="Whom does it serve worst?", groups=("groups", "classes", "bias"),
        figures=("groups", "factors"), fine="No group stands out.",
    ),
    _Asked(
        name="others", title="How does it differ from the other space?", groups=("other spaces",),
        fine="The measures below say by how much.",
    ),
)  # fmt: skip
"""The questions in the order of the page."""


def questions(diagnosis: Diagnosis, shows: Shows) -> tuple[Question, ...]:
    """Every question that some measure or picture answers.

    Args:
        diagnosis: What was found.
        shows: Looks an example up.
    """
    figures = {one.name: one for one in diagnosis.figures}
    known = {group for asked in ASKED for group in asked.groups}
    left = sorted({one.group for one in diagnosis.findings} - known)
    more = tuple(
        _Asked(name=_place(group), title=group.capitalize(), groups=(group,), fine="The measures below say it.")
        for group in left
    )
    found = (_question(asked, diagnosis, figures, shows) for asked in (*ASKED, *more))
    return tuple(
        one for one in found if one.charts or one.pairs or any(line.value is not None for line in one.readings)
    )


def _question(asked: _Asked, diagnosis: Diagnosis, figures: Mapping[str, Figure], shows: Shows) -> Question:
    findings = [one for one in diagnosis.findings if one.group in asked.groups]
    findings.sort(key=lambda one: _WORST_FIRST.index(one.state))
    pairs = figures.get(asked.pairs)
    return Question(
        name=asked.name,
        title=asked.title,
        answer=_answer(asked, findings),
        state=(findings[0].state if findings else State.FINE).value,
        charts=tuple(chart_of(figures[name]) for name in asked.figures if name in figures),
        pairs=() if not isinstance(pairs, Pairs) else _pairs(pairs, shows),
        pairs_title=_pairs_title(pairs),
        readings=tuple(reading_of(one) for one in findings),
    )


def _pairs_title(pairs: Figure | None) -> str:
    if not isinstance(pairs, Pairs):
        return ""
    return f"{pairs.title}: first what belongs to it, then the stranger" if pairs.rivals else pairs.title


def _answer(asked: _Asked, findings: list[Finding]) -> str:
    """What is wrong, in the words of the measures that say so; what is right otherwise."""
    for state in (State.FAULT, State.WARNING):
        wrong = [one for one in findings if one.state is state]
        if wrong:
            named = dict.fromkeys(one.fault or one.name.replace("_", " ") for one in wrong)
            changes = dict.fromkeys(one.change for one in wrong if one.change)
            return f"{', '.join(named).capitalize()}. {' '.join(changes)}".strip()
    return asked.fine


def reading_of(finding: Finding) -> Reading:
    """One measure as a line of a table."""
    return Reading(
        name=finding.name, state=finding.state.value, definition=f"{finding.definition}. {finding.citation}",
        healthy=in_words(finding.healthy), value=finding.value, low=finding.low, high=finding.high,
        meaning=finding.meaning or finding.reason or "", change=finding.change,
    )  # fmt: skip


def in_words(healthy: Range) -> str:
    """A range as a reader wants it; empty where any value will do."""
    if healthy.low is not None and healthy.high is not None:
        return f"{healthy.low:g} to {healthy.high:g}"
    if healthy.low is not None:
        return f"at least {healthy.low:g}"
    if healthy.high is not None:
        return f"at most {healthy.high:g}"
    return ""


def chart_of(figure: Figure) -> Chart:
    """The picture of a figure.

    Raises:
        TypeError: A kind of figure that has no picture.
    """
    match figure:
        case Spectrum():
            line = Series(name="share", x=tuple(float(k + 1) for k in range(len(figure.values))), y=figure.values)
            return Chart(title=figure.title, x_name="direction", y_name="share of the whole", series=(line,))
        case Histogram():
            middle = tuple((a + b) / 2 for a, b in zip(figure.edges, figure.edges[1:], strict=False))
            lines = tuple(Series(name=name, x=middle, y=values) for name, values in figure.series)
            return Chart(title=figure.title, x_name="cosine similarity", y_name="density", series=lines)
        case Hubs():
            bars = Series(name="rows", x=tuple(map(float, figure.counts)), y=tuple(map(float, figure.rows)))
            of = f"times among the {figure.k} nearest"
            return Chart(title=figure.title, x_name=of, y_name="rows", series=(bars,), bars=True)
        case Curve():
            lines = tuple(Series(name=name, x=figure.x, y=values) for name, values in figure.series[:2])
            log = min(figure.x) > 0
            return Chart(title=figure.title, x_name=figure.x_name, y_name="", series=lines, log_x=log)
        case Bars():
            return _bars(figure)
        case _:
            raise TypeError(f"{type(figure).__name__} {figure.name!r} has no picture")


def _bars(figure: Bars) -> Chart:
    """The lowest groups, lowest first: with many of them the good ones are left out."""
    order = sorted(range(len(figure.values)), key=figure.values.__getitem__)[:MOST_BARS]

    def kept(values: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(values[place] for place in order)

    names = tuple(figure.groups[place] for place in order)
    bars = Series(name=figure.value_name, x=names, y=kept(figure.values), low=kept(figure.low), high=kept(figure.high))
    return Chart(title=figure.title, x_name="", y_name=figure.value_name, series=(bars,), bars=True)


def _pairs(figure: Pairs, shows: Shows) -> tuple[ShownPair, ...]:
    other_side: Side = "positives" if figure.side == "positives" else "anchors"
    return tuple(
        ShownPair(
            anchor=shows("anchors", figure.rows[k]),
            other=shows(other_side, figure.others[k]),
            similarity=figure.similarities[k],
            rival=shows(other_side, figure.rivals[k]) if figure.rivals else None,
            rival_similarity=figure.rival_similarities[k] if figure.rivals else None,
        )
        for k in range(min(MOST_PAIRS, len(figure.rows)))
    )


def _place(group: str) -> str:
    return "".join(letter if letter.isalpha() else "-" for letter in group.lower())
