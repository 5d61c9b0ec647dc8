"""The largest affine inner products of rows and columns: found tile by tile, and differentiated pair by pair.

Only the pairs that were found have a gradient, so the backward pass makes no tile at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from counterpoint.pairwise.lse_tiles import Ask, Tiles, Walk
from counterpoint.pairwise.once import first_derivative_only
from counterpoint.pairwise.rotation import Meeting
from counterpoint.pairwise.terms import Axis, Reduction, Term


@dataclass(frozen=True)
class Extreme:
    """What is looked for in a tile.

    Attributes:
        axis: Rows or columns.
        ask: Number of the mask among the walk's asks.
        k: How many; None for one as a plain number.
        sign: 1 for the largest inner products, -1 for the smallest.
    """

    axis: Axis
    ask: int
    k: int | None
    sign: float


def extreme_products(walk: Walk, wanted: list[Extreme], a_ND: Tensor, b_MD: Tensor) -> list[Tensor]:
    """For every wish the inner products found, `[N]`, `[M]` or with a last dimension k; ``-sign * inf`` for none.

    Args:
        walk: Tiles and masks.
        wanted: What is looked for.
        a_ND: Anchors.
        b_MD: Candidates of this rank.
    """
    return list(cast(tuple[Tensor, ...], _Extremes.apply(walk, tuple(wanted), a_ND, b_MD)))  # pyright: ignore[reportUnknownMemberType]


def masks_only(walk: Walk, asks: tuple[Ask, ...]) -> Walk:
    """The same walk for masks alone, over whole tiles."""
    return Walk(walk.keys, asks, walk.plan, walk.rotation)


class _Extremes(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, walk: Walk, wanted: tuple[Extreme, ...], a: Tensor, b: Tensor) -> tuple[Tensor, ...]:
        tiles = Tiles(walk, a, (1.0,) * max(2, len(walk.asks)), 0.0)
        lengths = {Axis.ROWS: len(a), Axis.COLS: walk.rotation.total}
        best = [Best(one.axis, one.k, lengths[one.axis], a) for one in wanted]
        for meeting, block in walk.rotation.blocks(b, len(a)):
            for rows, cols in walk.tiles(meeting):
                s_nm = tiles.scores(rows, block[meeting.here(cols)])
                for one, found in zip(wanted, best, strict=True):
                    signed = torch.mul(s_nm, one.sign, out=tiles.buffers.numbers(1, *s_nm.shape))
                    found.add(rows, cols, tiles.fill(one.ask, rows, cols, signed, -torch.inf))
        ctx.walk, ctx.wanted = walk, wanted
        ctx.save_for_backward(a, b, *(one.places for one in best), *(one.values for one in best))
        return tuple(one.sign * found.statistic() for one, found in zip(wanted, best, strict=True))

    @staticmethod
    @first_derivative_only
    def backward(ctx: Any, *grads: Tensor) -> tuple[Any, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        a, b, *saved = cast(tuple[Tensor, ...], ctx.saved_tensors)
        wanted: tuple[Extreme, ...] = ctx.wanted
        places, values = saved[: len(wanted)], saved[len(wanted) :]
        ga = torch.zeros_like(a)

        def work(meeting: Meeting, block: Tensor, gb: Tensor) -> None:
            place = meeting.place
            for one, at, value, grad in zip(wanted, places, values, grads, strict=True):
                pairs, g = _pairs(one, at, value, grad.reshape(at.shape), place)
                i, j = pairs if one.axis is Axis.ROWS else pairs[::-1]
                ga.index_add_(0, i, g * block[j])
                gb.index_add_(0, j, g * a[i])

        return None, None, ga, ctx.walk.rotation.collect(b, len(a), work)


def _pairs(one: Extreme, at: Tensor, value: Tensor, grad: Tensor, place: slice) -> tuple[tuple[Tensor, Tensor], Tensor]:
    """Line and partner of every pair found in a block of columns, and its gradient `[P, 1]`."""
    by_row = one.axis is Axis.ROWS
    columns = at if by_row else torch.arange(len(at), device=at.device)[:, None].expand_as(at)
    here = (columns >= place.start) & (columns < place.stop) & (value > -torch.inf)
    line, slot = torch.nonzero(here, as_tuple=True)
    partner = at[line, slot]
    g = grad[line, slot][:, None]
    return ((line, partner - place.start) if by_row else (line - place.start, partner)), g


class Best:
    """The best entries of every line so far, in falling order, `[L, k]`, and where they were found.

    Of equal ones the first comes first, also when blocks come in another order than their columns.

    Args:
        axis: What a line is.
        k: How many; None for one as a plain number.
        length: Number of rows or columns.
        like: Dtype and device.
    """

    def __init__(self, axis: Axis, k: int | None, length: int, like: Tensor) -> None:
        self._axis, self._k = axis, k
        self.values = like.new_full((length, k or 1), -torch.inf)
        self.places = torch.zeros(length, k or 1, dtype=torch.int64, device=like.device)

    def add(self, rows: slice, cols: slice, tile: Tensor) -> None:
        """Take in a tile, whose entries that take no part are -inf."""
        mine, theirs = (rows, cols) if self._axis is Axis.ROWS else (cols, rows)
        values, places = Term(self._axis, Reduction.TOP, tile, None, self._k).top(tile)
        self.merge(mine, values, places + theirs.start)

    def merge(self, mine: slice, values: Tensor, places: Tensor) -> None:
        """Take in the best of a tile's lines, `[l]` or `[l, k]`."""
        if self._k is None:
            old, at = self.values[mine, 0], self.places[mine, 0]
            better = (values > old) | ((values == old) & (places < at))
            self.values[mine, 0] = torch.where(better, values, old)
            self.places[mine, 0] = torch.where(better, places, at)
            return
        values, places = torch.cat([self.values[mine], values], 1), torch.cat([self.places[mine], places], 1)
        # By place, then by value: of equal ones the first comes first whatever block came in first.
        earlier = torch.sort(places, dim=1).indices
        values, places = values.gather(1, earlier), places.gather(1, earlier)
        order = torch.sort(values, dim=1, descending=True, stable=True).indices[:, : self._k]
        self.values[mine], self.places[mine] = values.gather(1, order), places.gather(1, order)

    def statistic(self) -> Tensor:
        """What the objective sees: `[L]`, or `[L, k]`."""
        return self.values[:, 0].clone() if self._k is None else self.values.clone()
