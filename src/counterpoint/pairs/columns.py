"""A few columns for every row: the best of a matrix that is never whole, and where they lie in a block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise import Ranks, Relation, Tile
from counterpoint.pairwise.slices import BLOCK, blocks


@dataclass(frozen=True, eq=False)
class Picked(Relation):
    """Each anchor's own positives and negatives, by number; all else is ignored.

    Attributes:
        positives: int `[N, P]`, numbers of candidates; a negative number is none.
        negatives: int `[N, H]`, likewise; what is named in both is positive.
        count: M, how many candidates there are.

    Raises:
        InputError: They are no integer matrices of one length, or name a candidate that is not there.
    """

    positives: Tensor
    negatives: Tensor
    count: int

    def __post_init__(self) -> None:
        """Check the numbers."""
        check_columns("positives", self.positives, self.count)
        check_columns("negatives", self.negatives, self.count)
        if len(self.positives) != len(self.negatives):
            raise InputError(f"positives of {len(self.positives)} anchors and negatives of {len(self.negatives)}")

    @property
    def shape(self) -> tuple[int, int]:
        """(N, M)."""
        return len(self.positives), self.count

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The block's picked entries."""
        positive = marked(self.positives[row_block], col_block, self.count)
        return Tile(positive, marked(self.negatives[row_block], col_block, self.count) & ~positive)

    def across(self, ranks: Ranks) -> Picked:
        """The numbers of this rank's candidates among those of all."""
        if ranks.size == 1:
            return self
        sizes = ranks.sizes(self.count)
        start = sum(sizes[: ranks.index])
        positives, negatives = (torch.where(one >= 0, one + start, one) for one in (self.positives, self.negatives))
        return Picked(positives, negatives, sum(sizes))


def check_columns(name: str, columns: Tensor, count: int) -> None:
    """Refuse what are no numbers of candidates, `[N, P]`.

    Raises:
        InputError: They are no integer matrix, or go beyond ``count``.
    """
    if columns.ndim != 2 or columns.is_floating_point() or columns.is_complex():
        raise InputError(f"{name} must be integers [N, P], got {columns.dtype} {list(columns.shape)}")
    if columns.numel() and int(columns.max()) >= count:
        raise InputError(f"{name} go up to {int(columns.max())}, and count is {count}")


def marked(columns: Tensor, col_block: slice, count: int) -> Tensor:
    """Bool `[n, m]`, whether a column of the block is among those of a row.

    Args:
        columns: int `[n, P]`; a negative number is none.
        col_block: Of the ``count`` columns.
        count: M.
    """
    first, last, _ = col_block.indices(count)
    # One column more takes what is not in the block.
    there = (columns >= first) & (columns < last)
    found = torch.zeros(len(columns), last - first + 1, dtype=torch.bool, device=columns.device)
    found.scatter_(1, torch.where(there, columns - first, last - first).long(), value=True)
    return found[:, :-1]


def best_columns(shape: tuple[int, int], k: int, rank: Callable[[slice, slice], Tensor]) -> Tensor:
    """The k columns of largest rank in every row, int64 `[N, k]`, or `[N, M]` where there are fewer; -1 for none.

    Of columns that rank alike any may be taken. Memory is that of a block.

    Args:
        shape: (N, M).
        k: How many.
        rank: Of a block of rows and columns, `[n, m]`; -infinity is never taken.
    """
    n, m = shape
    return torch.cat([_best(rows, m, k, rank) for rows in blocks(n, BLOCK)])


def _best(rows: slice, m: int, k: int, rank: Callable[[slice, slice], Tensor]) -> Tensor:
    values: list[Tensor] = []
    numbers: list[Tensor] = []
    for cols in blocks(m, BLOCK):
        value = rank(rows, cols)
        number = torch.arange(cols.start, cols.stop, device=value.device).expand(value.shape)
        value, number = torch.cat([*values, value], 1), torch.cat([*numbers, number], 1)
        kept = value.topk(min(k, value.shape[1]), dim=1)
        values, numbers = [kept.values], [number.gather(1, kept.indices)]
    return numbers[0].masked_fill(values[0] == -torch.inf, -1)
