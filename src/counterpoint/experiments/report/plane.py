"""The map as plain data for the page: places, label groups, and a picture or text for every point."""

import re
from collections import Counter
from dataclasses import asdict
from typing import Any, cast

import numpy as np

from counterpoint.base.content import Kind, kind_of
from counterpoint.experiments.report.content import Map
from counterpoint.experiments.report.pictures import sheet
from counterpoint.experiments.report.text import shorten

GROUPS = 60
"""Labels with a colour and a filter button of their own; rarer ones share a last group."""

_NAMED_ON_MAP = 20
_TEXT_BYTES = 900_000
_TEXT_LENGTHS = (400, 280, 200, 140, 100, 70, 40)
_SHEET_BYTES = 1_900_000
_LABEL_LENGTH = 60


def plane(map_: Map) -> dict[str, Any]:
    """The map's data, a few bytes a point.

    Returns:
        ``x``, ``y`` `[N]`; ``names`` (the shown groups first) and ``label`` `[N]` (indices into it), or None;
        ``groups``: how many of the names are shown on their own; ``anchors``: where to write each group's name, or
        None; ``texts`` `[N]` or None; ``sheet``: thumbnails in one picture, or None.
    """
    names, label, shown = _labels(map_.labels)
    places = _rounded(map_.points)
    return {
        "method": map_.method,
        "x": places[:, 0].tolist(),
        "y": places[:, 1].tolist(),
        "names": None if names is None else [shorten(name, _LABEL_LENGTH) for name in names],
        "label": None if label is None else label.tolist(),
        "groups": shown,
        "anchors": [] if label is None or shown > _NAMED_ON_MAP else _anchors(places, label, shown),
        **_content(map_),
    }


def _labels(labels: tuple[str, ...] | None) -> tuple[list[str] | None, np.ndarray | None, int]:
    if labels is None:
        return None, None, 0
    common = Counter(labels).most_common()
    shown = sorted((name for name, _ in common[:GROUPS]), key=_natural)
    names = shown + [name for name, _ in common[GROUPS:]]
    index = {name: place for place, name in enumerate(names)}
    return names, np.array([index[label] for label in labels]), len(shown)


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Sort key under which "2" comes before "10"."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", name.lower())]


def _rounded(points: np.ndarray) -> np.ndarray:
    """Places shifted to their middle and scaled to a spread of 1000, in tenths: all a screen can show."""
    low, high = points.min(axis=0), points.max(axis=0)
    spread = float((high - low).max()) or 1.0
    return np.round((points - (low + high) / 2) * (1000 / spread), 1) + 0.0


def _anchors(places: np.ndarray, label: np.ndarray, groups: int) -> list[list[float] | None]:
    """Where to write each group's name: its innermost member, or None where other groups surround that one."""
    anchors: list[list[float] | None] = []
    for group in range(groups):
        mine = label == group
        members = places[mine]
        members = members[:: max(1, len(members) // 300)]
        # The member nearest to all others lies inside its group; a mean may lie between two parts of it.
        place = members[np.linalg.norm(members[:, None] - members[None], axis=-1).sum(axis=1).argmin()]
        around = np.argsort(np.linalg.norm(places - place, axis=1), kind="stable")[: min(20, int(mine.sum()))]
        anchors.append(place.tolist() if mine[around].mean() > 0.5 else None)
    return anchors


def _content(map_: Map) -> dict[str, Any]:
    if map_.content is None:
        return {"texts": None, "sheet": None}
    if kind_of(map_.content) is Kind.TEXT:
        return {"texts": _texts(cast(list[str], map_.content)), "sheet": None}
    return {"texts": None, "sheet": asdict(sheet(np.asarray(map_.content), _SHEET_BYTES))}


def _texts(texts: list[str]) -> list[str]:
    """Texts cut to the greatest length at which together they stay within their share of the page."""
    cut: list[str] = []
    for length in _TEXT_LENGTHS:
        cut = [shorten(text, length) for text in texts]
        if sum(len(text.encode("utf-8", "replace")) for text in cut) <= _TEXT_BYTES:
            break
    return cut
