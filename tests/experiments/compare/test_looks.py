"""A run that is followed: where it is judged on the way, given up, stopped, and said to be astray."""

import signal

import numpy as np
import pytest

from counterpoint.base.errors import DivergedError, InputError
from counterpoint.experiments.compare import StoppedError
from counterpoint.experiments.compare.looks import Tell, follow

VALUES = {2: 0.2, 4: 0.5, 6: 0.4, 8: 0.6, 10: 0.3}


def learn(tell: Tell) -> str:
    """Ten epochs, every other one looked at."""
    for epoch in range(1, 11):
        tell(epoch, VALUES.get(epoch))
    return "learnt"


def test_the_best_look_counts_and_thirds_are_rungs() -> None:
    asked: list[tuple[int, float]] = []
    followed = follow(learn, length=10, give_up=lambda at, value: bool(asked.append((at, value))))
    assert (followed.found, followed.best, followed.length) == ("learnt", 0.6, 10)
    assert followed.rungs == asked == [(4, 0.5), (8, 0.6)]
    ran = followed.ran()
    assert (ran.value, ran.steps, ran.pruned, ran.rungs) == (0.6, 10, False, ((4, 0.5), (8, 0.6)))


def test_given_up_it_ends_there() -> None:
    followed = follow(learn, length=10, give_up=lambda at, value: True)
    assert (followed.found, followed.length) == (None, 4)
    assert followed.ran().pruned
    assert followed.ran().value == 0.5


def test_a_run_on_the_test_is_judged_by_that() -> None:
    ran = follow(learn, length=10).ran(np.array([0.0, 1.0]), 0.5)
    assert (ran.value, ran.per_example.tolist(), ran.pruned) == (0.5, [0.0, 1.0], False)


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_at_the_next_word(which: signal.Signals) -> None:
    told: list[int] = []

    def slow(tell: Tell) -> None:
        for epoch in range(1, 5):
            told.append(epoch)
            if epoch == 2:
                signal.raise_signal(which)
            tell(epoch, None)

    with pytest.raises(StoppedError, match="stopped at 2 of 4"):
        follow(slow, length=4)
    assert told == [1, 2]


def test_what_is_refused_or_no_number_on_the_way_went_astray() -> None:
    def refused(tell: Tell) -> None:
        raise InputError("users holds NaN")

    with pytest.raises(DivergedError, match="went astray: users holds NaN"):
        follow(refused, length=1)
    with pytest.raises(DivergedError, match="not finite"):
        follow(lambda tell: tell(1, float("nan")), length=2)
