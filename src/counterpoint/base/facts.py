"""Facts: what is known of the rows of a table besides their content, and in which form it is wanted."""

from dataclasses import dataclass
from enum import StrEnum


class Form(StrEnum):
    """What stands in the column of a fact, and the tensor that a batch of N rows has of it."""

    NAME = "name"
    """A class, cluster or identifier: int64 `[N]`, equal numbers for equal names."""
    NAMES = "names"
    """Several names in a cell, none too: float32 `[N, K]` of 0 and 1, a column for each name."""
    NUMBERS = "numbers"
    """A time, a place, a grade: float64 `[N, K]`."""
    VECTOR = "vector"
    """Metadata, or the embedding of a teacher: float32 `[N, K]`."""
    LINKS = "links"
    """Names of other rows, none too: int64 `[N, L]`, their numbers as in the column ``of``; -1 fills up."""
    PLACE = "place"
    """No column of the table: int64 `[N]`, told by whoever builds batches of the place where a row stands in one."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One thing to know of every row.

    Attributes:
        column: The name of its column, or the word by which the column is known and can be named anew.
        form: What stands there.
        of: For links: the column (or its word) that holds the names they mention.
    """

    column: str
    form: Form
    of: str = ""

    @property
    def key(self) -> str:
        """What the fact is called in a batch."""
        return f"{self.form}:{self.column}"
