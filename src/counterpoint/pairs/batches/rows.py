"""Rows whose facts are at hand as arrays."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.pairs.batches.checked import checked_neighbours, checked_numbers
from counterpoint.pairs.batches.contract import Rows


@dataclass(frozen=True, kw_only=True, eq=False)
class KnownRows(Rows):
    """Facts given as arrays: for use from Python, for streams and for tests.

    Attributes:
        n: Number of rows N.
        classes: int64 `[N]`, the class of every row, -1 where it is not known.
        columns: Name to one number per row `[N]`; a column of names goes through :func:`identity` first.
        compared: Names of the columns that hold what is compared.
        nearest: int64 `[N, K]`, the rows that a teacher holds nearest to each row, nearest first, without the row
            itself; -1 where there are fewer.
    """

    n: int
    classes: np.ndarray | None = None
    columns: Mapping[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])
    compared: tuple[str, ...] = ()
    nearest: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Refuse facts about another number of rows."""
        facts = {"classes": self.classes, "nearest": self.nearest, **self.columns}
        for name, values in facts.items():
            if values is not None and len(values) != self.n:
                raise InputError(f"{name} must have one entry for each of the {self.n} rows, got {len(values)}")

    def __len__(self) -> int:
        """Number of rows."""
        return self.n

    def labels(self) -> np.ndarray:
        """``classes``."""
        if self.classes is None:
            raise InputError("these batches need a label for every row, and there are none")
        return np.asarray(self.classes, dtype=np.int64)

    def numbers(self, column: str) -> np.ndarray:
        """One of ``columns`` as it is."""
        return checked_numbers(column, np.asarray(self._column(column), dtype=np.float64))

    def identities(self, columns: tuple[str, ...]) -> np.ndarray:
        """The ``columns`` side by side."""
        names = columns or self.compared
        if not names:
            raise InputError("these batches need columns to compare, and none are named")
        return np.stack([np.asarray(self._column(name), dtype=np.int64) for name in names], axis=1)

    def neighbours(self, name: str) -> np.ndarray:
        """``nearest``, whatever the name."""
        if self.nearest is None:
            raise InputError("these batches need the nearest rows of every row, and they are not given")
        return checked_neighbours(np.asarray(self.nearest, dtype=np.int64), self.n, "nearest")

    def _column(self, name: str) -> np.ndarray:
        if name not in self.columns:
            raise InputError(f"there is no column {name!r}; there are: {', '.join(map(repr, self.columns)) or 'none'}")
        return self.columns[name]
