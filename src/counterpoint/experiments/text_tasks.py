"""Several tasks for one encoder of texts: batches of one task after the other, or of all tasks at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from counterpoint.base.checks import check_positive_number
from counterpoint.base.errors import InputError
from counterpoint.encoders import Encoder
from counterpoint.experiments.descend import Step

PairLoss = Callable[[Tensor, Tensor, Tensor], Tensor]
"""From both sides of some pairs, `[B, D]` each, and their rows in the task, int64 `[B]`, to a scalar."""


@dataclass(frozen=True, eq=False)
class PairTask:
    """N pairs of texts, and what is to be learnt from them.

    Attributes:
        first: N texts.
        second: N texts, of which row i belongs to row i of the first.
        loss: Of a batch of this task.
        weight: How often it gets a batch, next to the other tasks.

    Raises:
        InputError: There are no pairs, the sides are not equally long, or the weight is not positive.
    """

    first: list[str]
    second: list[str]
    loss: PairLoss
    weight: float = field(default=1.0, kw_only=True)

    def __post_init__(self) -> None:
        if not self.first or len(self.first) != len(self.second):
            raise InputError(
                f"first and second must be the two sides of one pair at least, got {len(self.first)} and "
                f"{len(self.second)} texts"
            )
        check_positive_number("weight", self.weight)

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Rows of a batch, int64, all different; all rows of a task that has no more than ``count``."""
        return torch.randperm(len(self.first), generator=generator)[:count]

    def embedded(self, encoder: Encoder, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Both sides of some pairs as the encoder makes them now."""
        chosen = [[side[row] for row in rows.tolist()] for side in (self.first, self.second)]
        first, second = (encoder(encoder.collate(texts)) for texts in chosen)
        return first, second


def single_task_batches(
    encoder: Encoder,
    tasks: Sequence[PairTask],
    *,
    batch_size: int,
    seed: int,
    entering: Callable[[int], None] | None = None,
) -> Step:
    """Steps whose batch is of one task, drawn by the tasks' weights: pairs of other tasks are never its negatives.

    Args:
        encoder: Of all tasks.
        tasks: One at least.
        batch_size: Pairs a step.
        seed: Decides tasks and rows.
        entering: Told the number of a task before its texts are encoded, for encoders that treat tasks differently.

    Raises:
        InputError: There is no task, or not one pair a step.
    """
    _check(tasks, batch_size, least=1)
    draw = torch.Generator().manual_seed(seed)
    weights = torch.tensor([task.weight for task in tasks])

    def step(_: int) -> Tensor:
        number = int(torch.multinomial(weights, 1, generator=draw))
        task = tasks[number]
        rows = task.draw(batch_size, draw)
        if entering is not None:
            entering(number)
        return task.loss(*task.embedded(encoder, rows), rows)

    return step


def mixed_batches(encoder: Encoder, tasks: Sequence[PairTask], loss: PairLoss, *, batch_size: int, seed: int) -> Step:
    """Steps whose batch has as many pairs of every task, all of them under one loss.

    Args:
        encoder: Of all tasks.
        tasks: One at least; their own losses are not used.
        loss: Of all pairs, whose rows are counted through the tasks one after the other.
        batch_size: Pairs a step, of all tasks together.
        seed: Decides rows.

    Raises:
        InputError: There is no task, or not one pair a step for each.
    """
    _check(tasks, batch_size, least=len(tasks))
    draw = torch.Generator().manual_seed(seed)
    starts = [sum(len(task.first) for task in tasks[:number]) for number in range(len(tasks))]

    def step(_: int) -> Tensor:
        rows = [task.draw(batch_size // len(tasks), draw) for task in tasks]
        sides = [task.embedded(encoder, one) for task, one in zip(tasks, rows, strict=True)]
        first, second = (torch.cat(side) for side in zip(*sides, strict=True))
        return loss(first, second, torch.cat([start + one for start, one in zip(starts, rows, strict=True)]))

    return step


def _check(tasks: Sequence[PairTask], batch_size: int, *, least: int) -> None:
    if not tasks:
        raise InputError("tasks must hold one task at least, got none")
    if batch_size < least:
        raise InputError(f"batch_size must be at least {least}, got {batch_size}")
