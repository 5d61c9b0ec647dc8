"""Traces of Hessians: against the Hessian itself, closed forms, and finite differences."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call

from counterpoint.base.errors import InputError
from counterpoint.evaluation import hessian_trace, sampled_label_trace


@pytest.fixture
def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3)).double().eval()


@pytest.fixture
def inputs():
    return torch.randn(200, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def exact_trace(net, inputs, targets_NK):
    """Trace of the whole Hessian of the cross-entropy with soft targets."""
    names, flat = [n for n, _ in net.named_parameters()], torch.cat([p.flatten() for p in net.parameters()]).detach()
    shapes = [p.shape for p in net.parameters()]

    def loss(vector):
        parts = [part.view(s) for part, s in zip(vector.split([s.numel() for s in shapes]), shapes, strict=True)]
        logits = functional_call(net, dict(zip(names, parts, strict=True)), (inputs,))
        return -(targets_NK * logits.log_softmax(1)).sum(1).mean()

    return float(torch.autograd.functional.hessian(loss, flat).trace())


def test_a_quadratic_with_a_diagonal_hessian_takes_one_probe():
    x = torch.randn(5, dtype=torch.float64, requires_grad=True)
    scale = torch.arange(1.0, 6, dtype=torch.float64)
    found = hessian_trace((scale * x.square()).sum() / 2, [x], probes=2)
    assert found.value == pytest.approx(15)
    assert found.high - found.low == pytest.approx(0, abs=1e-9)


def test_probes_average_to_the_trace_of_a_network(net, inputs):
    targets = torch.softmax(torch.randn(200, 3, dtype=torch.float64), 1)
    loss = -(targets * net(inputs).log_softmax(1)).sum(1).mean()
    found = hessian_trace(loss, list(net.parameters()), probes=2000)
    exact = exact_trace(net, inputs, targets)
    assert found.value == pytest.approx(exact, rel=0.05)
    assert found.low < exact < found.high


def test_what_a_loss_does_not_bend_by_adds_nothing():
    x, unused = torch.ones(3, requires_grad=True), torch.ones(2, requires_grad=True)
    assert hessian_trace(x.sum(), [x, unused]).value == 0
    assert hessian_trace(x.square().sum(), [x, unused]).value == pytest.approx(6)


def test_sampled_labels_give_the_hessian_at_the_model_s_own_distribution(net, inputs):
    own = net(inputs).softmax(1).detach()
    found = sampled_label_trace(net, inputs, samples=50)
    assert found.value == pytest.approx(exact_trace(net, inputs, own), rel=0.05)


def test_logistic_regression_has_a_closed_form(inputs):
    """|grad log p(y)|^2 = |e_y - p|^2 (|x|^2 + 1), of which the mean over y is (1 - |p|^2)(|x|^2 + 1)."""
    torch.manual_seed(3)
    model = nn.Linear(3, 4).double().eval()
    p = model(inputs).softmax(1).detach()
    expected = ((1 - p.square().sum(1)) * (inputs.square().sum(1) + 1)).mean()
    assert sampled_label_trace(model, inputs, samples=100).value == pytest.approx(float(expected), rel=0.03)


def test_frozen_parameters_take_no_part(net, inputs):
    whole = sampled_label_trace(net, inputs).value
    net[0].requires_grad_(False)
    assert 0 < sampled_label_trace(net, inputs).value < whole


def test_seeds_decide(net, inputs):
    values = [sampled_label_trace(net, inputs, seed=seed).value for seed in (0, 0, 1)]
    assert values[0] == values[1] != values[2]
    assert np.isfinite(values).all()


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (
            lambda net, x: hessian_trace(net(x), list(net.parameters())),
            r"a scalar with its graph, got shape \(200, 3\)",
        ),
        (lambda net, x: hessian_trace(net(x).sum(), []), "at least one tensor"),
        (lambda net, x: hessian_trace(net(x).sum(), list(net.parameters()), probes=1), "probes must be at least 2"),
        (lambda net, x: sampled_label_trace(net.train(), x), "evaluation mode"),
        (lambda net, x: sampled_label_trace(net, x[:1]), "number of inputs must be at least 2"),
    ],
)
def test_what_has_no_value_is_refused(call, why, net, inputs):
    with pytest.raises(InputError, match=why):
        call(net, inputs)
