"""Triplets by number: every anchor with a positive and a negative of a relation, within a range of difficulty."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.pairs.columns import Picked
from counterpoint.pairwise import Others, Relation, Tile
from counterpoint.pairwise.slices import BLOCK, blocks

_ENTRIES = 1 << 22
"""Of pairs by candidates looked at in one go."""


@dataclass(frozen=True, eq=False)
class Triplets:
    """T triplets, in the order of anchor, positive and negative.

    Attributes:
        anchor: int64 `[T]`, numbers of anchors.
        positive: int64 `[T]`, numbers of candidates.
        negative: int64 `[T]`, likewise.
        count: M, how many candidates there are.
    """

    anchor: Tensor
    positive: Tensor
    negative: Tensor
    count: int

    def __len__(self) -> int:
        """T."""
        return len(self.anchor)

    def relation(self) -> Picked:
        """`[T, M]`: ``loss(z[triplets.anchor], candidates, relation=triplets.relation())`` is the loss over them."""
        return Picked(self.positive[:, None], self.negative[:, None], self.count)


def triplets(
    relation: Relation,
    anchors: Tensor,
    candidates: Tensor | None = None,
    *,
    above: float = -torch.inf,
    up_to: float = torch.inf,
) -> Triplets:
    """All triplets whose positive is more similar than their negative by a difference within a range.

    With margin m: those that violate it have ``up_to=m``; hard ones, whose negative is nearer than the positive,
    ``up_to=0``; semi-hard ones (FaceNet, arXiv:1503.03832, Section 3.2) ``above=0, up_to=m``; easy ones ``above=m``.

    They are those of this process: losses over several ranks take mined relations instead. Memory is
    the result, twice, and a block of rows by M; time is that of all pairs with all candidates.

    Args:
        relation: Who is positive and negative to whom, `[N, M]`.
        anchors: `[N, D]`, compared by cosine; no gradient.
        candidates: `[M, D]`; None where anchors are compared with each other: no row is its own positive.
        above: The difference of cosines, positive less negative, is larger than this.
        up_to: It is at most this.

    Raises:
        InputError: The relation has another shape, or the range is empty.
    """
    if not above < up_to:
        raise InputError(f"above must be less than up_to, got {above} and {up_to}")
    others = anchors if candidates is None else candidates
    if relation.shape != (len(anchors), len(others)):
        raise InputError(
            f"relation has shape {list(relation.shape)}, expected [{len(anchors)}, {len(others)}] (anchors, candidates)"
        )
    who = Others(relation) if candidates is None else relation
    a_ND, b_MD = unit_rows(anchors.detach()), unit_rows(others.detach())
    found = [anchors.new_empty(0, 3, dtype=torch.int64)]
    for rows in blocks(len(anchors), BLOCK):
        found += _of_block(who.tile(rows, slice(0, len(others))), a_ND[rows] @ b_MD.T, rows.start, (above, up_to))
    anchor, positive, negative = torch.cat(found).T
    return Triplets(anchor, positive, negative, len(others))


def _of_block(tile: Tile, s_nM: Tensor, start: int, bounds: tuple[float, float]) -> Iterator[Tensor]:
    """Triplets `[t, 3]` of some pairs at a time."""
    for pairs in tile.positive.nonzero().split(max(1, _ENTRIES // s_nM.shape[1])):
        row, positive = pairs.T
        difference_eM = s_nM[row, positive][:, None] - s_nM[row]
        inside = (difference_eM > bounds[0]) & (difference_eM <= bounds[1])
        pair, negative = (tile.negative[row] & inside).nonzero().T
        yield torch.stack([row[pair] + start, positive[pair], negative], 1)
