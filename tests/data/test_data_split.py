import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data import split_by_fraction, split_by_group, split_by_value, split_rows, table_from


def _whole(parts: dict[str, np.ndarray], n: int) -> None:
    assert sorted(np.concatenate(list(parts.values())).tolist()) == list(range(n))
    assert all(np.all(np.diff(rows) > 0) for rows in parts.values())


def test_by_value() -> None:
    parts = split_by_value(["train", "test", "train", "dev"])
    assert {name: rows.tolist() for name, rows in parts.items()} == {"train": [0, 2], "test": [1], "dev": [3]}
    with pytest.raises(InputError, match="row 1"):
        split_by_value(["train", None])


def test_by_fraction_is_exact_disjoint_and_seeded() -> None:
    fractions = {"train": 0.7, "dev": 0.1, "test": 0.2}
    parts = split_by_fraction(101, fractions, seed=0)
    _whole(parts, 101)
    assert [len(rows) for rows in parts.values()] == [71, 10, 20]
    again, other = split_by_fraction(101, fractions, seed=0), split_by_fraction(101, fractions, seed=1)
    assert all(np.array_equal(parts[name], again[name]) for name in parts)
    assert not np.array_equal(parts["test"], other["test"])


def test_stratified_keeps_every_class_in_proportion(random: np.random.Generator) -> None:
    labels = random.choice(["a", "b", "c"], p=[0.6, 0.3, 0.1], size=1000)
    parts = split_by_fraction(1000, {"train": 0.8, "test": 0.2}, seed=0, labels=labels)
    _whole(parts, 1000)
    assert len(parts["test"]) == 200
    for name in "abc":
        expected = 0.2 * (labels == name).sum()
        assert abs((labels[parts["test"]] == name).sum() - expected) <= 1
    other = split_by_fraction(1000, {"train": 0.8, "test": 0.2}, seed=1, labels=labels)
    assert not np.array_equal(parts["test"], other["test"])


def test_no_group_is_on_both_sides(random: np.random.Generator) -> None:
    groups = random.integers(0, 60, size=900)
    parts = split_by_group(groups, {"train": 0.6, "dev": 0.2, "test": 0.2}, seed=0)
    _whole(parts, 900)
    owners = [set(groups[rows].tolist()) for rows in parts.values()]
    assert sum(len(owner) for owner in owners) == len(set().union(*owners))
    assert abs(len(parts["train"]) - 540) < 60


def test_a_row_without_group_is_refused() -> None:
    with pytest.raises(InputError, match="has no group"):
        split_by_group(["a", None, "b"], {"x": 0.5, "y": 0.5}, seed=0)


def test_split_rows_reads_the_columns() -> None:
    table = table_from({"part": ["a", "b"] * 10, "user": [i // 4 for i in range(20)], "label": ["x"] * 10 + ["y"] * 10})
    assert split_rows(table, by_column="part")["b"].tolist() == list(range(1, 20, 2))
    halves = {"train": 0.5, "test": 0.5}
    assert np.bincount(split_rows(table, halves, stratify="label")["train"] // 10).tolist() == [5, 5]
    grouped = split_rows(table, {"train": 0.6, "test": 0.4}, group="user")
    assert not set(grouped["train"] // 4) & set(grouped["test"] // 4)
    assert len(split_rows(table, halves)["test"]) == 10


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "either fractions or by_column"),
        ({"fractions": {"a": 0.5, "b": 0.4}}, "sum to 1"),
        ({"fractions": {"a": 1.5, "b": -0.5}}, "positive"),
        ({"fractions": {"a": 0.99, "b": 0.01}}, "'b' would be empty"),
        ({"fractions": {"a": 1.0}, "by_column": "part"}, "already says"),
        ({"fractions": {"a": 1.0}, "group": "part", "stratify": "part"}, "not both"),
        ({"by_column": "prt"}, "no column 'prt'"),
        ({"fractions": {"a": 0.5, "b": 0.3, "c": 0.2}, "group": "part"}, "2 groups cannot fill 3 parts"),
    ],
)
def test_mistakes(options: dict, message: str) -> None:
    table = table_from({"part": ["a", "b"] * 5})
    with pytest.raises(InputError, match=message):
        split_rows(table, **options)


def test_groups_too_large_for_a_part() -> None:
    # Whatever the order, the large group covers the middle of two parts.
    for seed in range(5):
        with pytest.raises(InputError, match="stays empty"):
            split_by_group([0] * 98 + [1, 2, 3], {"a": 0.25, "b": 0.25, "c": 0.25, "d": 0.25}, seed=seed)
