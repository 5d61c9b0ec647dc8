"""Facts of rows: their columns are found, told and kept out of the content; their cells become tensors."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.base.facts import Fact, Form
from counterpoint.data import BadRows, Batch, Examples, Roles, infer_roles, present_facts, table_from

NAME, NAMES, NUMBERS, VECTOR, LINKS = (form for form in Form if form is not Form.PLACE)
X = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]
ALL = np.arange(4)


def roles(table: dict, *facts: Fact, **columns: str) -> Roles:
    return infer_roles(table_from(table), columns, facts=facts)


def batch(table: dict, *facts: Fact, rows=ALL, limit: int = 0, **columns: str) -> Batch:
    examples = Examples(table_from(table), roles(table, *facts, **columns), bad_rows=BadRows(limit=limit))
    return examples.batch(rows)


def test_names_are_numbers_and_an_empty_cell_is_like_no_other():
    cluster = Fact(column="cluster", form=NAME)
    table = {"x": X, "Cluster": ["b", "a", None, "b"]}
    found = batch(table, cluster).facts["name:cluster"]
    assert found.dtype == torch.int64
    assert found.tolist() == [1, 0, -1, 1]
    examples = Examples(table_from(table), roles(table, cluster))
    assert "column 'Cluster' is empty in 1 of 4 rows, which share nothing with any other" in examples.notices


@pytest.mark.parametrize("cells", [["b|a", "", "b", "c; a"], [["b", "a"], [], ["b"], ["a", "c"]]])
def test_several_names_are_columns_of_0_and_1(cells):
    found = batch({"x": X, "tags": cells}, Fact(column="tags", form=NAMES), rows=[0, 1, 3])
    assert found.facts["names:tags"].tolist() == [[1, 1, 0], [0, 0, 0], [1, 0, 1]]


def test_several_names_may_come_as_numbers():
    flags = np.array([[0, 1], [1, 1], [0, 0], [1, 0]])
    fact = Fact(column="tags", form=NAMES)
    assert batch({"x": X, "tags": flags}, fact).facts["names:tags"].tolist() == flags.tolist()
    with pytest.raises(InputError, match="0 or 1 is expected for every name"):
        batch({"x": X, "tags": flags * 2}, fact)


def test_times_keep_their_seconds():
    fact = Fact(column="time", form=NUMBERS)
    start = 1_716_984_123.25
    numbers = batch({"x": X, "timestamp": start + np.arange(4)}, fact).facts["numbers:time"]
    assert numbers.dtype == torch.float64
    assert numbers[:, 0].tolist() == [start, start + 1, start + 2, start + 3]
    moments = [datetime.fromtimestamp(start, UTC), date(2024, 5, 29), "2024-05-29T12:00", "2024-05-29 14:00+02:00"]
    found = batch({"x": X, "timestamp": moments}, fact).facts["numbers:time"]
    noon = datetime(2024, 5, 29, 12, tzinfo=UTC).timestamp()
    assert found[:, 0].tolist() == [start, noon - 12 * 3600, noon, noon]


def test_a_place_is_of_several_columns_when_they_are_named():
    table = {"x": X, "lat": [1, 2, 3, 4], "lon": [5, 6, 7, 8]}
    found = batch(table, Fact(column="place", form=NUMBERS), place="lat,lon").facts["numbers:place"]
    assert found.tolist() == [[1, 5], [2, 6], [3, 7], [4, 8]]


def test_links_are_numbers_of_identifiers_in_the_table():
    """Whom the table does not have is nobody; rows are filled up."""
    links = Fact(column="links", form=LINKS, of="id")
    table = {"x": X, "node": ["p", "q", "r", "s"], "cites": [["q", "zz", "s"], [], "p", "r;q"]}
    found = batch(table, Fact(column="id", form=NAME), links, rows=[3, 0, 1]).facts
    assert found["name:id"].tolist() == [3, 0, 1]
    assert found["links:links"].tolist() == [[2, 1], [1, 3], [-1, -1]]
    with pytest.raises(InputError, match="no name in column 'cites' stands in column 'node', so no row is linked"):
        batch({**table, "cites": ["zz"] * 4}, Fact(column="id", form=NAME), links)


def test_columns_of_facts_are_no_content():
    """Numbers beside a time are stacked without it, and a column of tags is no class."""
    table = {"a": [1, 2, 3], "b": [4, 5, 6], "time": [7, 8, 9], "labels": [["u"], ["v"], ["u", "v"]]}
    found = roles(table, Fact(column="time", form=NUMBERS), Fact(column="tags", form=NAMES))
    assert found.anchor == ("a", "b")
    assert found.label is None
    said = found.describe(table_from(table))
    assert "The relation of the recipe reads column 'time', tags from column 'labels'." in said


def test_a_class_may_be_a_fact_too():
    found = roles({"x": X, "category": list("aabb")}, Fact(column="label", form=NAME))
    assert found.label == "category"
    assert found.facts[0].columns == ("category",)


MISSING = {
    "needs a column 'time', with a number or a date in every row, and there is none.*say time=COLUMN": {},
    "there is none.*did you mean 'tmie'.*columns: 'x', 'tmie'": {"tmie": [1, 2, 3, 4]},
    "'date', 'timestamp' could each be the 'time'; say time=COLUMN": {"date": X, "timestamp": X},
}


@pytest.mark.parametrize("why", MISSING)
def test_a_column_that_is_not_there_is_named(why):
    with pytest.raises(InputError, match=why):
        roles({"x": X, **MISSING[why]}, Fact(column="time", form=NUMBERS))


def test_unusable_cells_are_bad_rows():
    table = {"x": X, "time": [1.0, None, 3.0, 4.0]}
    fact = Fact(column="time", form=NUMBERS)
    with pytest.raises(InputError, match="row 1, column 'time': the number is missing"):
        batch(table, fact)
    found = batch(table, fact, limit=1)
    assert found.rows.tolist() == [0, 2, 3]
    assert found.facts["numbers:time"][:, 0].tolist() == [1.0, 3.0, 4.0]


def test_facts_that_a_table_has():
    time, tags = Fact(column="time", form=NUMBERS), Fact(column="tags", form=NAMES)
    assert present_facts(table_from({"x": X, "date": X}), {}, [time, tags]) == (time,)
    assert present_facts(table_from({"x": X}), {"time": "x"}, [time, tags]) == (time,)
