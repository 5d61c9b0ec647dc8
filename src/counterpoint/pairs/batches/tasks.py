"""Batches that are each of one task, tasks taking as many of them as they are given."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from counterpoint.base.checks import check_positive_number
from counterpoint.base.errors import InputError
from counterpoint.pairs.batches.contract import Batching, BatchPlan, Rows, generator
from counterpoint.pairs.batches.sources import apportioned, seed_of, stream


class JoinedRows(Rows):
    """Rows of T tasks, numbered one task after the other. What is asked of rows is asked of a task's own.

    Attributes:
        tasks: The rows of each.
        starts: int64 `[T + 1]`: task t has the rows ``starts[t]`` to ``starts[t + 1] - 1``.
    """

    def __init__(self, tasks: Sequence[Rows]) -> None:
        """Nothing is read yet."""
        self.tasks = tuple(tasks)
        self.starts = np.cumsum([0, *map(len, tasks)], dtype=np.int64)

    def __len__(self) -> int:
        """Rows of all tasks."""
        return int(self.starts[-1])

    def labels(self) -> np.ndarray:
        """Refused: classes of two tasks have nothing to do with each other."""
        raise _of_one_task("labels")

    def numbers(self, column: str) -> np.ndarray:
        """Refused: tasks have columns of their own."""
        raise _of_one_task(f"the column {column!r}")

    def identities(self, columns: tuple[str, ...]) -> np.ndarray:
        """Refused: tasks have columns of their own."""
        raise _of_one_task("identities")

    def neighbours(self, name: str) -> np.ndarray:
        """Refused: neighbours are rows of the same task."""
        raise _of_one_task(f"the neighbours {name!r}")


def _of_one_task(asked: str) -> InputError:
    return InputError(f"{asked} of several tasks at once: batches are made within each task, by SingleTask(within=...)")


@dataclass(frozen=True, kw_only=True)
class SingleTask(Batching):
    """All rows of a batch are of one task, so that nothing of another task is ever a negative.

    An epoch has as many batches as the tasks have whole ones together; task t gets `w_t / sum_s w_s` of them, and at
    least one, in shuffled order. Within a task all rows are used equally often: one that gets fewer batches than it
    has goes on where it stopped in the next epoch, one that gets more begins again, in another order.

    Attributes:
        weights: w, one for each task, positive.
        within: How the batches of each task are made.

    Example:
        >>> from counterpoint.pairs.batches import KnownRows, Shuffled
        >>> rows = JoinedRows([KnownRows(n=4), KnownRows(n=8)])
        >>> SingleTask(weights=(1.0, 1.0), within=(Shuffled(), Shuffled())).plan(rows, batch_size=2, seed=0).batches
        6
    """

    weights: tuple[float, ...]
    within: tuple[Batching, ...]

    def __post_init__(self) -> None:
        """Refuse weights that are none, and batchings that are not one for each of them."""
        for weight in self.weights:
            check_positive_number("weights", weight)
        if not self.weights or len(self.weights) != len(self.within):
            raise InputError(
                f"weights and within must have one entry for each task, got {len(self.weights)} and {len(self.within)}"
            )

    def plan(self, rows: Rows, *, batch_size: int, seed: int) -> BatchPlan:
        """A plan for each task, and whose turn it is.

        Raises:
            InputError: The rows are not those of so many tasks, or a task cannot fill a batch.
        """
        if not isinstance(rows, JoinedRows) or len(rows.tasks) != len(self.weights):
            raise InputError(f"batches of {len(self.weights)} tasks need the rows of as many, numbered one by one")
        plans = [
            batching.plan(task, batch_size=batch_size, seed=seed_of(seed, place))
            for place, (batching, task) in enumerate(zip(self.within, rows.tasks, strict=True))
        ]
        quotas = apportioned(np.array(self.weights), sum(plan.batches for plan in plans))

        def draw(epoch: int) -> np.ndarray:
            found = [
                start + stream(plan, epoch * quota, quota)
                for start, plan, quota in zip(rows.starts, plans, quotas.tolist(), strict=False)
            ]
            return np.concatenate(found)[generator(seed, epoch).permutation(int(quotas.sum()))]

        notices = tuple(dict.fromkeys(one for plan in plans for one in plan.notices))
        return BatchPlan(batches=int(quotas.sum()), batch_size=batch_size, draw=draw, notices=notices)
