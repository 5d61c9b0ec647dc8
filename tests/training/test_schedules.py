import math

import pytest

from counterpoint.base.errors import InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.training.schedules import Constant, CosineWarmup
from counterpoint.training.settings import TrainSettings


def test_warmup_is_linear_and_never_zero():
    schedule = CosineWarmup(warmup=4)
    assert [schedule.multiplier(step, 100) for step in range(4)] == [0.25, 0.5, 0.75, 1.0]


def test_fraction_and_steps_agree():
    for step in range(40):
        assert CosineWarmup(warmup=0.1).multiplier(step, 40) == CosineWarmup(warmup=4).multiplier(step, 40)


def test_cosine_by_hand():
    schedule = CosineWarmup(warmup=10, final=0.1)
    assert schedule.multiplier(10, 110) == 1.0
    assert schedule.multiplier(60, 110) == pytest.approx(0.55)
    assert schedule.multiplier(35, 110) == pytest.approx(0.1 + 0.9 * (1 + math.cos(math.pi / 4)) / 2)
    assert schedule.multiplier(110, 110) == pytest.approx(0.1)
    assert schedule.multiplier(500, 110) == pytest.approx(0.1)


def test_cosine_only_falls_after_warmup():
    values = [CosineWarmup().multiplier(step, 200) for step in range(10, 200)]
    assert values == sorted(values, reverse=True)
    assert values[-1] > 0


def test_constant():
    assert [Constant(warmup=2).multiplier(step, 10) for step in (0, 1, 2, 9)] == [0.5, 1.0, 1.0, 1.0]
    assert Constant().multiplier(0, 1) == 1.0


@pytest.mark.parametrize("warmup", [-1, 1.5, -0.1, True, float("nan")])
def test_bad_warmup(warmup):
    with pytest.raises(InputError, match="warmup"):
        CosineWarmup(warmup=warmup)


def test_json_keeps_steps_and_fractions_apart():
    for schedule in (CosineWarmup(warmup=0.0), CosineWarmup(warmup=1), Constant(warmup=3)):
        again = from_json(to_json(schedule))
        assert again == schedule
        assert type(again.warmup) is type(schedule.warmup)


def test_a_schedule_must_not_end_before_it_is_warm():
    assert TrainSettings(steps=4, schedule=CosineWarmup(warmup=4)).total_steps(10) == 4
    with pytest.raises(InputError, match=r"schedule\.warmup is 5 steps, and training ends after 4"):
        TrainSettings(steps=4, schedule=CosineWarmup(warmup=5)).total_steps(10)
    with pytest.raises(InputError, match="and training ends after 2"):
        TrainSettings(epochs=1, accumulate=5, schedule=CosineWarmup(warmup=3)).total_steps(10)
