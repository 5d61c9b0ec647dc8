"""Plans: dense or tiled, and how large a tile is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from counterpoint.base.errors import InputError
from counterpoint.pairwise.room import Room

DENSE_ENTRIES = 1 << 18
"""Up to this many similarities (N = M = 512; 1 MB in float32) the whole matrix is kept."""

DENSE_AUTOGRAD_ENTRIES = 1 << 20
"""The same where tiles would be made twice and differentiated one by one (N = M = 1,024)."""

TILE_ENTRIES = 1 << 19
"""256 x 2,048 on a large matrix: as fast as any larger tile on a CPU core, and 2 MB a tensor in float32."""

TILE_COLUMNS = 2048

KEPT_BYTES = 16 << 20
"""Memory in which tiles are kept for the backward pass when nothing is said; whatever does not fit is made again."""


class Streams(Enum):
    """What an objective needs to see at once."""

    TILES = "tiles"
    """Entries one by one: memory for a tile."""
    ROWS = "rows"
    """Whole rows, such as a sort: memory for a block of rows."""
    WHOLE = "whole"
    """The whole matrix: memory N x M, refused beyond a limit."""


@dataclass(frozen=True)
class Plan:
    """How the matrix is walked. It changes time and memory, never the value.

    Attributes:
        rows: Rows of a tile; 0 means the whole matrix at once, kept by autograd.
        cols: Columns of a tile.
        keep: Bytes in which tiles may be kept from the forward to the backward pass, instead of being made again.
        bfloat16: Products are made of embeddings rounded to bfloat16 and accumulated in float32: the one plan that
            does change the value, within the rounding that ``docs/engine.md`` states.
        compiled: Terms that are in no closed form, and their derivatives on a tile, are compiled by ``torch.compile``.
            Plans that are chosen do so on CUDA, where it can be done.
    """

    rows: int
    cols: int
    keep: int = 0
    bfloat16: bool = False
    compiled: bool = False

    def __post_init__(self) -> None:
        """Refuse tiles that hold nothing."""
        if self.rows < 0 or self.cols < 0 or (self.rows == 0) != (self.cols == 0):
            raise InputError(f"a tile needs at least one row and one column, got {self.rows} x {self.cols}")
        if self.keep < 0:
            raise InputError(f"keep must be a number of bytes, got {self.keep}")
        if self.dense and self.bfloat16:
            raise InputError("bfloat16 is a way to make tiles, and a dense plan has none")
        if self.dense and self.compiled:
            raise InputError("compiled is about tiles, and a dense plan has none")

    @property
    def dense(self) -> bool:
        """The whole matrix at once."""
        return self.rows == 0


DENSE = Plan(rows=0, cols=0)


@dataclass(frozen=True)
class Budget:
    """In place of a plan: the most bytes that a call and its backward pass may hold; the plan is chosen to fit.

    What is counted is what ``explain`` predicts. Under several processes it is the budget of each.

    Attributes:
        bytes: At least what one tile takes; less is an error that says how much would do.
    """

    bytes: int

    def __post_init__(self) -> None:
        """Refuse what is no number of bytes."""
        if isinstance(self.bytes, bool) or not isinstance(self.bytes, int) or self.bytes < 1:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InputError(f"budget must be a whole number of bytes, at least 1, got {self.bytes!r}")


def choose(
    n: int,
    m: int,
    *,
    closed: bool = False,
    streams: Streams = Streams.TILES,
    per_pair: int = 1,
    room: Room | None = None,
) -> Plan:
    """Tiles of about half a million numbers; dense when the matrix is small and nothing better is known.

    Args:
        n: Rows.
        m: Columns.
        closed: The derivatives of what is asked for are known in closed form: tiles are as fast at any size.
        streams: What the objective needs to see at once.
        per_pair: Numbers a tile holds for each pair while it is scored.
        room: A budget: tiles are made smaller until they fit, and what is left of it keeps tiles.

    Raises:
        InputError: The budget is too small for one tile, or for the whole matrix where that is needed.
    """
    if streams is Streams.WHOLE:
        if room is not None:
            room.check_whole(n, m)
        return DENSE
    small = DENSE_ENTRIES if closed or streams is Streams.ROWS else DENSE_AUTOGRAD_ENTRIES
    if n * m * per_pair <= small and (room is None or room.holds_whole(n, m)):
        return DENSE
    entries = max(1, TILE_ENTRIES // per_pair)
    cols = m if streams is Streams.ROWS else min(m, TILE_COLUMNS, entries)
    rows, keep = max(1, min(n, entries // cols)), KEPT_BYTES if closed else 0
    if room is not None:
        rows, cols, keep = room.tile(rows, cols, whole_rows=streams is Streams.ROWS)
    return Plan(rows=rows, cols=cols, keep=keep)
