"""Training records turned into a few small drawings."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.experiments.report.text import number

_POINTS = 1_200
_SMOOTH_FROM = 60
_PANELS = (
    ("Loss", ("loss",)),
    ("Similarity", ("positive_similarity", "negative_similarity")),
    ("Effective rank", ("effective_rank",)),
    ("Effective negatives", ("effective_negatives",)),
    ("Learning rate", ("learning_rate",)),
    ("Examples per second", ("examples_per_second",)),
)
_NOT_DRAWN = ("step", "epoch", "time")
_SHORT = {"positive_similarity": "positives", "negative_similarity": "negatives"}
_SMOOTHED = ("loss", "examples_per_second")


def panels(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One panel per quantity found in the records, known ones first; nothing for no records.

    Returns:
        Panels ``{"title", "summary", "lines": [{"name", "role", "x", "y", "smooth"}]}``: ``y`` has None where a value
        was not finite, ``smooth`` is a moving average or None.

    Raises:
        InputError: A record without a finite ``step``.
    """
    for index, record in enumerate(records):
        if _finite(record.get("step")) is None:
            raise InputError(f"training record {index} has no step: {sorted(record)}")
    known = {key for _, keys in _PANELS for key in keys}
    found = {key: None for record in records for key in record if key not in known and key not in _NOT_DRAWN}
    layout = _PANELS + tuple((key.replace("_", " ").capitalize(), (key,)) for key in found)
    drawn = []
    for title, keys in layout:
        lines = [line for key in keys if (line := _line(records, key)) is not None]
        if lines:
            drawn.append({"title": title, "summary": ". ".join(_summary(line) for line in lines), "lines": lines})
    return drawn


def _line(records: Sequence[dict[str, Any]], key: str) -> dict[str, Any] | None:
    pairs = [(_finite(record["step"]), _finite(record[key])) for record in records if _numeric(record.get(key))]
    if all(value is None for _, value in pairs):
        return None
    x = np.array([step for step, _ in pairs], dtype=np.float64)
    y = np.array([math.nan if value is None else value for _, value in pairs])
    smooth = _moving_average(y) if key in _SMOOTHED and len(y) >= _SMOOTH_FROM else None
    keep = _thin(y)
    return {
        "name": _SHORT.get(key, key.replace("_", " ")),
        "role": key,
        "x": [_short(value) for value in x[keep]],
        "y": [_short(value) for value in y[keep]],
        "smooth": None if smooth is None else [_short(value) for value in smooth[keep]],
        "first": number(y[np.isfinite(y)][0]),
        "last": number(y[-1]),
        "gaps": int((~np.isfinite(y)).sum()),
    }


def _summary(line: dict[str, Any]) -> str:
    gaps = f", {line['gaps']} records not finite" if line["gaps"] else ""
    return f"{line['name']}: {line['first']} at the first record, {line['last']} at the last{gaps}"


def _numeric(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _finite(value: Any) -> float | None:
    return float(value) if _numeric(value) and math.isfinite(value) else None


def _short(value: float) -> float | None:
    return float(f"{value:.5g}") if math.isfinite(value) else None


def _thin(y: np.ndarray) -> np.ndarray:
    """Positions to draw: all, or the lowest and highest of each of equal stretches, so that no spike is lost."""
    if len(y) <= _POINTS:
        return np.arange(len(y))
    kept = {0, len(y) - 1}
    for stretch in np.array_split(np.arange(len(y)), _POINTS // 2):
        values = y[stretch]
        kept.update((int(stretch[np.where(np.isnan(values), np.inf, values).argmin()]),))
        kept.update((int(stretch[np.where(np.isnan(values), -np.inf, values).argmax()]),))
    return np.array(sorted(kept))


def _moving_average(y: np.ndarray) -> np.ndarray:
    """Centred mean over a thirtieth of the records; what is not finite does not count."""
    half = max(1, len(y) // 60)
    finite = np.isfinite(y)
    totals = np.concatenate([[0.0], np.cumsum(np.where(finite, y, 0.0))])
    counts = np.concatenate([[0], np.cumsum(finite)])
    index = np.arange(len(y))
    start, stop = np.maximum(index - half, 0), np.minimum(index + half + 1, len(y))
    inside = counts[stop] - counts[start]
    return np.where(inside > 0, (totals[stop] - totals[start]) / np.maximum(inside, 1), np.nan)
