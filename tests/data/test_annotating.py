"""Annotators and writers: what they are asked, and answers that cannot be learnt from."""

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data import one_by_one, rated, written

FIRST, SECOND = ["a b", "c", "d e f", "g", "h"], ["a", "c", "d e", "x", "h"]


def overlap(first, second):
    return [
        len({*a.split()} & {*b.split()}) / len({*a.split()} | {*b.split()}) for a, b in zip(first, second, strict=True)
    ]


@pytest.mark.parametrize("at_once", [None, 1, 2, 9])
def test_ratings_and_texts_are_those_of_every_row_in_order(at_once):
    found = rated(overlap, FIRST, SECOND, at_once=at_once)
    np.testing.assert_allclose(found, [1 / 2, 1, 2 / 3, 0, 1])
    assert found.dtype == np.float64
    assert written(one_by_one(str.upper), FIRST, at_once=at_once) == [text.upper() for text in FIRST]


def test_a_wrong_answer_shows_before_everything_was_asked():
    asked: list[int] = []

    def short(first, second):
        asked.append(len(first))
        return [0.5]

    with pytest.raises(InputError, match=r"annotator must give 2 ratings, one for each pair, got shape \[1\]"):
        rated(short, FIRST, SECOND, at_once=2)
    assert asked == [2]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ([0, 1, 2, 0, 0], "annotator must rate from 0 to 1, got 2 for pair 2"),
        ([0, float("nan"), 1, 0, 0], "annotator must rate from 0 to 1, got nan for pair 1"),
        ([0, 1, 0, 0, -float("inf")], "got -inf for pair 4"),
        (["high"] * 5, "annotator must give numbers, got"),
        (None, "annotator must give"),
        ([[0.5]] * 5, r"got shape \[5, 1\]"),
    ],
)
def test_ratings_that_are_none(answer, told):
    with pytest.raises(InputError, match=told):
        rated(lambda a, b: answer, FIRST, SECOND)


def test_ratings_of_another_scale():
    assert rated(lambda a, b: [1, 5], ["a", "b"], ["c", "d"], low=1, high=5).tolist() == [1, 5]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (["x"] * 4, "writer must give 5 texts, one for each, got 4"),
        ("abcde", "writer must give a list of texts, got 'abcde'"),
        (None, "writer must give a list of texts, got None"),
        (["x", "y", " ", "z", "w"], "writer must give a text with a word in it, got ' ' for text 2"),
        (["x", "y", "v", None, "w"], "got None for text 3"),
    ],
)
def test_texts_that_are_none(answer, told):
    with pytest.raises(InputError, match=told):
        written(lambda texts: answer, FIRST)


def test_nothing_to_ask_about():
    with pytest.raises(InputError, match="one pair at least, got 5 and 1 texts"):
        rated(overlap, FIRST, ["x"])
    with pytest.raises(InputError, match="got 0 and 0 texts"):
        rated(overlap, [], [])
    with pytest.raises(InputError, match="texts must be one at least, got none"):
        written(one_by_one(str.upper), [])
    with pytest.raises(InputError, match="at_once must be at least 1, got 0"):
        written(one_by_one(str.upper), FIRST, at_once=0)
    with pytest.raises(InputError, match="low must be below high, got 1 and 1"):
        rated(overlap, FIRST, SECOND, low=1, high=1)
