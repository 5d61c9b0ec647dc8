"""Columns of a file as features, read alike from a later file."""

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.evaluation import fit_tfidf
from counterpoint.experiments.feature_columns import fit_column, fitted_features, read_features

TEXTS = ["Red fox", "", "the red sea", "7 seas"]


@pytest.mark.parametrize(
    ("column", "category", "told", "width"),
    [
        ([1.0, None, 3.0, float("nan")], False, "number", 1),
        ([True, False, True, True], False, "number", 1),
        (np.arange(8.0).reshape(4, 2), False, "vectors of 2", 2),
        ([[1, 2], None, (3, 4), [5, 6]], False, "vectors of 2", 2),
        (TEXTS, False, "6 words", 6),
        ([["red", "big fox"], None, ["sea"], []], False, "4 words", 4),
        ([3, 1, None, 3.0], True, "2 categories", 2),
        (["A b", "c", "A b", ""], True, "2 categories", 2),
    ],
)
def test_what_is_saved_reads_a_later_file_in_the_same_way(column, category, told, width):
    fitted = fit_column("x", column, "file, column 'x'", category=category)
    assert (fitted.told, fitted.width) == (told, width)
    again = from_json(to_json(fitted))
    assert again == fitted
    whole = fitted.rows(column, "file").toarray()
    assert whole.shape == (4, width)
    some = [column[2], column[0]]
    np.testing.assert_allclose(again.rows(some, "later").toarray(), whole[[2, 0]], rtol=1e-6)


def test_values():
    numbers = fit_column("x", [1.0, None, 3.0], "file")
    np.testing.assert_allclose(numbers.rows([None, 5, 2], "later").toarray()[:, 0], [0, 3, 0])
    words = fit_column("x", TEXTS, "file").rows(TEXTS, "file").toarray()
    np.testing.assert_allclose(words, fit_tfidf(TEXTS)(TEXTS).toarray(), rtol=1e-6)
    kinds = fit_column("x", [20, 3, 3], "file", category=True)
    assert kinds.values == ("20", "3")
    np.testing.assert_array_equal(kinds.rows(["3", 20.0, 7, None], "later").toarray(), [[0, 1], [1, 0], [0, 0], [0, 0]])


@pytest.mark.parametrize(
    ("fitted", "later", "told"),
    [
        ([1, 2], ["many"], "f, column 'x': numbers are expected, found 'many'"),
        ([1, 2], [float("inf")], "1 rows have numbers that are not finite"),
        ([[1, 2]], [[1, 2, 3]], r"vectors of one length are expected, found \[2, 3\]"),
        ([[1, 2]], ["red"], "vectors are expected, found 'red'"),
    ],
)
def test_a_later_file_of_another_kind(fitted, later, told):
    columns = [fit_column("x", fitted, "f")]
    with pytest.raises(InputError, match=told):
        read_features(columns, {"x": later}, "f", 1)


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ([None, "", "  "], "there is nothing in it; leave the column out"),
        (["-", "?"], "there is no word in its texts"),
        (["red", 1], "features are numbers, vectors or texts"),
        ([[1, "red"]], "features are numbers, vectors or texts"),
    ],
)
def test_columns_that_are_no_features(column, told):
    with pytest.raises(InputError, match=f"f, column 'x': {told}"):
        fitted_features("f", {"x": column}, len(column))


def test_no_column_is_no_feature():
    fitted, features = fitted_features("f", {}, 3)
    assert (fitted, features.shape) == ([], (3, 0))
