import dataclasses

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.evaluation.diagnosis import Bars, Figure, Pairs, Range, State, Subject, diagnose
from counterpoint.experiments.questions import MOST_BARS, MOST_PAIRS, chart_of, in_words, questions
from counterpoint.experiments.report import Chart, Item, Question, Reading, Report, Series, render


def shows(side, row):
    return Item(content=f"{side} {row}", row=row)


@pytest.fixture(scope="module")
def diagnosis():
    rng = np.random.default_rng(0)
    labels = rng.integers(5, size=200)
    anchors = rng.normal(size=(5, 16))[labels] + rng.normal(size=(200, 16))
    positives = anchors + 0.7 * rng.normal(size=(200, 16))
    return diagnose(Subject(anchors=anchors, positives=positives, labels=labels, temperature=0.1, batch_size=64))


def test_every_measure_is_on_the_page_once(diagnosis):
    found = questions(diagnosis, shows)
    shown = [line.name for one in found for line in one.readings]
    asked = {one.name: one.group for one in diagnosis.findings}
    assert len(shown) == len(set(shown))
    missing = set(asked) - set(shown)
    values = {one.name: one.value for one in diagnosis.findings}
    assert all(values[name] is None for name in missing)  # questions nobody answers are left out


def test_every_figure_is_on_the_page_once(diagnosis):
    found = questions(diagnosis, shows)
    titles = [chart.title for one in found for chart in one.charts] + [
        one.pairs_title.split(":")[0] for one in found if one.pairs
    ]
    empty = [one for one in diagnosis.figures if isinstance(one, Pairs) and not one.rows]
    assert sorted(titles) == sorted(one.title.split(":")[0] for one in diagnosis.figures if one not in empty)


def test_the_worst_state_and_its_fault_answer(diagnosis):
    one = next(one for one in diagnosis.findings if one.group == "space")
    changed = dataclasses.replace(one, state=State.FAULT, fault="collapse", change="Train again.")
    worse = dataclasses.replace(
        diagnosis, findings=tuple(changed if each is one else each for each in diagnosis.findings)
    )
    first = questions(worse, shows)[0]
    assert first.state == "fault"
    assert first.answer.startswith("Collapse. Train again.")
    assert first.readings[0].name == one.name


def test_pairs_are_looked_up_on_their_side(diagnosis):
    hardest = next(one for one in questions(diagnosis, shows) if one.name == "hardest-pairs")
    figure = next(one for one in diagnosis.figures if one.name == "hardest_pairs")
    assert 0 < len(hardest.pairs) <= MOST_PAIRS
    assert hardest.pairs[0].anchor.content == f"anchors {figure.rows[0]}"
    assert hardest.pairs[0].rival.content == f"positives {figure.rivals[0]}"
    assert hardest.pairs[0].rival_similarity == figure.rival_similarities[0]


def test_a_page_carries_questions_pictures_and_examples(diagnosis):
    page = render(Report(title="A run", questions=questions(diagnosis, shows)))
    assert "Is it collapsed?" in page
    assert 'id="plot-chart-0"' in page
    assert "anchors " in page
    assert len(page.encode()) < 8e6


def test_ranges_are_put_into_words():
    assert in_words(Range(low=0.2, high=3)) == "0.2 to 3"
    assert in_words(Range(low=0.2)) == "at least 0.2"
    assert in_words(Range(high=3.0)) == "at most 3"
    assert in_words(Range()) == ""


def test_of_many_groups_the_lowest_are_drawn():
    count = MOST_BARS + 5
    values = tuple(float(k) for k in reversed(range(count)))
    bars = Bars(
        name="groups", title="Groups", value_name="accuracy", groups=tuple(f"g{k}" for k in range(count)),
        values=values, low=values, high=values, sizes=(1,) * count,
    )  # fmt: skip
    (series,) = chart_of(bars).series
    assert series.y == tuple(float(k) for k in range(MOST_BARS))
    assert series.x[0] == f"g{count - 1}"


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Series(name="a", x=(1.0,), y=()), "1 places for 0 values"),
        (lambda: Series(name="a", x=(1.0,), y=(float("nan"),)), "not finite"),
        (lambda: Chart(title="t", x_name="", y_name="", series=()), "one or two series, got 0"),
        (lambda: Reading(name="m", state="bad", definition="d"), "state must be one of fine, warning, fault"),
        (lambda: Question(name="a b", title="t", answer="", state="fine"), "letters and hyphens, got 'a b'"),
    ],
)
def test_what_cannot_be_shown_is_one_clear_error(make, told):
    with pytest.raises(InputError, match=told):
        make()


def test_a_figure_without_a_picture_is_named():
    with pytest.raises(TypeError, match="Figure 'odd' has no picture"):
        chart_of(Figure(name="odd", title="Odd"))
