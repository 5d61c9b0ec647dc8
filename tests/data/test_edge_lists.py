import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data.edge_lists import read_edges
from counterpoint.data.opening import table_from

TABLE = table_from({"a": ["x", "y", None, "x", 7.0], "b": ["y", "z", "x", "", "x"], "c": [1, 2, 3, 4, 5]})


def test_nodes_are_numbered_by_their_first_edge():
    found = read_edges(TABLE, source="a", target="b")
    assert found.names == ["x", "y", "z", "7"], "whole numbers have no point"
    np.testing.assert_array_equal(found.edges, [[0, 1], [1, 2], [3, 0]])
    assert found.notes == ("2 rows without one of their ends were left out",)


def test_known_nodes_keep_their_numbers_and_others_are_counted():
    found = read_edges(TABLE, source="a", target="b", known=["7", "x", "y"])
    np.testing.assert_array_equal(found.edges, [[1, 2], [0, 1]])
    assert found.names == ["7", "x", "y"]
    assert found.notes[1] == "1 rows with a node that was not there in training were left out"


@pytest.mark.parametrize(
    ("source", "target", "told"), [("a", "a", "two columns, and 'a' is given for both"), ("a", "d", "no column 'd'")]
)
def test_columns_that_do_not_fit(source, target, told):
    with pytest.raises(InputError, match=told):
        read_edges(TABLE, source=source, target=target)


def test_no_edge_is_an_error_that_says_why():
    with pytest.raises(
        InputError, match=r"no edge that can be used: 2 rows without .*, 3 rows with a node that was not there"
    ):
        read_edges(TABLE, source="a", target="b", known=["q"])
