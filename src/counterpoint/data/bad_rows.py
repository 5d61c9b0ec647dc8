"""Rows that cannot be used: the policy, the record, and the exception inside this room."""

from dataclasses import dataclass

from counterpoint.base.errors import InputError


@dataclass(frozen=True, kw_only=True)
class BadRows:
    """How many unusable rows are passed over before giving up.

    Attributes:
        limit: 0 (default) stops at the first one; with k, up to k rows are skipped, counted and listed.
    """

    limit: int = 0

    def __post_init__(self) -> None:
        """Check the limit."""
        if self.limit < 0:
            raise InputError(f"BadRows: limit must be 0 or more, not {self.limit}")


@dataclass(frozen=True)
class SkippedRow:
    """A row that was passed over.

    Attributes:
        row: Row number in the table.
        reason: File, line or row, column and problem.
    """

    row: int
    reason: str


class RowError(Exception):
    """One row of a batch cannot be used; ``place`` is its position in the batch."""

    def __init__(self, place: int, column: str, problem: str) -> None:
        """Remember where it was and what is wrong."""
        super().__init__(problem)
        self.place = place
        self.column = column
        self.problem = problem
