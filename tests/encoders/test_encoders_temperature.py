import math

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.encoders import LearnableTemperature


def test_it_starts_where_told_and_is_learnt_as_a_logarithm():
    temperature = LearnableTemperature(initial=0.07).build()
    value = temperature()
    assert value.shape == ()
    assert value.item() == pytest.approx(0.07)
    assert temperature.log_scale.item() == pytest.approx(math.log(1 / 0.07))
    value.backward()
    assert temperature.log_scale.grad.item() == pytest.approx(-0.07)


@pytest.mark.parametrize(("step", "bound"), [(10.0, 0.02), (-10.0, 0.5)])
def test_a_step_too_far_is_undone_and_the_gradient_lives(step, bound):
    temperature = LearnableTemperature(initial=0.1, minimum=0.02, maximum=0.5).build()
    with torch.no_grad():
        temperature.log_scale.add_(step)
    value = temperature()
    value.backward()
    assert value.item() == pytest.approx(bound)
    assert temperature.log_scale.item() == pytest.approx(-math.log(bound))
    assert temperature.log_scale.grad.item() == pytest.approx(-bound)


def test_without_a_maximum_it_rises_freely():
    temperature = LearnableTemperature(maximum=None).build()
    with torch.no_grad():
        temperature.log_scale.fill_(-5.0)
    assert temperature().item() == pytest.approx(math.exp(5.0))


def test_calling_twice_before_backward_is_allowed():
    temperature = LearnableTemperature(initial=0.02, minimum=0.02).build()
    (temperature() + temperature()).backward()
    assert temperature.log_scale.grad.item() == pytest.approx(-0.04)
    with torch.inference_mode():
        assert temperature().item() == pytest.approx(0.02)


def test_it_learns_the_temperature_of_a_distribution():
    """Maximum likelihood of labels drawn at temperature 0.2 finds 0.2."""
    scores = torch.randn(4000, 5)
    labels = torch.distributions.Categorical(logits=scores / 0.2).sample()
    temperature = LearnableTemperature(initial=1.0).build()
    optimizer = torch.optim.LBFGS(temperature.parameters(), max_iter=50)

    def closure():
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(scores / temperature(), labels)
        loss.backward()
        return loss

    optimizer.step(closure)
    assert temperature().item() == pytest.approx(0.2, rel=0.05)


@pytest.mark.parametrize(
    "arguments", [{"initial": 0.005}, {"initial": 2.0, "maximum": 1.0}, {"minimum": 0.0}, {"minimum": -1.0}]
)
def test_bounds_must_be_in_order(arguments):
    with pytest.raises(InputError, match="0 < minimum <= initial <= maximum"):
        LearnableTemperature(**arguments)


def test_round_trip():
    spec = LearnableTemperature(initial=0.1, maximum=0.5)
    assert from_json(to_json(spec)) == spec
