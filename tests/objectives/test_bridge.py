"""Brownian bridges: the loss as printed, its gradient, and what is refused."""

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.objectives.bridge import bridge_contrast

N, D = 7, 4


def sides():
    generator = torch.Generator().manual_seed(0)
    points = [one.requires_grad_() for one in torch.randn(3, N, D, dtype=torch.float64, generator=generator)]
    length = torch.randint(3, 9, (N,), generator=generator)
    time = 1 + (torch.rand(N, generator=generator) * (length - 2)).long()
    return points, time, length


def printed(points, time, length):
    start, middle, end = points
    losses = []
    for i in range(N):
        a, variance = time[i] / length[i], time[i] * (length[i] - time[i]) / length[i]
        mean = (1 - a) * start[i] + a * end[i]
        scores = torch.stack([-(z - mean).square().sum() / (2 * variance) for z in middle])
        losses.append(scores.logsumexp(0) - scores[i])
    return torch.stack(losses).mean()


def test_it_is_the_equation_as_printed_in_value_and_gradient():
    points, time, length = sides()
    found, expected = bridge_contrast(*points, time, length), printed(points, time, length)
    torch.testing.assert_close(found, expected)
    mine, theirs = (torch.autograd.grad(one, points) for one in (found, expected))
    for one, other in zip(mine, theirs, strict=True):
        torch.testing.assert_close(one, other)


def test_points_on_far_straight_lines_are_told_apart():
    start = torch.arange(N, dtype=torch.float64)[:, None] * torch.tensor([50.0, 20.0, -30.0, 10.0])
    end = start + 10
    time, length = torch.full((N,), 2), torch.full((N,), 5)
    assert float(bridge_contrast(start, start + 4, end, time, length)) == pytest.approx(0, abs=1e-5)


def test_ends_and_shapes_are_refused():
    points, time, length = sides()
    with pytest.raises(InputError, match="time must be above 0 and below length"):
        bridge_contrast(*points, length, length)
    with pytest.raises(InputError, match=r"start, middle and end must be \[N, D\]"):
        bridge_contrast(*points, time[:3], length)
