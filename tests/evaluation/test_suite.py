"""Scores of suites: means by group, and intervals of independent errors."""

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.evaluation import Measure, mean_measure, mean_score, suite_scores


def one(value, half, n=100, **settings):
    return Measure("accuracy", value, value - half, value + half, n, **settings)


def test_groups_and_all_tasks_are_means_with_errors_that_add_in_squares():
    found = suite_scores({"natural": {"a": one(0.8, 0.03), "b": one(0.6, 0.04)}, "structured": {"c": one(0.1, 0.0)}})
    assert list(found) == ["natural", "structured", "all"]
    assert found["natural"].value == pytest.approx(0.7)
    assert found["natural"].high - found["natural"].value == pytest.approx(0.05 / 2)
    assert found["natural"].n == 200
    assert found["all"].value == pytest.approx(0.5)
    assert found["all"].value - found["all"].low == pytest.approx(0.05 / 3)


def test_the_interval_covers_the_mean_of_fresh_test_sets():
    rng, inside = np.random.default_rng(0), 0
    for _ in range(200):
        measures = [mean_measure("accuracy", rng.random(150) < p) for p in (0.9, 0.7, 0.4)]
        score = mean_score("all", measures)
        inside += score.low < 2 / 3 < score.high
    assert 0.90 < inside / 200 < 0.99


@pytest.mark.parametrize("tasks", [{}, {"natural": {}}, {"all": {"a": one(0.5, 0.1)}}])
def test_groups_must_have_tasks_and_names_of_their_own(tasks):
    with pytest.raises(InputError, match="groups of one task or more, none called 'all'"):
        suite_scores(tasks)


def test_measures_of_different_kinds_are_not_averaged():
    with pytest.raises(InputError, match="one level and direction"):
        mean_score("all", [one(0.5, 0.1), one(0.5, 0.1, greater_is_better=False)])
