"""Draws: each anchor keeps a few positives or negatives by chance, the same for the same seed on any number of ranks.

Chance is a pure function of the seed and the numbers of row and column over all ranks, so nothing has to be saved;
another step asks for another seed. The largest of values with independent noise are draws without replacement: any
noise for equal probabilities, Gumbel's for unequal ones (Gumbel top-k).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.base.splitmix import uniform_entries
from counterpoint.pairs.columns import best_columns, marked
from counterpoint.pairs.mining import ChosenNegatives
from counterpoint.pairwise import Around, Others, Ranks, Tile


@dataclass(frozen=True, kw_only=True, eq=False)
class Sampled(Around):
    """``inner`` with a few positives and negatives of every anchor, drawn with equal probability.

    InterCLR's pairs (Xie et al. 2022, arXiv:2008.11702, Section 3) are one positive of the same pseudo-label and
    negatives drawn from a pool of the most similar of other labels: ``Sampled(inner=HardestOnly(inner=SameKey(labels,
    bank_labels), ..., k=pool), positives=1, negatives=h, seed=step)``.

    Attributes:
        inner: Who is positive and negative to whom.
        seed: Of the draw.
        positives: How many each anchor keeps; None for all.
        negatives: Likewise.
        among: Anchors are compared with each other: no row is drawn for itself.
        first: The number of the first row over all ranks.

    Raises:
        InputError: A number is not positive, or the seed is negative.
    """

    seed: int
    positives: int | None = None
    negatives: int | None = None
    among: bool = False
    first: int = 0

    def __post_init__(self) -> None:
        """Check the numbers; leave out the diagonal."""
        check_seed(self.seed)
        for name in ("positives", "negatives"):
            count = getattr(self, name)
            if count is not None and count < 1:
                raise InputError(f"{name} must be at least 1, got {count}")
        if self.among and not isinstance(self.inner, Others):
            object.__setattr__(self, "inner", Others(self.inner))

    @cached_property
    def positive_columns(self) -> Tensor | None:
        """The positives that were drawn, int64 `[N, P]`, -1 for none; None for all."""
        return self._drawn(self.positives, lambda tile: tile.positive)

    @cached_property
    def negative_columns(self) -> Tensor | None:
        """The negatives that were drawn; see above."""
        return self._drawn(self.negatives, lambda tile: tile.negative)

    def _drawn(self, k: int | None, where: Callable[[Tile], Tensor]) -> Tensor | None:
        def rank(rows: slice, cols: slice) -> Tensor:
            mask = where(self.inner.tile(rows, cols))
            return torch.where(mask, noise(self.seed, self.first, rows, cols, mask.device), -torch.inf)

        return None if k is None else best_columns(self.shape, k, rank)

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The inner block with what was drawn."""
        tile = self.inner.tile(row_block, col_block)
        sides = ((tile.positive, self.positive_columns), (tile.negative, self.negative_columns))
        kept = (
            mask if columns is None else mask & marked(columns[row_block], col_block, self.shape[1])
            for mask, columns in sides
        )
        return Tile(*kept, weight=tile.weight)

    def across(self, ranks: Ranks) -> Sampled:
        """The inner relation across ranks; rows are numbered over all of them."""
        if ranks.size == 1:
            return self
        return replace(self, inner=self.inner.across(ranks), first=self.first + ranks.start(self.shape[0]))


@dataclass(frozen=True, kw_only=True, eq=False)
class DistanceWeighted(ChosenNegatives):
    """Each anchor keeps k negatives drawn so that all distances are as likely, not those of most rows.

    Formula (Wu, Manmatha, Smola and Krähenbühl 2017, "Sampling Matters in Deep Embedding Learning", arXiv:1706.07567,
    Section 4.1): negative j is drawn with probability proportional to ``1 / q(d_ij)``, ``q(d) = d^(K-2) (1 -
    d^2/4)^((K-3)/2)`` the density of distances between uniform points on the sphere, ``d`` the distance of unit rows.
    As in the paper's public code distances below ``cutoff`` count as it, and none from ``limit`` on is drawn, as the
    loss would leave them alone. An anchor with no nearer negative keeps none.

    Attributes:
        seed: Of the draw.
        cutoff: Smallest distance that is told from a smaller one; 0.5.
        limit: Distance beyond which nothing is drawn; 1.4.
        first: The number of the first row over all ranks.
    """

    seed: int
    cutoff: float = 0.5
    limit: float = 1.4
    first: int = 0

    def check_settings(self) -> None:
        """Refuse settings that make no sense."""
        check_seed(self.seed)
        if not 0 < self.cutoff < self.limit <= 2:
            raise InputError(f"0 < cutoff < limit <= 2 must hold, got a cutoff of {self.cutoff} and {self.limit}")

    def placed(self, ranks: Ranks) -> dict[str, Any]:
        """Rows are numbered over all ranks."""
        return {"first": self.first + ranks.start(self.shape[0])}

    def rank(self, tile: Tile, cosines: Tensor, rows: slice, cols: slice) -> Tensor:
        """The logarithm of the weight with Gumbel noise."""
        # The first logarithm needs double precision, as numbers near 1 are told apart by it alone.
        waiting = -torch.log(noise(self.seed, self.first, rows, cols, cosines.device))
        distance = (2 - 2 * cosines).clamp_min(0).sqrt()
        weight = inverse_density(distance.clamp_min(self.cutoff), self.anchors.shape[1])
        value = weight - waiting.to(weight.dtype).log()
        return torch.where(tile.negative & (distance < self.limit), value, -torch.inf)


def inverse_density(distance: Tensor, dim: int) -> Tensor:
    """``-log q(d)`` up to a constant, for distances from 0 to 2 on the unit sphere in ``dim`` dimensions."""
    return (2 - dim) * distance.log() - (dim - 3) / 2 * torch.log1p(-distance.square() / 4)


def noise(seed: int, first: int, rows: slice, cols: slice, device: torch.device) -> Tensor:
    """Float64 `[n, m]` in (0, 1), rows numbered from ``first`` on."""
    mine = torch.arange(first + rows.start, first + rows.stop, device=device)
    return uniform_entries(seed, mine, torch.arange(cols.start, cols.stop, device=device))


def check_seed(seed: int) -> None:
    """Refuse what is no seed.

    Raises:
        InputError: It is negative, or of more than 63 bits.
    """
    if not 0 <= seed < 1 << 63:
        raise InputError(f"seed must be a number from 0 to 2^63 - 1, got {seed}")
