"""Batches by class: balanced, disjoint, bound; and how many false negatives they hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterpoint.base.errors import InputError
from counterpoint.pairs.batches import (
    BatchBinding,
    ClassBalanced,
    ClassDisjoint,
    KnownRows,
    Shuffled,
    expected_rate,
    false_negative_rate,
    same_label_pairs,
)
from counterpoint.pairs.batches.spread import most_batches, spread


def classes(*counts: int) -> KnownRows:
    """Rows of classes 0, 1, ... in mixed order."""
    labels = np.repeat(np.arange(len(counts)), counts)
    return KnownRows(n=len(labels), classes=np.random.default_rng(1).permutation(labels))


def most_batches_by_trying(counts: list[int], size: int) -> int:
    """Fill batches from the values that have most left, which is optimal."""
    batches, left = 0, sorted(counts, reverse=True)
    while sum(count > 0 for count in left) >= size:
        left = sorted([count - 1 for count in left[:size]] + left[size:], reverse=True)
        batches += 1
    return batches


@given(counts=st.lists(st.integers(1, 9), min_size=1, max_size=9), size=st.integers(1, 5), seed=st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_as_many_batches_as_can_be_filled(counts, size, seed):
    values = np.repeat(np.arange(len(counts)), counts)
    batches = most_batches(np.array(counts), size)
    assert batches == most_batches_by_trying(counts, size)
    if batches:
        found = spread(values, batches, size, np.random.default_rng(seed))
        assert np.bincount(found.ravel()).max() == 1
        assert all(len(np.unique(values[batch])) == size for batch in found)


def test_who_is_left_out_of_a_deal_is_random():
    """Two batches of two from values of 3, 2 and 1 members: no place is always the same member's."""
    random = np.random.default_rng(0)
    used = np.zeros(6)
    for _ in range(300):
        used += np.bincount(spread(np.array([0, 0, 0, 1, 1, 2]), 2, 2, random).ravel(), minlength=6)
    assert np.ptp(used[:3]) < 70
    assert np.ptp(used[3:5]) < 70
    assert used.min() > 50


def test_balanced_batches_hold_so_many_of_so_many_classes():
    data = classes(8, 8, 8, 8)
    plan = ClassBalanced(per_class=4).plan(data, batch_size=8, seed=0)
    assert plan.batches == 4, "every row once"
    assert plan.notices == ()
    for batch in plan.epoch(0):
        labels = data.labels()[batch].reshape(2, 4)
        assert (labels == labels[:, :1]).all()
        assert labels[0, 0] != labels[1, 0]


def test_a_large_class_is_used_in_part_and_another_part_in_every_epoch():
    data = classes(60, 4, 4)
    plan = ClassBalanced(per_class=2).plan(data, batch_size=4, seed=0)
    assert plan.batches == 4
    assert "4 batches instead of 17" in plan.notices[0]
    uses = sum(np.bincount(plan.epoch(epoch).ravel(), minlength=68) for epoch in range(120))
    labels = data.labels()
    assert (uses[labels > 0] == 120).all(), "all rows of the small classes in every epoch"
    assert 0 < uses[labels == 0].min() <= uses[labels == 0].max() < 40, "16 on average, standard deviation 3.7"


def test_oversampling_uses_classes_and_their_rows_equally_often():
    data = classes(60, 5, 7)
    plan = ClassBalanced(per_class=3, oversample=True).plan(data, batch_size=6, seed=0)
    assert plan.batches == 12
    uses = np.bincount(plan.epoch(0).ravel(), minlength=72)
    labels = data.labels()
    assert [uses[labels == one].sum() for one in range(3)] == [24, 24, 24]
    assert all(np.ptp(uses[labels == one]) <= 1 for one in range(3))
    groups = plan.epoch(0).reshape(-1, 3)
    assert all(len(np.unique(group)) == 3 for group in groups)


def test_small_classes_and_unknown_ones_are_left_out_and_counted():
    data = KnownRows(n=12, classes=np.array([0, 0, 0, 0, 1, 1, 1, 1, 2, 3, 3, -1]))
    plan = ClassBalanced(per_class=4).plan(data, batch_size=8, seed=0)
    assert plan.notices == (
        "1 rows have no class and are left out",
        "2 of the 4 classes have fewer than 4 rows and are left out, with their 3 rows",
    )
    assert set(plan.epoch(0).ravel().tolist()) == set(range(8))


