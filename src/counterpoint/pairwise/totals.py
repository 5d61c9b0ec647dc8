"""Statistics of any term while tiles come in, and what each asks of the entries of a tile on the way back."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from counterpoint.pairwise.extremes import Best
from counterpoint.pairwise.terms import Axis, Reduction, Term, is_everything


class Total:
    """One statistic over all rows or columns.

    Args:
        term: The term on any tile: its kind.
        n: Rows.
        m: Columns.
    """

    def __init__(self, term: Term, n: int, m: int) -> None:
        length = n if term.axis is Axis.ROWS else m
        self._axis, self._kind = term.axis, term.reduction
        self._best = Best(term.axis, term.k, length, term.values) if self._kind is Reduction.TOP else None
        inner = term.values.shape[1:] if self._kind in (Reduction.ROW, Reduction.PARTS) else ()
        self._values = term.values.new_full((length, *inner), self._kind.identity)

    def add(self, part: Tensor, rows: slice, cols: slice) -> None:
        """Take in what a term says of one tile; see :meth:`Term.part`."""
        mine = rows if self._axis is Axis.ROWS else cols
        if self._best is not None:
            self._best.add(rows, cols, part)
        elif self._kind is Reduction.ROW:
            self._values[mine] = part
        elif self._kind is Reduction.LSE:
            self._values[mine] = torch.logaddexp(self._values[mine], part)
        else:
            self._values[mine] += part

    def statistic(self) -> Tensor:
        """What the objective sees."""
        return self._values if self._best is None else self._best.statistic()

    @property
    def places(self) -> Tensor | None:
        """Where the top entries were found, `[L, k]`."""
        return None if self._best is None else self._best.places


def pull(term: Term, total: Tensor, places: Tensor | None, g: Tensor) -> tuple[Tensor, Tensor]:
    """What to differentiate on a tile, and how strongly the loss pulls at each entry of it.

    Args:
        term: The term on this tile.
        total: The statistic over all tiles, of the tile's rows or columns.
        places: Of a top term: where its entries are, counted from the tile's first column (or row) on.
        g: The loss's gradient by the statistic.
    """
    if term.reduction in (Reduction.ROW, Reduction.PARTS):
        return term.values, g
    if term.reduction is Reduction.TOP:
        return _pull_of_the_top(term, total, cast(Tensor, places), g)
    g = g.unsqueeze(term.axis.summed).expand_as(term.values)
    if term.reduction is Reduction.LSE:
        # Nothing takes part: exp(x - inf) is 0, where (-inf) - (-inf) would be NaN.
        shift = torch.where(total == -torch.inf, torch.inf, total).unsqueeze(term.axis.summed)
        g = torch.exp(term.values.detach() - shift).mul_(g)
    if term.where is None or is_everything(term.where):
        return term.values, g
    return term.values, torch.where(term.where, g, 0.0)


def _pull_of_the_top(term: Term, total: Tensor, places: Tensor, g: Tensor) -> tuple[Tensor, Tensor]:
    """The entries that were found in this tile; others are looked up at a place that exists, with weight 0."""
    lines = term.values if term.axis is Axis.ROWS else term.values.T
    width = lines.shape[1]
    here = (places >= 0) & (places < width) & (total.reshape(places.shape) > -torch.inf)
    return lines.gather(1, places.clamp(0, width - 1)), torch.where(here, g.reshape(places.shape), 0.0)
