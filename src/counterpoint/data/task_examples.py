"""Examples of several tasks as one data set, whose batches are each of one task."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from counterpoint.base.errors import InputError
from counterpoint.data.bad_rows import BadRows
from counterpoint.data.batch import Batch
from counterpoint.data.examples import Examples

TASK = "task"
"""What ``Batch.facts`` calls the number of the task of every row, int64 `[N]`."""


class TaskExamples:
    """Examples of T tasks, rows numbered one task after the other.

    Attributes:
        tasks: Those of each.
        starts: int64 `[T + 1]`: task t has the rows ``starts[t]`` to ``starts[t + 1] - 1``.
        bad_rows: How many unusable rows all of them together pass over.
    """

    def __init__(self, tasks: Sequence[Examples]) -> None:
        """Nothing is read.

        Raises:
            InputError: There is no task.
        """
        if not tasks:
            raise InputError("tasks must hold the examples of one task at least, got none")
        self.tasks = tuple(tasks)
        self.starts = np.cumsum([0, *map(len, tasks)], dtype=np.int64)
        self.bad_rows = BadRows(limit=sum(one.bad_rows.limit for one in tasks))

    def __len__(self) -> int:
        """Number of rows of all tasks, unusable ones included."""
        return int(self.starts[-1])

    def batch(self, rows: Sequence[int] | np.ndarray) -> Batch:
        """The examples at ``rows``, decoded; ``facts`` say of which task.

        Raises:
            InputError: Rows of several tasks, which have no columns in common, no rows at all, or what
                :meth:`Examples.batch` says of one of them.
        """
        index = np.asarray(rows, dtype=np.int64).reshape(-1)
        found = np.unique(np.searchsorted(self.starts, index, side="right") - 1)
        if len(found) != 1:
            raise InputError(f"rows of a batch must be of one task, got those of tasks {found.tolist()}")
        task, start = int(found[0]), int(self.starts[found[0]])
        batch = self.tasks[task].batch(index - start)
        return replace(
            batch,
            rows=batch.rows + start,
            facts={**batch.facts, TASK: torch.full((len(batch),), task)},
            skipped=tuple(replace(one, row=one.row + start) for one in batch.skipped),
        )


Learnable = Examples | TaskExamples
"""What training takes batches from."""
