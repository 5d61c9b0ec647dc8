import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data import MemoryTable
from counterpoint.data.interactions import hold_out, leave_last_out, read_interactions

ROWS = {
    "user": ["ann", "bob", "ann", None, "ann", "bob", "cat"],
    "item": ["x", "y", "z", "x", "x", "", "y"],
    "time": [3, 1, 1, 0, 9, 2, 5],
}


def table(**columns):
    return MemoryTable({**ROWS, **columns}, description="the table")


def named(found):
    return [(found.user_names[u], found.item_names[i]) for u, i in zip(found.users, found.items, strict=True)]


def test_pairs_are_numbered_cleaned_and_counted():
    found = read_interactions(table())
    assert named(found) == [("ann", "x"), ("ann", "z"), ("bob", "y"), ("cat", "y")]
    assert found.shape == (3, 3)
    assert found.notes == (
        "2 rows without a user or an item were left out",
        "1 rows that repeat an earlier one were left out",
    )
    assert found.starts.tolist() == [0, 2, 3, 4]


def test_a_time_orders_the_items_of_a_user():
    assert named(read_interactions(table(), time="time"))[:2] == [("ann", "z"), ("ann", "x")]


def test_numbers_of_another_table_are_taken_over_and_strangers_counted():
    first = read_interactions(table())
    second = read_interactions(
        MemoryTable({"user": ["cat", "dan", "bob"], "item": ["z", "x", "w"]}, description="more"), like=first
    )
    assert named(second) == [("cat", "z")]
    assert second.notes == ("2 rows whose user or item was not there in training were left out",)
    assert second.shape == first.shape


def test_integers_keep_their_order():
    found = read_interactions(MemoryTable({"user": np.array([7, 3, 7]), "item": np.array([2, 2, 1])}, description="t"))
    assert named(found) == [(3, 2), (7, 2), (7, 1)]


@pytest.mark.parametrize(
    ("columns", "arguments", "told"),
    [
        ({}, {"user": "person"}, "no column 'person'"),
        ({"user": [None] * 7}, {}, "no interaction that can be used"),
        ({"time": ["soon"] * 7}, {"time": "time"}, "must hold numbers"),
        ({"time": [1, 2, float("nan"), 4, 5, 6, 7]}, {"time": "time"}, "row 2 is no number"),
    ],
)
def test_what_cannot_be_read_is_one_clear_error(columns, arguments, told):
    with pytest.raises(InputError, match=told):
        read_interactions(table(**columns), **arguments)


def sequences():
    users, items = np.repeat([0, 1, 2], [4, 2, 3]), np.array([5, 3, 1, 0, 2, 4, 1, 2, 3])
    return read_interactions(MemoryTable({"user": users, "item": items}, description="sequences"))


def test_the_last_item_is_tested_and_the_one_before_validated():
    train, validation, test = leave_last_out(sequences())
    assert named(train) == [(0, 5), (0, 3), (1, 2), (1, 4), (2, 1)]
    assert named(validation) == [(0, 1), (2, 2)]
    assert named(test) == [(0, 0), (2, 3)]
    assert train.notes == ("1 users with fewer than 3 items are not judged",)


def test_a_share_of_every_user_is_held_out():
    whole = sequences()
    kept, held = hold_out(whole, 0.5, seed=3)
    assert np.bincount(held.users, minlength=3).tolist() == [2, 1, 1]
    assert sorted(named(kept) + named(held)) == sorted(named(whole))
    assert named(hold_out(whole, 0.5, seed=3)[1]) == named(held)
    with pytest.raises(InputError, match="share must lie between 0 and 1, got 1"):
        hold_out(whole, 1, seed=0)


def test_a_core_is_what_is_left_when_nobody_has_too_few():
    users, items = np.repeat([0, 1, 2, 3], [3, 3, 2, 1]), np.array([5, 6, 7, 5, 6, 8, 5, 6, 9])
    whole = read_interactions(MemoryTable({"user": users, "item": items}, description="core"))
    found = whole.core(2)
    assert named(found) == [(user, item) for user in (0, 1, 2) for item in (5, 6)]
    assert found.shape == (3, 2)
    with pytest.raises(InputError, match="no user has 4 items that 4 users have"):
        whole.core(4)
