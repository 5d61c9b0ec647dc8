import pytest

from counterpoint.evaluation.diagnosis import State, diagnose
from counterpoint.experiments.spoilt import MODELS

GOOD = [name for name, model in MODELS.items() if model.fault is None]
BROKEN = [name for name, model in MODELS.items() if model.fault is not None]


@pytest.mark.parametrize("name", BROKEN)
def test_what_was_broken_is_named_and_nothing_else(name):
    found = diagnose(MODELS[name].make(0))
    assert [fault.name for fault in found.faults] == [MODELS[name].fault]
    assert all(fault.because and fault.change for fault in found.faults)


@pytest.mark.parametrize("name", GOOD)
def test_a_good_model_gives_no_alarm(name):
    found = diagnose(MODELS[name].make(1))
    assert found.faults == ()
    assert [one.name for one in found.findings if one.state is State.WARNING] == []


def test_a_model_is_a_function_of_its_seed():
    first, again, other = (MODELS["halves"].make(seed).anchors for seed in (0, 0, 1))
    assert (first == again).all()
    assert not (first == other).all()
