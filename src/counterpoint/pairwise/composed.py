"""Relations made of relations: either, both, the opposite, one within another, one that spares suspects."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise.relation import Around, Relation
from counterpoint.pairwise.ring import Ranks
from counterpoint.pairwise.slices import overlap
from counterpoint.pairwise.tile import Tile


@dataclass(frozen=True, eq=False)
class Pair(Relation):
    """Two relations between the same anchors and candidates.

    Attributes:
        first: One.
        second: The other.

    Raises:
        InputError: One is no relation, they have different shapes, or the candidates of one alone are the same on
            every rank.
    """

    first: Relation
    second: Relation

    def __post_init__(self) -> None:
        """Check that they fit each other."""
        for one in (self.first, self.second):
            if not isinstance(one, Relation):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise InputError(
                    f"a relation can be composed with another, got {type(one).__name__}; Explicit and Weighted make "
                    "relations of matrices"
                )
        if self.first.shape != self.second.shape:
            raise InputError(
                f"relations of shape {list(self.first.shape)} and {list(self.second.shape)} cannot be composed: both "
                "must be about the same anchors and candidates"
            )
        if self.first.shared is not self.second.shared:
            raise InputError("a relation with prototypes cannot be composed with one between rows")

    @property
    def shape(self) -> tuple[int, int]:
        """(N, M)."""
        return self.first.shape

    @property
    def shared(self) -> bool:
        """As both relations."""
        return self.first.shared

    @property
    def uneven(self) -> bool:
        """As either."""
        return self.first.uneven or self.second.uneven

    @property
    def told(self) -> str:
        """What both must tell."""
        return f"{type(self).__name__}({self.first.told}, {self.second.told})"

    def busy(self, row_block: slice, col_block: slice) -> slice:
        """Rows in which both compare: what one ignores is ignored, unless a composition says otherwise."""
        return overlap(self.first.busy(row_block, col_block), self.second.busy(row_block, col_block))

    def across(self, ranks: Ranks) -> Relation:
        """Both across ranks."""
        return type(self)(self.first.across(ranks), self.second.across(ranks))

    def tiles(self, row_block: slice, col_block: slice) -> tuple[Tile, Tile]:
        """Both blocks."""
        return self.first.tile(row_block, col_block), self.second.tile(row_block, col_block)


class Either(Pair):
    """``a | b``: positive where either is, negative where both are; all else is ignored.

    A positive pair weighs the larger of what it weighs where it is positive, a negative one the smaller.
    """

    def busy(self, row_block: slice, col_block: slice) -> slice:
        """From the first row in which either compares to the last one."""
        a, b = self.first.busy(row_block, col_block), self.second.busy(row_block, col_block)
        if a.start >= a.stop or b.start >= b.stop:
            return b if a.start >= a.stop else a
        return slice(min(a.start, b.start), max(a.stop, b.stop))

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """Of both blocks."""
        a, b = self.tiles(row_block, col_block)
        positive, negative = a.positive | b.positive, a.negative & b.negative
        if a.weight is None and b.weight is None:
            return Tile(positive, negative)
        first, second = (torch.ones(()) if one.weight is None else one.weight for one in (a, b))
        attracts = torch.maximum(torch.where(a.positive, first, 0.0), torch.where(b.positive, second, 0.0))
        return Tile(positive, negative, weight=torch.where(positive, attracts, torch.minimum(first, second)))


class Both(Pair):
    """``a & b``: positive where both are, negative where both compare and either is negative; all else is ignored.

    Weights are multiplied.
    """

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """Of both blocks."""
        a, b = self.tiles(row_block, col_block)
        positive, compared = a.positive & b.positive, a.compared & b.compared
        return Tile(positive, compared & ~positive, weight=product(a.weight, b.weight))


class Restricted(Pair):
    """``a * b``: as ``a`` where ``b`` compares too; weights are multiplied."""

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The first block without what the second ignores."""
        a, b = self.tiles(row_block, col_block)
        compared = b.compared
        return Tile(a.positive & compared, a.negative & compared, weight=product(a.weight, b.weight))


class Sparing(Pair):
    """``a.sparing(b)``: as ``a``, but negatives that ``b`` calls positive are ignored: false ones, most likely.

    Positives of ``a`` stay what they are, and weights are those of ``a``.
    """

    @property
    def uneven(self) -> bool:
        """As the first."""
        return self.first.uneven

    def busy(self, row_block: slice, col_block: slice) -> slice:
        """As the first: what the second ignores is no suspect."""
        return self.first.busy(row_block, col_block)

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The first block with fewer negatives."""
        a, b = self.tiles(row_block, col_block)
        return Tile(a.positive, a.negative & ~b.positive, weight=a.weight)


@dataclass(frozen=True, eq=False)
class Opposite(Around):
    """``~a``: its positives repel and its negatives attract; what it ignores stays ignored, and weights stay."""

    @property
    def told(self) -> str:
        """As the inner relation, in brackets: it may be one of two parts."""
        return f"Opposite({self.inner.told})"

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The inner block turned around."""
        tile = self.inner.tile(row_block, col_block)
        return Tile(tile.negative, tile.positive, weight=tile.weight)

    def across(self, ranks: Ranks) -> Opposite:
        """The inner relation across ranks."""
        return Opposite(self.inner.across(ranks))


def product(first: Tensor | None, second: Tensor | None) -> Tensor | None:
    """Weights of both; None where neither weighs."""
    if first is None or second is None:
        return second if first is None else first
    return first * second
