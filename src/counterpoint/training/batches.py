"""Batches of a run: what a batching may know about the examples, and the plan it makes of them."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from counterpoint.base.errors import InputError
from counterpoint.base.facts import Fact, Form
from counterpoint.data import Batch, Examples, Learnable, TaskExamples
from counterpoint.pairs.batches import Batching, BatchPlan, JoinedRows, Rows, identities
from counterpoint.pairs.batches.checked import checked_neighbours, checked_numbers
from counterpoint.training.settings import TrainSettings

_CHUNK = 65536


class ExampleRows(Rows):
    """The rows of a data set, read from its table when a batching asks."""

    def __init__(self, examples: Examples) -> None:
        """Nothing is read yet."""
        self.examples = examples

    def __len__(self) -> int:
        """Number of examples."""
        return len(self.examples)

    @property
    def blocks(self) -> np.ndarray:
        """Those of the table."""
        return self.examples.table.blocks

    def labels(self) -> np.ndarray:
        """The classes of the label column."""
        labels = self.examples.labels
        if labels is None:
            raise InputError(f"{self._name}: these batches need a label column, and there is none")
        return labels

    def numbers(self, column: str) -> np.ndarray:
        """A column of the table, whether it has another role or not."""
        try:
            values = np.array(self._cells((column,)), dtype=np.float64).reshape(-1)
        except (TypeError, ValueError) as error:
            raise InputError(f"{self._name}: column {column!r} must hold a number in every row: {error}") from error
        return checked_numbers(column, values)

    def identities(self, columns: tuple[str, ...]) -> np.ndarray:
        """Those of the columns, or of anchors and positives; several columns of one vector count as one."""
        roles = self.examples.roles
        wanted = [(name,) for name in columns or roles.positives]
        wanted = wanted if columns else [roles.anchor, *wanted]
        return np.concatenate([identities(self._cells(names)) for names in wanted], axis=1)

    def neighbours(self, name: str) -> np.ndarray:
        """The array of a ``.npy`` file, looked for where the data are and then from here."""
        table = self.examples.table
        path = Path(name) if table.folder is None or not (table.folder / name).is_file() else table.folder / name
        if not path.is_file():
            raise InputError(
                f"these batches need the file {name!r} of neighbours, int64 [{len(self)}, K]; it is not there"
            )
        try:
            nearest = np.load(path, allow_pickle=False)
        except ValueError as error:
            raise InputError(f"{path} is no .npy file of numbers: {error}") from error
        if len(nearest) != len(self):
            raise InputError(
                f"{path} has neighbours of {len(nearest)} rows, and there are {len(self)} to learn from; if rows are "
                "held out, hold none out (test_fraction 0) or give them as a file of their own"
            )
        return checked_neighbours(nearest, len(self), str(path)).astype(np.int64, copy=False)

    @property
    def _name(self) -> str:
        return self.examples.table.description

    def _cells(self, columns: tuple[str, ...]) -> list[Any]:
        """The cells of a column; of several, one list of their values for each row."""
        cells: list[Any] = []
        for start in range(0, len(self), _CHUNK):
            values = self.examples.table.take(np.arange(start, min(start + _CHUNK, len(self))), columns)
            found = [values[name] for name in columns]
            cells.extend(found[0] if len(columns) == 1 else zip(*found, strict=True))
        return cells


def plan_batches(examples: Learnable, settings: TrainSettings) -> BatchPlan:
    """The batches of every epoch of a run.

    Raises:
        InputError: The examples do not have what ``settings.batches`` needs, or no batch can be filled.
    """
    several = isinstance(examples, TaskExamples)
    rows = JoinedRows([ExampleRows(one) for one in examples.tasks]) if several else ExampleRows(examples)
    return settings.batches.plan(rows, batch_size=settings.batch_size, seed=settings.seed)


def with_places(batch: Batch, rows: np.ndarray, batching: Batching, *, start: int = 0) -> Batch:
    """The batch, knowing what the place of its rows says of them.

    Args:
        batch: Of ``rows``, but for those that could not be used.
        rows: int64 `[n]`, in the order of the global batch.
        batching: Who put them there.
        start: Place of the first.
    """
    place = start + np.arange(len(rows))
    told = batching.by_place(place[~np.isin(rows, [one.row for one in batch.skipped])])
    facts = {Fact(column=name, form=Form.PLACE).key: torch.from_numpy(one) for name, one in told.items()}
    return replace(batch, facts={**batch.facts, **facts})


def fingerprint(plan: BatchPlan) -> str:
    """Digest of the first epoch: labels, neighbours or difficulties that have changed change it."""
    return hashlib.sha256(np.ascontiguousarray(plan.epoch(0)).tobytes()).hexdigest()[:16]
