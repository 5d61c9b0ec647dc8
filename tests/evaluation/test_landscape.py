"""Slices of losses: quadratics that are known, and networks that are one function with other weights."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from counterpoint.base.errors import InputError
from counterpoint.evaluation import loss_slice, non_convexity, random_direction, trajectory_directions

OFFSETS = np.linspace(-1, 1, 5)


@pytest.fixture
def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, 3)).double()


@pytest.fixture
def loss():
    draw = torch.Generator().manual_seed(1)
    images = torch.randn(20, 1, 4, 4, generator=draw, dtype=torch.float64)
    labels = torch.randint(3, (20,), generator=draw)
    return lambda model: cross_entropy(model(images), labels)


def test_filters_get_the_lengths_of_the_weights_and_biases_stay(net):
    for step, weight in zip(random_direction(net, seed=0), net.parameters(), strict=True):
        if weight.dim() > 1:
            assert torch.allclose(step.flatten(1).norm(dim=1), weight.flatten(1).norm(dim=1))
        else:
            assert (step == 0).all()


def test_a_slice_is_the_loss_of_moved_weights_and_leaves_the_model_alone(net, loss):
    before = {name: one.clone() for name, one in net.state_dict().items()}
    directions = [random_direction(net, seed=seed) for seed in (0, 1)]
    plane = loss_slice(net, loss, directions, OFFSETS)
    assert plane.shape == (5, 5)
    assert all(torch.equal(one, before[name]) for name, one in net.state_dict().items())
    assert plane[2, 2] == pytest.approx(loss(net).item())
    assert np.allclose(plane[:, 2], loss_slice(net, loss, directions[:1], OFFSETS))
    with torch.no_grad():
        for one, first, second in zip(net.parameters(), *directions, strict=True):
            one.add_(0.5 * first - 1.0 * second)
    assert plane[3, 0] == pytest.approx(loss(net).item())


def test_buffers_and_weights_come_back_after_an_error(net):
    norm = nn.BatchNorm1d(3).double()
    mean = norm.running_mean.clone()

    def failing(model):
        model(torch.ones(4, 3, dtype=torch.float64))
        raise ValueError("no loss")

    with pytest.raises(ValueError, match="no loss"):
        loss_slice(norm, failing, [[torch.ones(3), torch.ones(3)]], [0.5])
    assert torch.equal(norm.running_mean, mean)
    assert (norm.weight == 1).all()


def test_larger_filters_with_the_same_function_have_the_same_slice_only_when_normalised(net, loss):
    scaled = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, 3)).double()
    scaled.load_state_dict(net.state_dict())
    with torch.no_grad():
        scaled[0].weight.mul_(10)
        scaled[0].bias.mul_(10)
        scaled[3].weight.div_(10)
    for normalised in (True, False):
        one, other = (
            loss_slice(model, loss, [random_direction(model, seed=0, filter_normalised=normalised)], OFFSETS)
            for model in (net, scaled)
        )
        assert one[2] == pytest.approx(other[2])
        assert np.allclose(one, other, atol=1e-10) is normalised


def test_a_quadratic_is_convex_and_its_negative_is_not():
    x = nn.Linear(2, 1, bias=False).double()
    bowl = loss_slice(x, lambda m: m.weight.square().sum(), [[torch.ones(1, 2)], [torch.eye(2)[:1]]], OFFSETS)
    assert non_convexity(bowl) == 0
    assert non_convexity(-bowl) == 1
    assert non_convexity(np.array([0.0, 1, 0, 1, 0])) == pytest.approx(2 / 3)


def test_the_plane_of_a_path_holds_it_when_it_has_two_dimensions():
    path = [
        [torch.tensor([[a, 2 * a]]), torch.tensor([b])] for a, b in ((3.0, 1.0), (2.0, -1.0), (1.0, 0.5), (0.0, 0.0))
    ]
    directions, places, share = trajectory_directions(path)
    assert share.sum() == pytest.approx(1)
    assert (places[-1] == 0).all()
    flat = torch.stack([torch.cat([one.flatten() for one in d]) for d in directions]).double()
    assert torch.allclose(flat @ flat.T, torch.eye(2, dtype=torch.float64), atol=1e-6)
    first = torch.from_numpy(places[0]) @ flat
    assert torch.allclose(first, torch.tensor([3.0, 6.0, 1.0], dtype=torch.float64), atol=1e-5)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda net, loss: loss_slice(net, loss, [], OFFSETS), "1 or 2 directions and offsets, got 0 and 5"),
        (lambda net, loss: loss_slice(net, loss, [random_direction(net, seed=0)], []), "got 1 and 0"),
        (lambda net, loss: non_convexity(np.ones(2)), "3 points or more"),
        (lambda net, loss: non_convexity(np.arange(4.0)), "does not bend"),
        (lambda net, loss: trajectory_directions([[torch.ones(2)]] * 2), "points must be at least 3"),
        (lambda net, loss: trajectory_directions([[i * torch.ones(2)] for i in range(4)]), "lies on one line"),
    ],
)
def test_what_has_no_value_is_refused(call, why, net, loss):
    with pytest.raises(InputError, match=why):
        call(net, loss)
