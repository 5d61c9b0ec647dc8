"""Terms: what an objective asks of each row or column of the similarity matrix, and how partial answers merge.

Axis letters: N anchors (rows), M candidates (columns); a tile is `[n, m]`.
"""

from dataclasses import dataclass
from enum import Enum

import torch
from torch import Tensor


class Axis(Enum):
    """Which statistic vector a term fills."""

    ROWS = "rows"
    COLS = "cols"

    @property
    def summed(self) -> int:
        """The tile dimension that is reduced away."""
        return 1 if self is Axis.ROWS else 0


class Reduction(Enum):
    """How the entries of a row (or column) become one number."""

    SUM = "sum"
    LSE = "logsumexp"
    COUNT = "count"

    @property
    def identity(self) -> float:
        """The value of a reduction over nothing."""
        return -torch.inf if self is Reduction.LSE else 0.0


@dataclass(frozen=True)
class Term:
    """One requested statistic, on one tile.

    Attributes:
        axis: Rows or columns.
        reduction: Sum, log-sum-exp or count.
        values: `[n, m]` function of the tile's similarities; a count takes its dtype alone.
        where: `[n, m]` bool, the entries that take part; None means all.
    """

    axis: Axis
    reduction: Reduction
    values: Tensor
    where: Tensor | None

    def reduce(self) -> Tensor:
        """The tile's contribution: `[n]` for rows, `[m]` for columns."""
        if self.reduction is Reduction.COUNT:
            assert self.where is not None
            return self.where.sum(self.axis.summed).to(self.values.dtype)
        if self.reduction is Reduction.SUM:
            values = self.values if self.where is None else torch.where(self.where, self.values, 0.0)
            return values.sum(self.axis.summed)
        values = self.values if self.where is None else torch.where(self.where, self.values, -torch.inf)
        return torch.logsumexp(values, self.axis.summed)


def merge(reduction: Reduction, total: Tensor, part: Tensor) -> Tensor:
    """Combine the statistics of two disjoint sets of entries."""
    return torch.logaddexp(total, part) if reduction is Reduction.LSE else total + part


def share(reduction: Reduction, total: Tensor, part: Tensor) -> Tensor:
    """Derivative of the merged statistic with respect to one part of it.

    Sum and count: 1. Log-sum-exp: exp(part - total), which is 0 where the part holds no entry; the guard is for rows
    that have no entry at all, where (-inf) - (-inf) would give NaN.
    """
    if reduction is not Reduction.LSE:
        return torch.ones_like(part)
    return torch.where(part == -torch.inf, 0.0, torch.exp(part - total))


@dataclass(frozen=True)
class Requests:
    """The vocabulary of objectives, as ``rows.sum(...)`` or ``cols.lse(...)``."""

    axis: Axis

    def sum(self, values: Tensor, where: Tensor | None = None) -> Term:
        """Sum of ``values`` over the axis."""
        return Term(self.axis, Reduction.SUM, values, where)

    def lse(self, values: Tensor, where: Tensor | None = None) -> Term:
        """log(sum(exp(values))) over the axis; -inf where nothing takes part."""
        return Term(self.axis, Reduction.LSE, values, where)

    def count(self, where: Tensor, like: Tensor) -> Term:
        """How many entries take part, in the dtype of ``like``."""
        return Term(self.axis, Reduction.COUNT, like, where)


rows = Requests(Axis.ROWS)
cols = Requests(Axis.COLS)
