"""From a saveable description of data to examples: splits, held-out data, limits, formats."""

import csv

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from counterpoint.base.errors import InputError
from counterpoint.base.facts import Fact, Form
from counterpoint.base.spec import from_json, to_json
from counterpoint.data import Supervision, table_from
from counterpoint.experiments.source import DataSource, data_from, load_data, source_options


def rows_of(examples) -> list[str]:
    return [str(text) for text in examples.batch(range(len(examples))).anchor]


@pytest.fixture
def numbered(write_lines):
    def write(n: int = 20, name: str = "data.jsonl", start: int = 0):
        rows = [{"text": f"text {i}", "label": "ab"[i % 2], "group": f"g{i // 4}"} for i in range(start, start + n)]
        return str(write_lines(rows, name))

    return write


def test_a_fraction_is_held_out_and_nothing_is_lost(numbered):
    path = numbered()
    data = load_data(DataSource(data=path, columns=(("group", ""),), test_fraction=0.25, seed=1))
    train, test = rows_of(data.train), rows_of(data.test)
    assert (len(train), len(test)) == (15, 5)
    assert sorted(train + test) == sorted(f"text {i}" for i in range(20))
    again = load_data(DataSource(data=path, columns=(("group", ""),), test_fraction=0.25, seed=1))
    assert rows_of(again.test) == test
    other = load_data(DataSource(data=path, columns=(("group", ""),), test_fraction=0.25, seed=2))
    assert rows_of(other.test) != test


def test_groups_stay_together(numbered):
    data = load_data(DataSource(data=numbered(), test_fraction=0.4, seed=0))
    assert data.roles.group == "group"
    groups = [{int(text.split()[1]) // 4 for text in rows_of(part)} for part in (data.train, data.test)]
    assert groups[0].isdisjoint(groups[1])
    assert groups[0] | groups[1] == set(range(5))
    assert "Kept together in a split: rows of equal 'group'" in data.described


def test_nothing_is_held_out_when_asked(numbered):
    data = load_data(DataSource(data=numbered(), test_fraction=0.0))
    assert data.test is None
    assert len(data.train) == 20


def test_held_out_data_of_ones_own(numbered):
    data = load_data(DataSource(data=numbered(), test=numbered(6, "test.jsonl", start=50)))
    assert len(data.train) == 20
    assert rows_of(data.test) == [f"text {i}" for i in range(50, 56)]
    assert data.test.label_names == data.train.label_names


def test_rows_are_the_first_of_the_training_part_and_keep_its_classes(write_lines):
    path = str(write_lines([{"text": f"text {i}", "label": f"c{i // 10}"} for i in range(40)]))
    test = str(write_lines([{"text": "unseen", "label": "c3"}], "test.jsonl"))
    data = load_data(DataSource(data=path, test=test, rows=15))
    assert rows_of(data.train) == [f"text {i}" for i in range(15)]
    assert data.train.label_names == data.test.label_names == ("c0", "c1", "c2", "c3")
    split = load_data(DataSource(data=path, test_fraction=0.5, rows=3))
    assert (len(split.train), len(split.test)) == (3, 20)
    assert len(load_data(DataSource(data=path, test=test, rows=100)).train) == 40


def test_named_sets_bring_their_own_part_to_judge_by():
    digits = load_data(DataSource(data="set:digits", rows=30))
    assert (len(digits.train), digits.roles.supervision) == (30, Supervision.LABELS)
    whole = load_data(DataSource(data="set:digits"))
    assert len(digits.test) == len(whole.test)
    assert len(whole.train) > 1000, "the part that the set itself holds out is not drawn from"


def test_a_named_set_can_be_the_held_out_data_of_a_file(tmp_path):
    images = np.random.default_rng(0).integers(0, 16, (30, 8, 8)).astype(np.uint8)
    np.savez(tmp_path / "mine.npz", image=images, label=np.arange(30) % 10)
    data = load_data(DataSource(data=str(tmp_path / "mine.npz"), test="set:digits"))
    assert len(data.train) == 30
    assert len(data.test) == len(load_data(DataSource(data="set:digits")).test)
    assert data.test.batch([0]).anchor.shape == data.train.batch([0]).anchor.shape
    assert data.test.label_names == tuple(map(str, range(10)))


def test_a_file_can_be_the_held_out_data_of_a_named_set(tmp_path):
    images = np.random.default_rng(0).integers(0, 16, (7, 8, 8)).astype(np.uint8)
    np.savez(tmp_path / "mine.npz", image=images, label=np.arange(7))
    assert len(load_data(DataSource(data="set:digits", test=str(tmp_path / "mine.npz"))).test) == 7
    with pytest.raises(InputError, match="unknown data set 'digit'"):
        load_data(DataSource(data="set:digits", test="set:digit"))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"test_fraction": 1.0}, "test_fraction must be at least 0 and below 1, got 1.0"),
        ({"test_fraction": float("nan")}, "test_fraction must be at least 0"),
        ({"test_fraction": 0.001}, "the part 'test' would be empty"),
        ({"rows": -1}, "rows must be at least 0, got -1"),
        ({"bad_rows": -2}, "bad_rows must be at least 0, got -2"),
        ({"image_size": 0}, "image_size must be at least 1, got 0"),
        ({"columns": (("positive", "nowhere"),)}, "no column 'nowhere'"),
        ({"test": "/nowhere.csv"}, r"no such file or folder: /nowhere\.csv"),
    ],
)
def test_what_cannot_be_is_one_error(numbered, changes, why):
    with pytest.raises(InputError, match=why):
        load_data(DataSource(**{"data": numbered(), "columns": (("group", ""),), **changes}))


def test_a_source_is_a_spec():
    source = DataSource(data="a.csv", columns=(("anchor", "x"), ("score", "")), test="set:stsb", rows=5)
    assert from_json(to_json(source)) == source


def test_every_format_holds_the_same_pairs(tmp_path, write_lines):
    rows = [{"anchor": f"a {i}", "positive": f"p {i}"} for i in range(12)]
    with (tmp_path / "x.csv").open("w", newline="") as out:
        writer = csv.DictWriter(out, ["anchor", "positive"])
        writer.writeheader()
        writer.writerows(rows)
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "x.parquet")
    np.savez(tmp_path / "x.npz", **{name: np.array([row[name] for row in rows]) for name in rows[0]})
    write_lines(rows, "x.jsonl")
    from_files = [load_data(DataSource(data=str(tmp_path / f"x.{s}"))) for s in ("csv", "jsonl", "parquet", "npz")]
    source = DataSource(data="python")
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    from_python = [data_from(table_from(given), None, source, {}) for given in (columns, rows, (row for row in rows))]
    expected = from_files[0]
    assert expected.roles.supervision is Supervision.PAIRS
    for data in (*from_files[1:], *from_python):
        assert (rows_of(data.train), rows_of(data.test)) == (rows_of(expected.train), rows_of(expected.test))


def test_facts_are_no_option_as_the_recipe_names_them():
    time = Fact(column="time", form=Form.NUMBERS)
    source = DataSource(data="a.csv", columns=(("time", "when"),), facts=(time,), rows=5)
    assert source_options(source) == ["--column time=when", "--rows 5"]
