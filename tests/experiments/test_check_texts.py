"""What texts will teach less than one might expect is counted and told before the first step."""

from dataclasses import replace

from counterpoint.data import Supervision, table_from
from counterpoint.encoders import StaticText
from counterpoint.experiments import check_texts
from counterpoint.experiments.check_texts import told_texts
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
    assert check_texts._own_positives(columns, "anchor", ["first", "second"]) == 1


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