@pytest.mark.parametrize(
    ("counts", "options", "batch_size", "why"),
    [
        ((9,), {}, 8, "at least 2 classes, and there are 1: nothing would be a negative"),
        ((9, 9), {"per_class": 4}, 6, "2 classes or more of per_class=4 rows, got 6"),
        ((9, 9), {"per_class": 8}, 8, "2 classes or more of per_class=8 rows, got 8"),
        ((9, 9, 3), {"per_class": 4}, 12, "needs 3 classes of at least 4 rows; 2 of the 3 classes have so many"),
    ],
)
def test_labels_that_cannot_be_balanced(counts, options, batch_size, why):
    with pytest.raises(InputError, match=why):
        ClassBalanced(**options).plan(classes(*counts), batch_size=batch_size, seed=0)


@pytest.mark.parametrize("per_class", [1, 0, 2.0, True])
def test_a_group_needs_two_rows(per_class):
    with pytest.raises(InputError, match="per_class must be a whole number of at least 2"):
        ClassBalanced(per_class=per_class)


def test_disjoint_batches_hold_no_class_twice_and_lose_no_more_than_they_must():
    data = classes(10, 3, 3, 2, 2)
    plan = ClassDisjoint().plan(data, batch_size=3, seed=0)
    assert plan.batches == most_batches_by_trying([10, 3, 3, 2, 2], 3) == 5
    assert "an epoch has 5 batches instead of 6" in plan.notices[0]
    assert (same_label_pairs(plan.epoch(0), data.labels()) == 0).all()


def test_too_few_classes_to_be_disjoint():
    with pytest.raises(InputError, match="at least 4 classes, and there are 3"):
        ClassDisjoint().plan(classes(5, 5, 5), batch_size=4, seed=0)


def test_bound_rows_stand_in_every_batch_of_every_epoch():
    data = classes(9, 7, 6)
    plan = BatchBinding(per_class=2).plan(data, batch_size=10, seed=0)
    found = np.stack([plan.epoch(epoch) for epoch in range(3)])
    bound = found[0, 0, :6]
    assert (found[..., :6] == bound).all()
    assert np.bincount(data.labels()[bound]).tolist() == [2, 2, 2]
    others = found[0, :, 6:].ravel()
    assert len(np.unique(others)) == len(others) == 16
    assert not np.isin(others, bound).any()


@pytest.mark.parametrize(
    ("counts", "batch_size", "why"),
    [
        ((9,), 4, "needs 2 classes; there are 1"),
        ((9, 2), 8, "the smallest class has only 2"),
        ((9, 9), 4, "batch_size must be above 4, the bound rows of 2 classes, got 4"),
    ],
)
def test_what_cannot_be_bound(counts, batch_size, why):
    with pytest.raises(InputError, match=why):
        BatchBinding(per_class=2).plan(classes(*counts), batch_size=batch_size, seed=0)


def test_the_count_of_false_negatives_against_every_pair():
    random = np.random.default_rng(0)
    labels = random.integers(-1, 4, size=30)
    batches = random.permutation(30).reshape(3, 10)
    by_pairs = [
        sum(labels[a] == labels[b] >= 0 for place, a in enumerate(batch) for b in batch[:place]) for batch in batches
    ]
    assert same_label_pairs(batches, labels).tolist() == by_pairs


def test_random_batches_hold_the_expected_rate_and_disjoint_ones_none():
    data = classes(30, 30, 20, 10, 10)
    batches = np.concatenate([Shuffled().plan(data, batch_size=5, seed=0).epoch(epoch) for epoch in range(40)])
    assert false_negative_rate(batches, data.labels()) == pytest.approx(expected_rate(data.labels()), rel=0.05)
    disjoint = ClassDisjoint().plan(data, batch_size=4, seed=0).epoch(0)
    assert false_negative_rate(disjoint, data.labels()) == 0
    with pytest.raises(InputError, match="two rows"):
        expected_rate(np.array([1]))
