"""Cold users are judged by themselves where there are some."""

import numpy as np
import pytest

from counterpoint.data.interactions import Interactions
from counterpoint.evaluation.recommendation import cold_and_tail
from counterpoint.experiments.recommender.parts import parts_of


def taken(counts, first=0):
    """Every user has so many items, from ``first`` on."""
    users = np.repeat(np.arange(len(counts)), counts)
    items = np.concatenate([first + np.arange(count) for count in counts])
    return Interactions(users=users, items=items, user_names=range(len(counts)), item_names=range(20))


@pytest.mark.parametrize(
    ("counts", "cold"),
    [
        ([3] * 8, 8),
        ([3] * 7 + [9], 7),
        ([3] * 5 + [9] * 3, 5),
        ([3] * 4 + [9] * 4, None),
        (list(range(1, 9)), None),
    ],
)
def test_a_tie_that_makes_more_than_half_cold_leaves_them_out(counts, cold):
    known, test = taken(counts), taken([1] * 8, first=15)
    found, usual = parts_of(known, test), cold_and_tail(known.matrix)
    names = [one.name for one in found.groups]
    if cold is None:
        assert (names, found.told) == (["cold", "tail", "head"], "")
    else:
        assert names == ["tail", "head"]
        assert found.told.startswith(f"no cold users: {cold} of 8 judged users have at most 3 known items each")
    for one in found.groups:
        same = next(other for other in usual if other.name == one.name)
        np.testing.assert_array_equal(one.users, same.users)
        np.testing.assert_array_equal(one.items, same.items)


def test_who_is_not_judged_does_not_count():
    known = taken([1, 2, 7, 8, 9, 9, 9, 9])
    assert parts_of(known, taken([1, 1, 0, 0, 0, 0, 0, 0], first=15)).told.startswith("no cold users: 2 of 2")
    assert not parts_of(known, taken([1, 1, 1, 1, 0, 0, 0, 0], first=15)).told
