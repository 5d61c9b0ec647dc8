"""The budget, divided alike: what fits, what does not, and what was asked for by number."""

from dataclasses import replace

import pytest

from counterpoint.base.errors import InputError
from counterpoint.experiments.compare import Costs, make_plan


@pytest.fixture
def request_of(bench):
    names = ("a", "b")
    candidates = tuple(replace(bench.request.candidates[1], name=name) for name in names)
    return replace(bench.request, candidates=candidates, steps=None, trials=None)


COSTS = {
    "a": Costs(step=0.01, validate=0.1, test=0.2, peak_bytes=1),
    "b": Costs(step=0.03, validate=0.1, test=0.2, peak_bytes=1),
}


@pytest.mark.parametrize("budget", [30, 60, 200, 1000])
def test_it_fits_and_wastes_little(request_of, budget):
    plan = make_plan(replace(request_of, budget=budget), COSTS, spent=3)
    assert 2 <= plan.trials <= 20
    assert plan.expected <= 0.95 * budget - 3
    one_more_step = 0.04 * (plan.trials + 3)
    assert plan.steps == 1000 or plan.expected + one_more_step > 0.95 * budget - 3


def test_more_time_first_buys_steps_then_trials(request_of):
    plans = [make_plan(replace(request_of, budget=budget), COSTS) for budget in (15, 60, 200, 10_000)]
    assert plans[0].steps < 100
    assert plans[0].trials == 2
    assert [one.trials for one in plans] == sorted(one.trials for one in plans)
    assert (plans[-1].steps, plans[-1].trials) == (1000, 20)
    assert all(one.steps >= 100 for one in plans[1:])


def test_too_little_time_is_an_error_that_says_how_much_is_needed(request_of):
    with pytest.raises(InputError, match=r"budget: 0\.05 min are too few for 2 candidates") as told:
        make_plan(replace(request_of, budget=3), COSTS)
    needed = 60 * float(str(told.value).split("need about ")[1].split(";")[0])
    assert make_plan(replace(request_of, budget=1.01 * needed), COSTS).steps == 5


def test_numbers_that_were_asked_for_stay(request_of):
    plan = make_plan(replace(request_of, budget=1, steps=7, trials=4), COSTS)
    assert (plan.steps, plan.trials) == (7, 4)
    assert plan.expected == pytest.approx(4 * (7 * 0.04 + 2 * 0.3) + 3 * (7 * 0.04 + 0.4))
    assert make_plan(replace(request_of, budget=200, trials=4), COSTS).trials == 4
    assert make_plan(replace(request_of, budget=200, steps=7), COSTS).steps == 7
    with pytest.raises(InputError, match="budget"):
        make_plan(replace(request_of, budget=3, steps=500), COSTS)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"budget": 0}, "budget must be above 0"),
        ({"seeds": ()}, "seeds"),
        ({"seeds": (1, 1)}, "seeds must be different"),
        ({"steps": 0}, "steps must be at least 1"),
        ({"trials": 0}, "trials must be at least 1"),
        ({"test_rows": 1}, "test_rows must be at least 2"),
    ],
)
def test_numbers_that_cannot_be_are_refused(bench, changed, message):
    with pytest.raises(InputError, match=message):
        replace(bench.request, **changed)
