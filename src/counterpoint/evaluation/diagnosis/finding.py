"""What a diagnosis says: one finding per measure, and the faults they add up to."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from counterpoint.evaluation.bootstrap import Measure
from counterpoint.evaluation.diagnosis.figures import Figure


class State(StrEnum):
    """How a value stands to the healthy range."""

    FINE = "fine"
    WARNING = "warning"
    FAULT = "fault"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class Range:
    """Healthy values, and where a warning becomes a fault; None is no bound.

    Attributes:
        low: Smallest healthy value; below is a warning.
        high: Largest healthy value; above is a warning.
        fault_low: Below is a fault.
        fault_high: Above is a fault.
    """

    low: float | None = None
    high: float | None = None
    fault_low: float | None = None
    fault_high: float | None = None

    def state(self, value: float) -> State:
        """Where a value lies."""
        if _outside(value, self.fault_low, self.fault_high):
            return State.FAULT
        return State.WARNING if _outside(value, self.low, self.high) else State.FINE

    def is_low(self, value: float) -> bool:
        """Whether a value that is not healthy lies below the range rather than above."""
        return _outside(value, self.low, None) or _outside(value, self.fault_low, None)


def _outside(value: float, low: float | None, high: float | None) -> bool:
    return (low is not None and value < low) or (high is not None and value > high)


ANY = Range()
"""No value is wrong by itself: read it next to another run's."""

BOOTSTRAP = "bootstrap"
HALVES = "half-samples"
BATCHES = "batches"
FORMULA = "closed form"


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a measure computed.

    Attributes:
        value: The number.
        low: Lower end of its interval.
        high: Upper end.
        n: Rows, pairs or batches it rests on.
        interval: How the interval was made: ``bootstrap``, ``half-samples``, ``batches`` or ``closed form``.
        meaning: What this value says, in one plain sentence.
        figures: What to draw.
    """

    value: float
    low: float
    high: float
    n: int
    interval: str
    meaning: str
    figures: tuple[Figure, ...] = ()


def found(measure: Measure, meaning: str, *figures: Figure, interval: str = BOOTSTRAP) -> Found:
    """A measure with its interval, and what it means."""
    return Found(
        value=measure.value, low=measure.low, high=measure.high, n=measure.n, interval=interval, meaning=meaning,
        figures=figures,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Diagnostic:
    """A measure and how it is judged.

    Attributes:
        name: As in ``diagnosis.json``.
        group: What it is about; tables are ordered by it.
        definition: The formula in plain text.
        citation: Where it is from.
        compute: A :class:`~counterpoint.evaluation.diagnosis.subject.Subject` to what was found; raises ``InputError``
            with the reason where it does not apply.
        healthy: Where values of good runs lie (docs/diagnose.md has the measurements).
        fault: What is wrong above the range.
        fault_below: What is wrong below the range, where that is another fault.
        change: What to change when it is not healthy.
    """

    name: str
    group: str
    definition: str
    citation: str
    compute: Callable[[Any], Found]
    healthy: Range = ANY
    fault: str | None = None
    fault_below: str | None = None
    change: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of a diagnosis.

    Attributes:
        name: Of the measure.
        group: What it is about.
        definition: The formula in plain text.
        citation: Where it is from.
        state: Fine, warning, fault or skipped.
        healthy: The healthy range.
        value: None where skipped, as are ``low``, ``high``, ``n``, ``interval``, ``meaning``.
        low: Lower end of the 95 % interval.
        high: Upper end.
        n: Rows, pairs or batches it rests on.
        interval: How the interval was made.
        meaning: What this value says.
        fault: What is wrong, where the state is a warning or a fault and the measure has a name for it.
        change: What to change; empty where it is fine or skipped.
        reason: Why it was skipped.
    """

    name: str
    group: str
    definition: str
    citation: str
    state: State
    healthy: Range
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    interval: str | None = None
    meaning: str | None = None
    fault: str | None = None
    change: str = ""
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that is wrong, and the measures that say so.

    Attributes:
        name: Such as ``collapse``.
        because: Names of the findings in state ``fault``.
        change: What to change.
    """

    name: str
    because: tuple[str, ...]
    change: str


@dataclass(frozen=True, kw_only=True)
class About:
    """What was looked at.

    Attributes:
        rows: Anchors there are.
        looked_at: Rows that measures of pairs and neighbours look at; fewer than ``rows`` where it was sampled.
        dim: Dimensions of an embedding.
        seed: Of all draws.
        positives: Whether row i has a partner.
        classes: Different labels; None without labels.
        temperature: Of the run's objective; None where it has none.
        batch_size: Rows of a batch.
        name: What was diagnosed, such as the run folder.
        on: What data, such as ``set:digits``.
        against: What it was compared with.
    """

    rows: int
    looked_at: int
    dim: int
    seed: int
    positives: bool
    classes: int | None
    temperature: float | None
    batch_size: int
    name: str = ""
    on: str = ""
    against: str = ""


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """All findings about one set of embeddings; ``diagnosis.json`` is this, by ``to_json``.

    Attributes:
        about: What was looked at.
        faults: What is wrong; empty for a healthy run.
        findings: One per measure, in the order of the registry, skipped ones included.
        figures: What pictures are drawn from, each with a ``type`` and a ``name``.
    """

    about: About
    faults: tuple[Fault, ...]
    findings: tuple[Finding, ...]
    figures: tuple[Figure, ...]
