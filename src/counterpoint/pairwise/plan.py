"""Plans: dense or tiled, and how large a tile is. First form: a rule on sizes."""

from dataclasses import dataclass

from counterpoint.base.errors import InputError

DENSE_ENTRIES = 1 << 20
"""Up to this many similarities (N = M = 1,024; 4 MB in float32) autograd on the whole matrix is used."""

DENSE_ENTRIES_CLOSED = 1 << 18
"""The same where derivatives are known in closed form, which pays from N = M = 512 on."""

TILE_ENTRIES = 1 << 19
"""256 x 2,048 on a large matrix: as fast as any larger tile on a CPU core, and 2 MB a tensor in float32."""


@dataclass(frozen=True)
class Plan:
    """How the matrix is walked. It changes time and memory, never the value.

    Attributes:
        rows: Rows of a tile; 0 means the whole matrix at once, kept by autograd.
        cols: Columns of a tile.
    """

    rows: int
    cols: int

    def __post_init__(self) -> None:
        """Refuse tiles that hold nothing."""
        if self.rows < 0 or self.cols < 0 or (self.rows == 0) != (self.cols == 0):
            raise InputError(f"a tile needs at least one row and one column, got {self.rows} x {self.cols}")

    @property
    def dense(self) -> bool:
        """The whole matrix at once."""
        return self.rows == 0


DENSE = Plan(rows=0, cols=0)


def choose(n: int, m: int, *, closed: bool = False) -> Plan:
    """Dense when the matrix is small, else tiles of about half a million entries.

    Args:
        n: Rows.
        m: Columns.
        closed: The derivatives of what is asked for are known in closed form.
    """
    if n * m <= (DENSE_ENTRIES_CLOSED if closed else DENSE_ENTRIES):
        return DENSE
    cols = min(m, 2048)
    return Plan(rows=max(1, min(n, TILE_ENTRIES // cols)), cols=cols)
