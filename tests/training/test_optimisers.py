import math

import pytest
import torch
from torch import nn

from counterpoint.base.errors import InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.training.optimisers import LARS, SGD, AdamW, decay_groups


def module():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 2), nn.LayerNorm(2)).double()
    net.register_parameter("temperature", nn.Parameter(torch.tensor(0.5, dtype=torch.float64)))
    return net


def step_once(spec, net, gradients):
    optimiser = spec.build(net)
    for gradient in gradients:
        for parameter in net.parameters():
            parameter.grad = torch.full_like(parameter, gradient)
        optimiser.step()


def test_only_tensors_with_axes_are_decayed():
    net = module()
    decayed, rest = decay_groups(net, 0.1)
    assert [p.shape for p in decayed["params"]] == [(2, 3)]
    assert len(rest["params"]) == 4
    assert (decayed["weight_decay"], rest["weight_decay"]) == (0.1, 0.0)


def test_frozen_parameters_are_left_out():
    net = module()
    net[0].weight.requires_grad_(False)
    assert len(decay_groups(net, 0.1)) == 1
    net.requires_grad_(False)
    with pytest.raises(InputError, match="nothing to train"):
        decay_groups(net, 0.1)


def test_adamw_first_step_by_hand():
    net, spec = module(), AdamW(learning_rate=0.1, weight_decay=0.5)
    weight, bias = net[0].weight.detach().clone(), net[0].bias.detach().clone()
    step_once(spec, net, [2.0])
    # The first step of Adam is the sign of the gradient times the rate (up to epsilon).
    torch.testing.assert_close(net[0].weight, weight * (1 - 0.1 * 0.5) - 0.1, rtol=1e-7, atol=1e-7)
    torch.testing.assert_close(net[0].bias, bias - 0.1, rtol=1e-7, atol=1e-7)


def test_sgd_two_steps_by_hand():
    net, spec = module(), SGD(learning_rate=0.1, momentum=0.9, weight_decay=0.2)
    weight, bias = net[0].weight.detach().clone(), net[0].bias.detach().clone()
    step_once(spec, net, [1.0, 3.0])
    torch.testing.assert_close(net[0].bias, bias - 0.1 * 1.0 - 0.1 * (0.9 * 1.0 + 3.0))
    velocity = 1 + 0.2 * weight
    after = weight - 0.1 * velocity
    torch.testing.assert_close(net[0].weight, after - 0.1 * (0.9 * velocity + 3 + 0.2 * after))


def test_lars_two_steps_by_hand():
    net = nn.Linear(2, 1).double()
    with torch.no_grad():
        net.weight.copy_(torch.tensor([[3.0, 4.0]]))
        net.bias.fill_(1.0)
    rate, momentum, decay, trust = 0.5, 0.9, 0.1, 0.01
    optimiser = LARS(learning_rate=rate, momentum=momentum, weight_decay=decay, trust_coefficient=trust).build(net)
    w, v, b, u = [3.0, 4.0], [0.0, 0.0], 1.0, 0.0
    for g, bias_gradient in (([1.0, 0.0], 2.0), ([0.0, -2.0], 1.0)):
        net.weight.grad = torch.tensor([g], dtype=torch.float64)
        net.bias.grad = torch.tensor([bias_gradient], dtype=torch.float64)
        optimiser.step()
        local = trust * math.hypot(*w) / (math.hypot(*g) + decay * math.hypot(*w))
        v = [momentum * vi + rate * local * (gi + decay * wi) for vi, gi, wi in zip(v, g, w, strict=True)]
        w = [wi - vi for wi, vi in zip(w, v, strict=True)]
        u = momentum * u + rate * bias_gradient
        b -= u
    torch.testing.assert_close(net.weight[0], torch.tensor(w, dtype=torch.float64))
    torch.testing.assert_close(net.bias[0], torch.tensor(b, dtype=torch.float64))


def test_lars_does_not_change_gradients_and_survives_zeros():
    net = nn.Linear(2, 2)
    nn.init.zeros_(net.weight)
    net.weight.grad, net.bias.grad = torch.ones(2, 2), torch.zeros(2)
    LARS(learning_rate=0.1).build(net).step()
    assert (net.weight.grad == 1).all()
    torch.testing.assert_close(net.weight, torch.full((2, 2), -0.1))
    assert net.bias.isfinite().all()


@pytest.mark.parametrize(
    ("spec", "values"),
    [
        (AdamW, {"learning_rate": 0}),
        (AdamW, {"betas": (0.9, 1.0)}),
        (SGD, {"momentum": 1.0}),
        (SGD, {"momentum": 0.0, "nesterov": True}),
        (SGD, {"weight_decay": -1.0}),
        (LARS, {"trust_coefficient": 0.0}),
    ],
)
def test_values_that_cannot_train_are_refused(spec, values):
    with pytest.raises(InputError, match=next(reversed(values))):
        spec(**values)


@pytest.mark.parametrize("spec", [AdamW(betas=(0.8, 0.9)), SGD(nesterov=True), LARS()])
def test_specs_survive_json(spec):
    assert from_json(to_json(spec)) == spec
