"""The contract of batch building: a setting, what it may ask about the rows, and the plan it makes of them.

A plan is a pure function of rows, batch size, seed and epoch. So a run resumes bit for bit from a number of batches,
and every rank takes its share of the same global batch without a word to the others.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from counterpoint.base.errors import InputError

NOTHING = -1
"""In arrays of classes, identities and neighbours: there is none here."""


class Rows(ABC):
    """N rows, and what a batching may ask about them; nothing is read before it is asked for."""

    @abstractmethod
    def __len__(self) -> int:
        """Number of rows N."""

    @property
    def blocks(self) -> np.ndarray:
        """Row offsets `[n_blocks + 1]`, int64: rows of one block are read together, so reading near rows is cheap."""
        return np.array([0, len(self)], dtype=np.int64)

    @abstractmethod
    def labels(self) -> np.ndarray:
        """The class of every row, int64 `[N]`, ``NOTHING`` where it is not known.

        Raises:
            InputError: There are no labels.
        """

    @abstractmethod
    def numbers(self, column: str) -> np.ndarray:
        """A number of every row, float64 `[N]`, all finite.

        Raises:
            InputError: There is no such column, or a value is no finite number.
        """

    @abstractmethod
    def identities(self, columns: tuple[str, ...]) -> np.ndarray:
        """What stands in the columns, int64 `[N, C]`: equal numbers for equal values, ``NOTHING`` where none stands.

        Args:
            columns: Names; none for all that is compared (anchors and positives). Numbers of two columns can be
                compared with each other.

        Raises:
            InputError: There is no such column.
        """

    @abstractmethod
    def neighbours(self, name: str) -> np.ndarray:
        """The rows that a teacher holds nearest to each row, int64 `[N, K]`, nearest first, ``NOTHING`` at the end.

        Args:
            name: Which teacher's, such as the file they are in.

        Raises:
            InputError: There are none, or not of these rows.
        """


@dataclass(frozen=True, kw_only=True, eq=False)
class BatchPlan:
    """The batches of every epoch.

    Attributes:
        batches: Batches of one epoch, the same in all of them.
        batch_size: Rows of a global batch B, over all ranks.
        draw: Epoch number to row numbers, int64 `[batches, batch_size]`; :meth:`epoch` calls it.
        notices: What the user should know, such as rows that are left out, with counts.
    """

    batches: int
    batch_size: int
    draw: Callable[[int], np.ndarray]
    notices: tuple[str, ...] = ()

    def epoch(self, epoch: int) -> np.ndarray:
        """The row numbers of an epoch, int64 `[batches, batch_size]`; a pure function of ``epoch``."""
        drawn = self.draw(epoch)
        assert drawn.shape == (self.batches, self.batch_size)
        return drawn


@dataclass(frozen=True, kw_only=True)
class Batching(ABC):
    """How rows are put together into batches; its fields are numbers, names, flags, enums and other batchings."""

    @abstractmethod
    def plan(self, rows: Rows, *, batch_size: int, seed: int) -> BatchPlan:
        """The batches of every epoch, the same for the same arguments on every machine.

        Args:
            rows: What there is to choose from.
            batch_size: Rows of a global batch.
            seed: Decides all that is random, together with the epoch.

        Raises:
            InputError: The rows do not have what is needed, or no batch can be filled.
        """

    def by_place(self, place: np.ndarray) -> dict[str, np.ndarray]:
        """What the place of a row in its batch says of it, int64 `[n]` each, for rules to read; nothing here.

        Args:
            place: int64 `[n]`, places in a global batch, from 0 on.
        """
        return {}


def generator(seed: int, epoch: int) -> np.random.Generator:
    """What an epoch is drawn with."""
    return np.random.default_rng([seed, epoch])


def check_size(rows: Rows, batch_size: int) -> None:
    """Refuse a batch that even all rows together do not fill.

    Raises:
        InputError: The batch is larger than the data, or no batch at all.
    """
    if batch_size < 1:
        raise InputError(f"rows and batch size must be positive, not {len(rows)} and {batch_size}")
    if len(rows) < batch_size:
        raise InputError(f"batch larger than the data: {batch_size} rows a batch, but only {len(rows)} rows")
