"""Examples of several tasks: rows numbered through, batches of one task."""

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data import TASK, BadRows, Examples, MemoryTable, TaskExamples, infer_roles


def examples(columns: dict, limit: int = 0) -> Examples:
    table = MemoryTable(columns)
    return Examples(table, infer_roles(table), bad_rows=BadRows(limit=limit))


PAIRS = {"anchor": ["a", "b", "c"], "positive": ["A", "B", "C"]}
LABELLED = {"text": ["p", "", "r", "s"], "label": ["x", "y", "x", "y"]}


def test_a_batch_is_that_of_its_task_with_rows_counted_through():
    both = TaskExamples([examples(PAIRS), examples(LABELLED, limit=1)])
    assert len(both) == 7
    assert both.bad_rows.limit == 1
    batch = both.batch([2, 0])
    assert (batch.rows.tolist(), list(batch.anchor), list(batch.positives)) == ([2, 0], ["c", "a"], ["C", "A"])
    assert batch.facts[TASK].tolist() == [0, 0]
    batch = both.batch(np.array([6, 4, 3]))
    assert (batch.rows.tolist(), list(batch.anchor), batch.label.tolist()) == ([6, 3], ["s", "p"], [1, 0])
    assert batch.facts[TASK].tolist() == [1, 1]
    (skipped,) = batch.skipped
    assert skipped.row == 4
    assert "row 1" in skipped.reason, "as its own file counts"


@pytest.mark.parametrize(("rows", "told"), [([2, 3], r"those of tasks \[0, 1\]"), ([], r"those of tasks \[\]")])
def test_rows_of_several_tasks_or_of_none(rows, told):
    with pytest.raises(InputError, match=told):
        TaskExamples([examples(PAIRS), examples(LABELLED)]).batch(rows)


def test_no_task():
    with pytest.raises(InputError, match="one task at least, got none"):
        TaskExamples([])
