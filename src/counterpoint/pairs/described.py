"""Relations by what is known of each row: labels in common, distance in time or place, a kernel, a teacher's view."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairs.precise import cosines, precise, products
from counterpoint.pairwise import Ranks, Relation, Tile


@dataclass(frozen=True, kw_only=True, eq=False)
class Described(Relation):
    """Anchor i and candidate j are compared by a row that describes each.

    Attributes:
        anchors: `[N, K]` or `[N]`, what is known of the anchors.
        candidates: `[M, K]` or `[M]`; the anchors' own descriptions where not given.

    Raises:
        InputError: The two sides do not fit each other, or hold NaN or infinity.
    """

    anchors: Tensor
    candidates: Tensor | None = None

    def __post_init__(self) -> None:
        """Bring both sides into the shape that is compared."""
        given = self.anchors if self.candidates is None else self.candidates
        sides = {"anchors": self.anchors, "candidates": given}
        for name, side in sides.items():
            if side.ndim not in (1, 2) or not len(side) or side.is_complex():
                raise InputError(f"{name} must be descriptions [N, K] or [N], got {side.dtype} {list(side.shape)}")
            if not bool(torch.isfinite(side).all()):
                raise InputError(f"{name} must be descriptions without NaN or infinity")
        if self.anchors.shape[1:] != given.shape[1:]:
            raise InputError(f"anchors are described by {self.anchors.shape[1:]}, candidates by {given.shape[1:]}")
        object.__setattr__(self, "anchors", self.described(self.anchors))
        object.__setattr__(self, "candidates", self.described(given))
        self.check()

    def check(self) -> None:
        """Refuse settings that make no sense; there are none here."""

    def described(self, side: Tensor) -> Tensor:
        """A side as it is compared: `[N, K]`, integers as they are, else at least single precision, no gradient."""
        side = precise(side) if side.is_floating_point() else side.long()
        return side[:, None] if side.ndim == 1 else side

    @property
    def shape(self) -> tuple[int, int]:
        """(N, M)."""
        return len(self.anchors), len(self.others)

    @property
    def others(self) -> Tensor:
        """Descriptions of the candidates."""
        return self.anchors if self.candidates is None else self.candidates

    @property
    def told(self) -> str:
        """How many numbers describe a row, which all ranks must share."""
        return f"{type(self).__name__} of {list(self.anchors.shape[1:])}"

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The block, compared."""
        return self.compare(self.anchors[row_block], self.others[col_block])

    def across(self, ranks: Ranks) -> Self:
        """Descriptions of every rank's candidates."""
        return self if ranks.size == 1 else replace(self, candidates=ranks.gather(self.others))

    @abstractmethod
    def compare(self, mine: Tensor, theirs: Tensor) -> Tile:
        """A block `[n, m]` from descriptions `[n, K]` and `[m, K]`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Overlap(Described):
    """Positive are rows that share labels, of several that each may have: descriptions are 0 or 1, `[N, K]`.

    Attributes:
        least: Labels in common from which a pair is positive.
        graded: A positive pair weighs its Jaccard index, labels in common over labels of either; else all weigh alike.
    """

    least: int = 1
    graded: bool = False

    def check(self) -> None:
        """Refuse settings that make no sense."""
        if self.least < 1:
            raise InputError(f"least must be at least 1, got {self.least}")

    def described(self, side: Tensor) -> Tensor:
        """A side as 0.0 and 1.0, which has products of matrices."""
        if side.ndim != 2 or not bool(((side == 0) | (side == 1)).all()):
            raise InputError(
                f"labels must be 0 or 1, [N, K] with a column for each, got {side.dtype} {list(side.shape)}; "
                "rows with one label each are SameKey"
            )
        return side.float()

    def compare(self, mine: Tensor, theirs: Tensor) -> Tile:
        """Labels in common."""
        common = products(mine, theirs)
        positive = common >= self.least
        if not self.graded:
            return Tile(positive)
        either = mine.sum(1)[:, None] + theirs.sum(1)[None, :] - common
        return Tile(positive, weight=torch.where(positive, common / either.clamp_min(1), 1.0))


@dataclass(frozen=True, kw_only=True, eq=False)
class Nearby(Described):
    """Positive are rows within a distance of each other: frames in time, places, positions in a text.

    Attributes:
        window: Largest Euclidean distance of descriptions at which a pair is positive.
        gap: Smallest distance at which a pair is negative; what lies between is ignored. The window where not given.
    """

    window: float
    gap: float | None = None

    def check(self) -> None:
        """Refuse settings that make no sense."""
        if not self.window >= 0:
            raise InputError(f"window must be at least 0, got {self.window}")
        if self.gap is not None and not self.gap >= self.window:
            raise InputError(f"gap must be at least the window of {self.window}, got {self.gap}")

    def compare(self, mine: Tensor, theirs: Tensor) -> Tile:
        """Distances."""
        distance = distances(mine, theirs)
        positive = distance <= self.window
        return Tile(positive) if self.gap is None else Tile(positive, ~positive & (distance >= self.gap))


@dataclass(frozen=True, kw_only=True, eq=False)
class MetadataKernel(Described):
    """Every pair is positive to the degree that a Gaussian kernel gives its metadata; for losses with soft targets.

    Formula: ``w_ij = exp(-|m_i - m_j|^2 / (2 h^2))``; a pair that weighs less than ``floor`` is a negative. With
    ``SoftTargets`` it is y-aware InfoNCE (Dufumier et al. 2021, arXiv:2106.08808).

    Attributes:
        bandwidth: ``h``, in units of the descriptions.
        floor: Smallest weight of a positive.
    """

    bandwidth: float
    floor: float = 1e-6

    def check(self) -> None:
        """Refuse settings that make no sense."""
        if not self.bandwidth > 0:
            raise InputError(f"bandwidth must be positive, got {self.bandwidth}")
        if not 0 <= self.floor < 1:
            raise InputError(f"floor must be at least 0 and below 1, got {self.floor}")

    def compare(self, mine: Tensor, theirs: Tensor) -> Tile:
        """Kernel values."""
        weight = torch.exp(-0.5 * (distances(mine, theirs) / self.bandwidth) ** 2)
        # Weights in double precision make the loss so too, which counts and dates do not ask for.
        weight = weight if mine.is_floating_point() else weight.float()
        positive = weight >= max(self.floor, torch.finfo(weight.dtype).tiny)
        return Tile(positive, weight=torch.where(positive, weight, 1.0))


@dataclass(frozen=True, kw_only=True, eq=False)
class Similar(Described):
    """Positive are rows that a teacher, or guide, finds similar: descriptions are its embeddings, `[N, K]`.

    Attributes:
        threshold: Smallest cosine at which a pair is positive.
        graded: A positive pair weighs ``(1 + cosine) / 2``; else all weigh alike.
    """

    threshold: float
    graded: bool = False

    def check(self) -> None:
        """Refuse settings that make no sense."""
        if not -1 <= self.threshold <= 1:
            raise InputError(f"threshold must be a cosine, from -1 to 1, got {self.threshold}")

    def described(self, side: Tensor) -> Tensor:
        """A side as floating point."""
        return precise(super().described(side))

    def compare(self, mine: Tensor, theirs: Tensor) -> Tile:
        """Cosines; a positive that would weigh nothing is none."""
        cosine = cosines(mine, theirs)
        positive = cosine >= self.threshold
        if not self.graded:
            return Tile(positive)
        weight = (1 + cosine) / 2
        positive = positive & (weight > 0)
        return Tile(positive, weight=torch.where(positive, weight, 1.0))


def distances(mine: Tensor, theirs: Tensor) -> Tensor:
    """Euclidean, `[n, m]`; of integers in double precision, as single precision ends at 2^24: dates in seconds."""
    if not mine.is_floating_point():
        mine, theirs = mine.double(), theirs.double()
    return torch.cdist(mine, theirs, compute_mode="donot_use_mm_for_euclid_dist")
