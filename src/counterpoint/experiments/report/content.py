"""What a report shows: plain values, checked once, so that the page itself cannot fail on them.

Nothing here knows a model, a run folder or HTML; whoever has the numbers fills these in.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from counterpoint.base.content import Content, Kind, kind_of
from counterpoint.base.errors import InputError

MAX_POINTS = 20_000
"""Most points a map may have; more would make the file too large to open with pleasure. Give a sample."""

SimilaritySample = tuple[np.ndarray, np.ndarray]
"""Sampled cosine similarities of positive pairs `[P]` and of negative pairs `[Q]`."""


@dataclass(frozen=True, kw_only=True)
class ComparisonRow:
    """One system's value of a measure.

    Attributes:
        system: Name a reader understands, such as "trained model" or "raw input".
        value: The measure, finite.
        low: Lower end of the interval, or None when there is none.
        high: Upper end of the interval, given exactly when ``low`` is.
        is_model: This is the trained model; the others are what it is compared with.
    """

    system: str
    value: float
    low: float | None = None
    high: float | None = None
    is_model: bool = False

    def __post_init__(self) -> None:
        if (self.low is None) != (self.high is None):
            raise InputError(f"{self.system}: an interval needs both ends, got low={self.low} and high={self.high}")
        for name in ("value", "low", "high"):
            number = getattr(self, name)
            if number is not None and not math.isfinite(number):
                raise InputError(f"{self.system}: {name} must be finite, got {number}")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise InputError(f"{self.system}: the interval [{self.low}, {self.high}] is upside down")

    @property
    def interval(self) -> tuple[float, float] | None:
        """Both ends, or None."""
        return None if self.low is None or self.high is None else (self.low, self.high)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One measure over several systems.

    Attributes:
        measure: Name of the measure.
        explanation: One sentence that says what it means and on what it was measured.
        greater_is_better: False for errors and distances.
        rows: The systems, in the order shown; at least one.
    """

    measure: str
    explanation: str
    rows: tuple[ComparisonRow, ...]
    greater_is_better: bool = True

    def __post_init__(self) -> None:
        if not self.rows:
            raise InputError(f"the comparison {self.measure!r} has no rows")


@dataclass(frozen=True, kw_only=True, eq=False)
class SimilarityPlot:
    """How similar positive and negative pairs are, before and after training.

    Attributes:
        after: Similarities under the trained model.
        before: The same pairs under the untrained model, or None when it was not kept.
    """

    after: SimilaritySample
    before: SimilaritySample | None = None

    def __post_init__(self) -> None:
        for moment, sample in (("before", self.before), ("after", self.after)):
            for name, values in zip(("positive", "negative"), sample or (), strict=False):
                if values.ndim != 1 or len(values) == 0 or not np.isfinite(values).all():
                    raise InputError(
                        f"similarities {moment} training, {name} pairs: expected a non-empty list of finite numbers, "
                        f"got shape {values.shape}"
                    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Map:
    """Examples laid out in the plane.

    Attributes:
        points: Places `[N, 2]`, finite, N at most ``MAX_POINTS``.
        method: How the places were found, such as "PCA".
        labels: One label per point, or None.
        content: The examples: texts, or uint8 images `[N, C, H, W]` with 1, 3 or 4 channels; None to show none.
    """

    points: np.ndarray
    method: str
    labels: tuple[str, ...] | None = None
    content: Content | None = None

    def __post_init__(self) -> None:
        if self.points.ndim != 2 or self.points.shape[1] != 2 or not np.isfinite(self.points).all():
            raise InputError(f"map points must be finite and of shape [N, 2], got {self.points.shape}")
        count = len(self.points)
        if not 0 < count <= MAX_POINTS:
            raise InputError(f"a map shows between 1 and {MAX_POINTS} points, got {count}: give a sample")
        for name, values in (("labels", self.labels), ("examples", self.content)):
            if values is not None and len(values) != count:
                raise InputError(f"the map has {count} points but {len(values)} {name}")
        if self.content is not None and kind_of(self.content) is not Kind.TEXT:
            check_images(self.content, "map examples")


@dataclass(frozen=True, kw_only=True, eq=False)
class Item:
    """One example.

    Attributes:
        content: A text, or a uint8 image `[C, H, W]` with 1, 3 or 4 channels.
        row: Its row in the data it came from.
        label: Its label, or None.
    """

    content: str | np.ndarray | torch.Tensor
    row: int
    label: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.content, str):
            check_images(self.content[None], f"row {self.row}")


@dataclass(frozen=True, kw_only=True, eq=False)
class Neighbours:
    """One query and what was found nearest to it.

    Attributes:
        query: The example searched with.
        hits: Found examples with their similarity, best first.
    """

    query: Item
    hits: tuple[tuple[Item, float], ...]


def check_images(images: Any, what: str) -> None:
    """Accept uint8 `[N, C, H, W]` with 1, 3 or 4 channels, as a tensor or an array.

    Raises:
        InputError: Anything else, naming ``what``, its type and its shape.
    """
    shape, dtype = tuple(images.shape), str(images.dtype).removeprefix("torch.")
    if len(shape) != 4 or shape[1] not in (1, 3, 4) or 0 in shape or dtype != "uint8":
        raise InputError(
            f"{what}: expected text or uint8 images of 1, 3 or 4 channels (channels first), got {dtype} {shape[1:]}"
        )
