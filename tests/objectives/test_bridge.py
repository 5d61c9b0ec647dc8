"""Brownian bridges: the loss as printed, its gradient, streamed, on several processes, and what is refused."""

import pytest
import torch
from bridge_work import SHARES, N, bridge_outcome, paths, work

from counterpoint.base.errors import InputError
from counterpoint.base.spec import to_json
from counterpoint.objectives import BridgeContrast, InfoNCE
from counterpoint.pairwise import NegativeSquaredEuclidean, Plan
from processes import together


def printed(path, times, temperature=1.0):
    """Eq. 2 and 3, path by path and point by point."""
    losses = []
    for i in range(len(path)):
        t, total = times[i] - times[i, 0], times[i, -1] - times[i, 0]
        for v in range(1, path.shape[1] - 1):
            share, variance = t[v] / total, t[v] * (total - t[v]) / total
            mean = (1 - share) * path[i, 0] + share * path[i, -1]
            scores = torch.stack([-(z - mean).square().sum() / (2 * temperature * variance) for z in path[:, v]])
            losses.append(scores.logsumexp(0) - scores[i])
    return torch.stack(losses).mean()


@pytest.mark.parametrize("points", [3, 5])
def test_it_is_the_equation_as_printed_in_value_and_gradient(points):
    path, times = paths(points)
    found = BridgeContrast(times=times, temperature=0.7)(path, plan=Plan(rows=3, cols=2))
    expected = printed(path, times.double(), 0.7)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(*(torch.autograd.grad(one, path)[0] for one in (found, expected)))


def test_points_are_a_unit_of_time_apart_where_nothing_is_said():
    path, _ = paths(4)
    torch.testing.assert_close(BridgeContrast()(path), printed(path, torch.arange(4.0).double().expand(N, 4)))


def test_two_points_are_a_motion_without_an_end():
    path, _ = paths(2)
    near = InfoNCE(temperature=6.0, similarity=NegativeSquaredEuclidean())
    times = torch.tensor([[5, 8]]).expand(N, 2)
    torch.testing.assert_close(BridgeContrast(times=times)(path), near(path[:, 0], path[:, 1]))
    torch.testing.assert_close(BridgeContrast(times=times)(path[:, 0], path[:, 1]), near(path[:, 0], path[:, 1]))


def test_it_sees_how_long_after_the_start_and_not_when():
    path, times = paths(3)
    later = times + 1_700_000_000  # seconds since 1970: float32 has not the digits
    torch.testing.assert_close(BridgeContrast(times=later)(path.float()), BridgeContrast(times=times)(path.float()))


def test_a_second_before_the_end_of_thirty_years_is_not_the_end():
    path, times = paths(3)[0].float(), torch.tensor([[0, 999_999_999, 1_000_000_000]]).expand(N, 3)
    assert bool(torch.isfinite(BridgeContrast(times=times)(path)))


def test_points_on_far_straight_lines_are_told_apart():
    start = torch.arange(N, dtype=torch.float64)[:, None] * torch.tensor([50.0, 20.0, -30.0, 10.0])
    path, times = torch.stack([start, start + 4, start + 10], 1), torch.tensor([[0, 2, 5]]).expand(N, 3)
    assert float(BridgeContrast(times=times)(path)) == pytest.approx(0, abs=1e-5)


def test_paths_may_weigh():
    path, times = paths(4)
    weights = torch.tensor([1.0] * 3 + [0.0] * (N - 3), dtype=torch.float64)
    found = BridgeContrast(times=times)(path, weights=weights)
    (gradient,) = torch.autograd.grad(found, path)
    assert gradient[3:, 0].abs().max() == 0  # only what a path's bridge starts from is its own alone
    assert gradient[:3, 0].abs().min() > 0


def test_two_processes_equal_one():
    loss, gradient = bridge_outcome(slice(None))
    for mine, (found, part) in zip(SHARES, together(work, 2), strict=True):
        torch.testing.assert_close(found, loss)
        torch.testing.assert_close(part / 2, gradient[mine])


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (torch.tensor([[0, 2, 2]]), r"rise along every path, got \[0.0, 2.0, 2.0\] in row 0"),
        (torch.tensor([[0.0, 1.0, 2.0], [0.0, 2.0, 1.0]]), "in row 1"),
        (torch.tensor([[0.0, 1.0, float("inf")]]), "must be finite"),
        (torch.tensor([[5, 3]], dtype=torch.uint8), "rise along every path"),
        (torch.tensor([0, 1, 2]), r"times must be numbers \[N, V\]"),
        (torch.tensor([[0], [1]]), "two or more of a path"),
    ],
)
def test_times_at_which_a_bridge_has_no_variance_are_refused(times, message):
    with pytest.raises(InputError, match=message):
        BridgeContrast(times=times)


def test_times_must_be_those_of_the_points():
    path, times = paths(3)
    with pytest.raises(InputError, match=r"times must be \[7, 3\], one for each point, got \[4, 3\]"):
        BridgeContrast(times=times[:4])(path)
    with pytest.raises(InputError, match="give two or more"):
        BridgeContrast()(path[:, 0])


def test_times_are_no_part_of_a_recipe():
    with pytest.raises(InputError, match="a spec may hold"):
        to_json(BridgeContrast(times=torch.tensor([[0, 1, 2]])))
