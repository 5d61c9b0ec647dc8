import numpy as np
import pytest
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.data.event_lists import read_events
from counterpoint.data.opening import table_from
from counterpoint.encoders.dynamic_graph import time_patches


def read(**columns):
    return read_events(table_from(columns), source="a", target="b", time="when")


def test_events_are_put_in_the_order_of_time_and_what_is_left_out_is_counted():
    found = read(
        a=["x", "y", "z", None, "x", "y", "w", "x"],
        b=["y", "z", "x", "x", "y", "x", "w", "q"],
        when=[5, 2, 2, 1, 5, 5, 0, None],
    )
    assert found.names == ["x", "y", "z", "w"]
    np.testing.assert_array_equal(found.edges, [[1, 2], [2, 0], [0, 1], [0, 1], [1, 0]])
    np.testing.assert_array_equal(found.times, [2, 2, 5, 5, 5])
    assert found.notes == (
        "2 rows without an end or a time were left out",
        "1 events of a node with itself were left out",
        "2 events repeat another one at the same time",
        "1 nodes have no event",
    )
    assert len(found) == 5


def test_dates_are_seconds_and_patches_are_cut_from_them():
    found = read(a=["x", "y", "x"], b=["y", "z", "z"], when=["2024-01-02", "2024-01-01", "2024-01-03"])
    np.testing.assert_array_equal(np.diff(found.times), [86400, 86400])
    first, _, last = time_patches(found.edges, found.times, len(found.names), patches=3)
    expected = sparse.csr_array(([1.0, 1.0], ([1, 2], [2, 1])), (3, 3)).toarray()
    np.testing.assert_array_equal(first.to_dense(), expected)
    assert found.names == ["x", "y", "z"]
    np.testing.assert_array_equal(last.to_dense()[0], [0, 0, 1])


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"a": ["x"], "b": ["y"]}, "no column 'when'"),
        ({"a": ["x", None], "b": ["y", "y"], "when": ["soon", 1]}, "column 'when' orders events: a number or a date"),
        ({"a": ["x", "x"], "b": ["y", "y"], "when": ["2024-01-01", 3]}, "a date is expected as in the first row"),
        ({"a": ["x"], "b": ["x"], "when": [1]}, "no event that can be used: 1 events of a node with itself"),
        ({"a": [None], "b": ["x"], "when": [1]}, "no event that can be used: 1 rows without an end or a time"),
    ],
)
def test_what_does_not_fit_is_one_clear_error(columns, told):
    with pytest.raises(InputError, match=told):
        read(**columns)


def test_a_bad_time_is_named_by_its_row_in_the_file():
    with pytest.raises(InputError, match="row 2: column 'when' orders events"):
        read(a=[None, "x", "x"], b=["y", "y", "z"], when=[1, 2, "soon"])
    with pytest.raises(InputError, match="source and time are two columns, and 'a' is given for both"):
        read_events(table_from({"a": ["x"], "b": ["y"]}), source="a", target="b", time="a")
