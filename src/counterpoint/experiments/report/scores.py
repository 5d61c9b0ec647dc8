"""Comparisons turned into dots, whiskers and a verdict in words."""

from collections.abc import Callable
from dataclasses import dataclass

from counterpoint.experiments.report.content import Comparison, ComparisonRow
from counterpoint.experiments.report.text import number, signed, tick_label, ticks


@dataclass(frozen=True, kw_only=True)
class Line:
    """One system's line of a dot-and-whisker drawing; places are percent of the axis, a whisker is (start, length)."""

    system: str
    value: str
    interval: str
    is_model: bool
    is_best: bool
    dot: float
    whisker: tuple[float, float] | None


@dataclass(frozen=True, kw_only=True)
class Card:
    """One measure, ready to draw: lines, axis ticks ``(percent, label)``, and what it amounts to."""

    measure: str
    explanation: str
    direction: str
    headline: str
    verdict: str
    tone: str
    lines: tuple[Line, ...]
    axis: tuple[tuple[float, str], ...]


def card(comparison: Comparison) -> Card:
    """Lay one comparison out on an axis just wide enough for its values and intervals."""
    rows = comparison.rows
    low, high = _range(rows)
    best = (max if comparison.greater_is_better else min)(row.value for row in rows)

    def place(value: float) -> float:
        return round(100 * (value - low) / (high - low), 2)

    model = next((row for row in rows if row.is_model), None)
    verdict, tone = _verdict(comparison, model)
    return Card(
        measure=comparison.measure,
        explanation=comparison.explanation,
        direction="higher is better" if comparison.greater_is_better else "lower is better",
        headline=number(model.value) if model else "",
        verdict=verdict,
        tone=tone,
        lines=tuple(_line(row, place, best) for row in rows),
        axis=tuple((place(value), tick_label(value)) for value in ticks(low, high)),
    )


def _line(row: ComparisonRow, place: Callable[[float], float], best: float) -> Line:
    ends = None if row.interval is None else tuple(place(end) for end in row.interval)
    return Line(
        system=row.system,
        value=number(row.value),
        interval="" if row.interval is None else " to ".join(number(end) for end in row.interval),
        is_model=row.is_model,
        is_best=row.value == best,
        dot=place(row.value),
        whisker=None if ends is None else (ends[0], round(ends[1] - ends[0], 2)),
    )


def _range(rows: tuple[ComparisonRow, ...]) -> tuple[float, float]:
    values = [value for row in rows for value in (row.value, *(row.interval or ()))]
    low, high = min(values), max(values)
    margin = 0.08 * (high - low) or 0.1 * max(abs(high), 1.0)
    # A measure that cannot leave 0..1 should not show an axis that does.
    floor = 0.0 if low >= 0 else low - margin
    ceiling = 1.0 if high <= 1 else high + margin
    return max(low - margin, floor), min(high + margin, ceiling)


def _verdict(comparison: Comparison, model: ComparisonRow | None) -> tuple[str, str]:
    """What the model gained over the strongest other system, in words, and ``better``, ``worse`` or ``even``."""
    others = [row for row in comparison.rows if not row.is_model]
    if model is None or not others:
        return "", "even"
    sign = 1 if comparison.greater_is_better else -1
    rival = max(others, key=lambda row: sign * row.value)
    gain = model.value - rival.value
    words = f"{signed(gain)} against {rival.system}"
    tone = "even" if gain == 0 else "better" if sign * gain > 0 else "worse"
    if model.interval is None or rival.interval is None:
        return f"{words}; no interval to judge it by", tone
    if model.interval[0] <= rival.interval[1] and rival.interval[0] <= model.interval[1]:
        return f"{words}: the intervals overlap, so this may be chance", "even"
    return f"{words}: the intervals do not overlap", tone
