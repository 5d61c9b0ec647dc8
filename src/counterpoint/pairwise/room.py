"""Fitting a call into a number of bytes: what a plan is predicted to hold, and the largest tiles that still fit."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

from counterpoint.base.errors import InputError


@dataclass(frozen=True)
class Footprint:
    """Bytes that a call and its backward pass hold at their peak, as a function of the tile.

    ``peak = max(after, keep + max(floor, fixed + entry * rows * cols + row * rows))``: while tiles are made there are
    tiles and what else is held then, at other times no tile but other copies of the rows; kept tiles are there until
    the last of them is used.

    Attributes:
        fixed: Held beside tiles while they are made.
        entry: For each entry of a tile.
        row: For each row of a tile.
        floor: Held when no tile is, while tiles are kept.
        after: Held when no tile is left.
        square: Tiles are made square, of as many entries.
    """

    fixed: float
    entry: float
    row: float = 0.0
    floor: float = 0.0
    after: float = 0.0
    square: bool = False

    def working(self, rows: int, cols: int) -> float:
        """Bytes held beside kept tiles."""
        height = isqrt(rows * cols) if self.square else rows
        return max(self.floor, self.fixed + self.entry * rows * cols + self.row * height)

    def peak(self, rows: int, cols: int, keep: int = 0) -> int:
        """Bytes at the peak."""
        return int(max(self.after, keep + self.working(rows, cols)))


@dataclass(frozen=True)
class Room:
    """A budget and what it is for.

    Attributes:
        budget: Bytes.
        tiles: What tiles would hold.
        dense: What the whole matrix at once would hold.
        shape: N, M and D in words, for the complaint.
        most_kept: Bytes of all tiles that may be kept; 0 where none are.
    """

    budget: int
    tiles: Footprint
    dense: Footprint
    shape: str
    most_kept: int = 0

    def holds_whole(self, n: int, m: int) -> bool:
        """Whether the whole matrix at once fits."""
        return self.dense.peak(n, m) <= self.budget

    def check_whole(self, n: int, m: int) -> None:
        """Refuse a budget that is too small for the whole matrix.

        Raises:
            InputError: It is.
        """
        if not self.holds_whole(n, m):
            raise self._too_small("the whole matrix, which is needed at once,", self.dense.peak(n, m))

    def tile(self, rows: int, cols: int, *, whole_rows: bool) -> tuple[int, int, int]:
        """Rows and columns of the largest tile that fits, starting from one of a good size, and bytes to keep.

        Raises:
            InputError: Not even the smallest tile fits.
        """
        least = self.tiles.peak(1, cols if whole_rows else 1)
        if least > self.budget:
            raise self._too_small("a tile of one row" if whole_rows else "a tile of one row by one column", least)
        while self.tiles.peak(rows, cols) > self.budget:
            # Flat tiles shrink in width first: a product needs some rows to be fast.
            if rows > 1 and (whole_rows or 8 * rows >= cols):
                rows //= 2
            else:
                cols //= 2
        left = int(self.budget - self.tiles.working(rows, cols))
        return rows, cols, max(0, min(left, self.most_kept))

    def _too_small(self, what: str, least: int) -> InputError:
        return InputError(
            f"budget: {self.budget:,} bytes are too few for {self.shape}: {what} and what is held beside it take "
            f"{least:,} bytes"
        )
