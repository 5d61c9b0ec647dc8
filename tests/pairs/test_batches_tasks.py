"""Batches of one task each: shares of tasks, rows used equally often, and what is refused."""

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.pairs.batches import ClassBalanced, JoinedRows, KnownRows, Shuffled, SingleTask

ROWS = JoinedRows([KnownRows(n=40), KnownRows(n=12, classes=np.arange(12) % 3), KnownRows(n=13)])
BATCHING = SingleTask(weights=(2.0, 1.0, 1.0), within=(Shuffled(), ClassBalanced(per_class=2), Shuffled()))


def tasks_of(batches: np.ndarray) -> np.ndarray:
    return np.searchsorted(ROWS.starts, batches, side="right") - 1


def test_a_batch_is_of_one_task_and_tasks_get_their_weights():
    plan = BATCHING.plan(ROWS, batch_size=4, seed=3)
    assert plan.batches == 10 + 3 + 3
    for epoch in range(4):
        of = tasks_of(plan.epoch(epoch))
        assert (of == of[:, :1]).all()
        assert np.bincount(of[:, 0]).tolist() == [8, 4, 4]


def test_rows_of_a_task_are_used_equally_often_over_epochs():
    """Task 0 gives 8 of its 10 batches an epoch: after five epochs each row was used four times."""
    plan = BATCHING.plan(ROWS, batch_size=4, seed=3)
    drawn = np.concatenate([plan.epoch(epoch).ravel() for epoch in range(5)])
    assert np.bincount(drawn[drawn < 40], minlength=40).tolist() == [4] * 40


def test_every_task_makes_batches_in_its_own_way():
    plan = BATCHING.plan(ROWS, batch_size=4, seed=3)
    own = [batch - 40 for batch in plan.epoch(0) if 40 <= batch[0] < 52]
    assert own
    assert all(sorted(np.bincount(batch % 3).tolist())[-2:] == [2, 2] for batch in own)


def test_seed_and_epoch_alone_decide():
    plan, again = (BATCHING.plan(ROWS, batch_size=4, seed=3) for _ in range(2))
    later = plan.epoch(1)
    assert (plan.epoch(0) == again.epoch(0)).all()
    assert (again.epoch(1) == later).all()
    assert (plan.epoch(0) != later).any()
    assert (BATCHING.plan(ROWS, batch_size=4, seed=4).epoch(0) != plan.epoch(0)).any()


def test_a_batching_survives_json_and_its_own_repr():
    assert from_json(to_json(BATCHING)) == BATCHING
    assert eval(repr(BATCHING)) == BATCHING


def test_what_is_refused():
    with pytest.raises(InputError, match="batch larger than the data: 13 rows a batch, but only 12 rows"):
        SingleTask(weights=(1.0,) * 3, within=(Shuffled(),) * 3).plan(ROWS, batch_size=13, seed=0)
    with pytest.raises(InputError, match="weights must be a positive number, got 0"):
        SingleTask(weights=(0,), within=(Shuffled(),))
    with pytest.raises(InputError, match="one entry for each task, got 2 and 1"):
        SingleTask(weights=(1.0, 1.0), within=(Shuffled(),))
    with pytest.raises(InputError, match="got 0 and 0"):
        SingleTask(weights=(), within=())
    with pytest.raises(InputError, match="batches of 3 tasks need the rows of as many"):
        BATCHING.plan(KnownRows(n=40), batch_size=4, seed=0)
    for asked in (ROWS.labels, lambda: ROWS.numbers("x"), lambda: ROWS.identities(()), lambda: ROWS.neighbours("x")):
        with pytest.raises(InputError, match="of several tasks at once"):
            asked()
