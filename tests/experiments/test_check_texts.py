"""What texts will teach less than one might expect is counted and told before the first step."""

from dataclasses import replace

import torch

from counterpoint.base.content import Kind
from counterpoint.data import Batch, Roles, Supervision, table_from
from counterpoint.encoders import LinearHead, Passthrough, Projected, StaticText
from counterpoint.experiments import check_texts
from counterpoint.experiments.check_texts import told_texts, told_unread
from counterpoint.experiments.job import start_method
from counterpoint.experiments.presets import recipe_for
from counterpoint.experiments.source import DataSource, data_from

WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight")


def told(columns, supervision=Supervision.PAIRS, **encoder):
    data = data_from(table_from(columns), None, DataSource(data="python", test_fraction=0), {})
    read = StaticText(dim=8, vocabulary_size=300, min_frequency=1, **encoder)
    method = start_method(replace(recipe_for(data, supervision=supervision), encoder=read), data.train)
    return told_texts(data, method, supervision=supervision)


def pairs(count=8):
    return {"anchor": [f"{word} anchor" for word in WORDS[:count]], "positive": [f"{word} it is" for word in WORDS]}


def test_ordinary_texts_are_not_spoken_of():
    assert told(pairs()) == []


def test_own_positives_are_counted_with_blanks_around_them():
    columns = pairs()
    columns["positive"][2:4] = ["three anchor", "  four anchor "]
    (found,) = told(columns)
    assert found.startswith("2 of 8 training rows have a text that is its own positive")


def test_one_of_several_positives_is_enough():
    columns = pairs()
    columns["positive"] = [[text, "six anchor"] for text in columns["positive"]]
    (found,) = told(columns)
    assert found.startswith("1 of 8 training rows")


def test_one_of_several_columns_is_enough():
    columns = {"anchor": [["x"], ["y"]], "first": [["a"], ["b"]], "second": [["c"], ["y"]]}
    roles = Roles(kind=Kind.TEXT, anchor=("anchor",), positives=("first", "second"), other_kind=Kind.TEXT)
    (found,) = check_texts._own_positives(columns, roles)
    assert found.startswith("1 of 2 training rows")


def test_texts_that_are_cut_are_counted_on_either_side():
    columns = pairs()
    columns["anchor"][0] = " ".join(WORDS * 3)
    columns["positive"][5:7] = [" ".join(WORDS * 4)] * 2
    first, second = told(columns, max_length=12)
    assert first.startswith("column 'anchor': 1 of 8 texts looked at are longer than the encoder reads (12 tokens)")
    assert second.startswith("column 'positive': 2 of 8 texts looked at")


def test_texts_without_pairs_can_be_cut_and_have_no_positives():
    texts = [f"{word} text" for word in WORDS[1:]] + [" ".join(WORDS * 3)]
    (found,) = told({"text": texts}, Supervision.VIEWS, max_length=12)
    assert found.startswith("column 'text': 1 of 8 texts looked at")


def test_vectors_are_not_looked_at(columns):
    data = data_from(table_from(columns("vector", "pairs")), None, DataSource(data="python", test_fraction=0), {})
    recipe = recipe_for(data)
    assert told_texts(data, start_method(recipe, data.train), supervision=recipe.supervision) == []


def test_of_many_rows_some_from_all_over_are_looked_at(monkeypatch):
    monkeypatch.setattr(check_texts, "LOOKED_AT", 20)
    count = 200
    columns = {"anchor": [f"text {row}" for row in range(count)], "positive": [f"other {row}" for row in range(count)]}
    for row in (0, count - 1):
        columns["positive"][row] = columns["anchor"][row]
    (found,) = told(columns)
    assert found.startswith("2 of 20 training rows")


def test_held_out_texts_of_unknown_tokens_are_counted_before_training():
    columns = pairs()
    test = {"anchor": [*columns["anchor"][:3], "\u03c8\u03c9"], "positive": ["\u03be \u03be", "one", "\u03c0", "it"]}
    source = DataSource(data="python", test_fraction=0)
    data = data_from(table_from(columns), table_from(test), source, {})
    recipe = replace(recipe_for(data), encoder=StaticText(dim=8, vocabulary_size=300, min_frequency=1))
    first, second = told_texts(data, start_method(recipe, data.train), supervision=Supervision.PAIRS)
    assert first.startswith("held out, column 'anchor': 1 of 4 texts looked at hold no token that the encoder knows")
    assert second.startswith("held out, column 'positive': 2 of 4 texts looked at")


def test_judged_texts_are_counted_on_the_side_of_their_encoder():
    known = Projected(
        backbone=StaticText(dim=8, vocabulary_size=300, min_frequency=1), head=LinearHead(out_dim=4)
    ).build(["abc abc", "bca"])
    other = StaticText(dim=4, vocabulary_size=300, min_frequency=1).build(["xyz xyz", "zyx"])
    judged = Batch(rows=[0, 1, 2], anchor=["abc", "xyz", "qqq"], positives=["abc", "xyz", "zyx"])
    first, second = told_unread((known, other), judged)
    assert first.startswith("anchors: 2 of 3 texts")
    assert second.startswith("positives: 1 of 3 texts")
    assert told_unread((known, known), Batch(rows=[0], anchor=["abc"])) == []


def test_vectors_have_no_tokens_to_know():
    encoder = Passthrough().build(torch.eye(3))
    assert told_unread((encoder, encoder), Batch(rows=[0], anchor=torch.eye(3))) == []
