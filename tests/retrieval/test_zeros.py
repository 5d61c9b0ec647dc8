"""A query without a direction is refused, since its neighbours would be the first rows of the corpus."""

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.retrieval.zeros import pointing


def test_queries_with_a_direction_pass_as_they_are():
    queries = np.array([[0.0, -1e-30], [1.0, 0.0]], dtype=np.float32)
    assert pointing(queries, "these") is queries
    assert pointing(queries[:0], "none").shape == (0, 2)


def test_a_single_zero_query_is_named_by_what_was_asked():
    told = r"^the vector of query .abc. is zero: it holds nothing that the encoder knows"
    with pytest.raises(InputError, match=told):
        pointing(np.zeros((1, 3), np.float32), "query 'abc'")


def test_of_several_the_first_is_named():
    with pytest.raises(InputError, match=r"^the vector of these \(row 1 of 3\) is zero"):
        pointing(np.array([[1, 0], [0, 0], [0, 0]]), "these")
    with pytest.raises(InputError, match="these must have two axes"):
        pointing(np.zeros(3), "these")
