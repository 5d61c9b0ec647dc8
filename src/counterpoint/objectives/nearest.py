"""Room around every row: the distance to its nearest neighbour, as an estimate of entropy."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.pairwise import EachView, Needs, Similarity, Terms, Tile, rows

_CLOSEST = 1e-6
"""Distances below it count as this: rows that coincide have no direction in which to part."""


@dataclass(frozen=True)
class _NegativeChord(Similarity):
    """``-|a - b|`` of unit rows, by their difference: a cosine near 1 has lost the digits that the logarithm needs."""

    def prepare(self, x_ND: Tensor) -> Tensor:
        return unit_rows(x_ND)

    def scores(self, a_nD: Tensor, b_mD: Tensor) -> Tensor:
        return -torch.cdist(a_nD, b_mD, compute_mode="donot_use_mm_for_euclid_dist")


@dataclass(frozen=True, kw_only=True)
class KoLeo(EachView):
    """Kozachenko-Leonenko estimate of the entropy, with its sign changed: smallest when rows are spread evenly.

    Formula: ``-1/N sum_n log min_{m != n} |z_n - z_m|`` of unit rows; of several views, the mean of what each has by
    itself. Distances below 1e-6 count as 1e-6 and push no further.

    Shapes: `[N, D]`, two views `[N, D]`, or `[N, V, D]`; N at least 2.

    Example:
        >>> import torch
        >>> round(KoLeo()(torch.eye(4)).item(), 4)  # -log sqrt(2)
        -0.3466
    """

    cites: ClassVar[Citation] = Citation(
        "Sablayrolles, Douze, Schmid and others",
        "Spreading vectors for similarity search",
        2019,
        "arXiv:1806.03198",
        "the KoLeo regularizer",
    )
    needs: ClassVar[Needs] = Needs.NOTHING
    similarity: Similarity = field(default=_NegativeChord(), init=False, repr=False)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: minus the distance to its nearest neighbour."""
        yield rows.max(s_NM, where=rel.compared)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over views, then over rows.

        Raises:
            InputError: There is one row.
        """
        (nearest_NV,) = statistics
        if bool((nearest_NV == -torch.inf).any()):
            raise InputError("KoLeo needs at least two rows to compare")
        return self.mean(-(-nearest_NV).clamp_min(_CLOSEST).log().mean(1))

    def reference(self, s_VNN: Tensor, rel: Tile, /) -> Tensor:
        """The definition, row by row."""
        nearest = [
            torch.stack([-x for x in s[other]]).min()
            for view in s_VNN
            for s, other in zip(view, rel.negative, strict=True)
        ]
        return -torch.log(torch.stack(nearest).clamp_min(_CLOSEST)).mean()
