import pytest
import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.encoders import StaticText
from counterpoint.experiments.text_tasks import PairTask, mixed_batches, single_task_batches

TEXTS = [f"word{number} text" for number in range(12)]


class Seen:
    """A loss that remembers the rows of its batches."""

    def __init__(self) -> None:
        self.rows: list[list[int]] = []

    def __call__(self, a: Tensor, b: Tensor, rows: Tensor) -> Tensor:
        self.rows.append(rows.tolist())
        return ((a - b) ** 2).sum()


def encoder():
    torch.manual_seed(0)
    return StaticText(dim=4, min_frequency=1).build(TEXTS)


def test_a_batch_is_of_one_task_and_tasks_come_by_their_weights():
    losses = Seen(), Seen()
    tasks = [PairTask(TEXTS, TEXTS, losses[0], weight=3.0), PairTask(TEXTS[:6], TEXTS[:6], losses[1])]
    entered: list[int] = []
    step = single_task_batches(encoder(), tasks, batch_size=4, seed=0, entering=entered.append)
    for number in range(200):
        step(number)
    assert len(losses[0].rows) + len(losses[1].rows) == len(entered) == 200
    assert entered.count(1) == len(losses[1].rows)
    assert 0.65 < len(losses[0].rows) / 200 < 0.85
    assert all(len(set(rows)) == 4 for loss in losses for rows in loss.rows)
    assert max(max(rows) for rows in losses[1].rows) < 6


def test_a_mixed_batch_has_as_many_pairs_of_every_task_and_counts_rows_through():
    tasks = [PairTask(TEXTS, TEXTS, Seen()), PairTask(TEXTS[:6], TEXTS[:6], Seen())]
    loss = Seen()
    mixed_batches(encoder(), tasks, loss, batch_size=6, seed=0)(0)
    (rows,) = loss.rows
    assert len(rows) == 6
    assert all(row < 12 for row in rows[:3])
    assert all(12 <= row < 18 for row in rows[3:])


def test_both_sides_of_a_pair_stay_together():
    task = PairTask(TEXTS, TEXTS[::-1], Seen())
    made = encoder().eval()
    first, second = task.embedded(made, torch.tensor([2, 5]))
    torch.testing.assert_close(second, made(made.collate([TEXTS[9], TEXTS[6]])))
    torch.testing.assert_close(first, made(made.collate([TEXTS[2], TEXTS[5]])))


@pytest.mark.parametrize(
    ("first", "second", "weight", "told"),
    [
        (TEXTS, TEXTS[:3], 1.0, "one pair at least, got 12 and 3 texts"),
        ([], [], 1.0, "got 0 and 0 texts"),
        (TEXTS, TEXTS, 0.0, "weight must be a positive number, got 0.0"),
    ],
)
def test_a_task_that_is_none(first, second, weight, told):
    with pytest.raises(InputError, match=told):
        PairTask(first, second, Seen(), weight=weight)


def test_batches_of_no_task_and_of_too_few_pairs():
    made, tasks = encoder(), [PairTask(TEXTS, TEXTS, Seen()), PairTask(TEXTS, TEXTS, Seen())]
    with pytest.raises(InputError, match="tasks must hold one task at least"):
        single_task_batches(made, [], batch_size=4, seed=0)
    with pytest.raises(InputError, match="tasks must hold one task at least"):
        mixed_batches(made, [], Seen(), batch_size=4, seed=0)
    with pytest.raises(InputError, match="batch_size must be at least 1, got 0"):
        single_task_batches(made, tasks, batch_size=0, seed=0)
    with pytest.raises(InputError, match="batch_size must be at least 2, got 1"):
        mixed_batches(made, tasks, Seen(), batch_size=1, seed=0)
