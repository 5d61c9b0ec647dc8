"""What a page says to one question: an answer, pictures, readings with their healthy range, and pairs to look at."""

import math
from dataclasses import dataclass

from counterpoint.base.errors import InputError
from counterpoint.experiments.report.content import Item

STATES = ("fine", "warning", "fault", "skipped")


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line or one set of bars.

    Attributes:
        name: What it is.
        x: Numbers, or names for bars.
        y: Finite numbers, as many.
        low: Lower ends of intervals, or empty.
        high: Upper ends, exactly when ``low`` is given.
    """

    name: str
    x: tuple[float, ...] | tuple[str, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.y or len(self.x) != len(self.y) or len(self.low) != len(self.high):
            raise InputError(f"series {self.name!r}: {len(self.x)} places for {len(self.y)} values")
        if self.low and len(self.low) != len(self.y):
            raise InputError(f"series {self.name!r}: {len(self.low)} intervals for {len(self.y)} values")
        if not all(math.isfinite(value) for value in (*self.y, *self.low, *self.high)):
            raise InputError(f"series {self.name!r} has a value that is not finite")


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A picture with axes.

    Attributes:
        title: What is to be seen.
        x_name: Under the axis.
        y_name: Beside the axis.
        series: At least one; at most two lines.
        bars: Draw bars in place of lines.
        log_x: A logarithmic axis.
    """

    title: str
    x_name: str
    y_name: str
    series: tuple[Series, ...]
    bars: bool = False
    log_x: bool = False

    def __post_init__(self) -> None:
        if not 1 <= len(self.series) <= 2:
            raise InputError(f"chart {self.title!r} must show one or two series, got {len(self.series)}")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One measure.

    Attributes:
        name: Of the measure.
        state: ``fine``, ``warning``, ``fault`` or ``skipped``.
        definition: The formula in plain text, and where it is from.
        healthy: The healthy range in words; empty for any value.
        value: None where it was skipped.
        low: Lower end of its interval.
        high: Upper end.
        meaning: What the value says, or why it was skipped.
        change: What to change; empty where nothing is wrong.
    """

    name: str
    state: str
    definition: str
    healthy: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    meaning: str = ""
    change: str = ""

    def __post_init__(self) -> None:
        if self.state not in STATES:
            raise InputError(f"{self.name}: state must be one of {', '.join(STATES)}, got {self.state!r}")


@dataclass(frozen=True, kw_only=True, eq=False)
class ShownPair:
    """Two examples side by side, with a third that comes between them where there is one.

    Attributes:
        anchor: The example.
        other: What it is paired with.
        similarity: Of the two.
        rival: A wrong example that is nearer, or None.
        rival_similarity: Of anchor and rival; None exactly where there is no rival.
    """

    anchor: Item
    other: Item
    similarity: float
    rival: Item | None = None
    rival_similarity: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Question:
    """A question and its answer.

    Attributes:
        name: Of its place on the page: letters and hyphens.
        title: The question.
        answer: One or two sentences.
        state: The worst of its readings.
        charts: Pictures.
        pairs: Examples to look at.
        pairs_title: What they are.
        readings: Measures behind the answer.
    """

    name: str
    title: str
    answer: str
    state: str
    charts: tuple[Chart, ...] = ()
    pairs: tuple[ShownPair, ...] = ()
    pairs_title: str = ""
    readings: tuple[Reading, ...] = ()

    def __post_init__(self) -> None:
        if self.state not in STATES:
            raise InputError(f"{self.title}: state must be one of {', '.join(STATES)}, got {self.state!r}")
        if not self.name.replace("-", "").isalpha():
            raise InputError(f"{self.title}: the name must be letters and hyphens, got {self.name!r}")
