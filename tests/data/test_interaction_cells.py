"""Names that another file wrote otherwise, and times that are dates."""

from datetime import date, datetime

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data import MemoryTable
from counterpoint.data.interaction_cells import as_known, times_of

DAY = 86_400


def times(cells):
    return times_of(cells, table=MemoryTable({"when": cells}, description="the file"), column="when")


@pytest.mark.parametrize(
    ("cells", "known", "expected"),
    [
        (["3", "guest", "4"], [3, 4], [3, "guest", 4]),
        (np.array([3, 4]), ["3", "guest"], ["3", 4]),
        (np.array([3.0, 4.5]), [3, "4.5"], [3, "4.5"]),
        (["007", "7"], [7], ["007", 7]),
        (np.array([3], dtype=np.int32), [3], [3]),
    ],
)
def test_cells_become_what_has_their_name(cells, known, expected):
    found = as_known(cells, known)
    assert found == expected
    assert [type(one) for one in found] == [type(one) for one in expected]


def test_a_missing_cell_is_nobody_of_that_name():
    assert as_known([None, "", "None"], ["None", "nan"]) == [None, "", "None"]
    assert np.isnan(as_known([float("nan")], ["nan"])[0])


@pytest.mark.parametrize(
    "cells",
    [
        ["2020-01-01", "2020-01-02T00:00:00", " 2020-01-03 "],
        ["2020-01-01T02:00+02:00", "2020-01-02T00:00Z", "2020-01-03"],
        [date(2020, 1, 1), datetime(2020, 1, 2), date(2020, 1, 3)],
        np.array(["2020-01-01", "2020-01-02", "2020-01-03"], dtype="datetime64[ns]"),
    ],
    ids=["text", "zones", "objects", "numpy"],
)
def test_dates_are_seconds_of_greenwich(cells):
    assert (times(cells) - 1_577_836_800).tolist() == [0, DAY, 2 * DAY]


@pytest.mark.parametrize("cells", [[3, 1.5, 20200101], ["3", "1.5", "20200101"], np.array([3, 1.5, 20200101])])
def test_numbers_stay_what_they_are(cells):
    assert times(cells).tolist() == [3, 1.5, 20200101]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (["2020-01-01", "soon"], "the file, row 1: column 'when' orders interactions: a number or a date .* 'soon'"),
        ([1, None], "row 1: .* found nothing"),
        ([1, float("nan")], "row 1: .* found nan"),
        (np.array([1, np.inf]), "row 1: .* found .*inf"),
        (["2020-01-01", "1577836800"], "row 1: .* a date is expected as in the first row, found '1577836800'"),
        ([7, 8, "2020-01-01"], "row 2: .* a number is expected as in the first row, found '2020-01-01'"),
        (np.array(["2020-01-01", "NaT"], dtype="datetime64[s]"), "row 1: .* a number or a date"),
    ],
)
def test_what_has_no_place_in_time_is_named(cells, told):
    with pytest.raises(InputError, match=told):
        times(cells)
