"""Losses made of several: common and salient codes, parallel paths."""

import pytest
import torch
from composed_losses_work import outcomes, work
from torch.nn.functional import cross_entropy, normalize

from counterpoint.base.errors import InputError
from counterpoint.methods import ParallelPaths, SepCLR
from processes import together

N, D = 8, 5
TARGETS = torch.tensor([0, 1, 1, 0, 1, 0, 1, 1])


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).requires_grad_()


def test_sep_clr_by_the_public_definition():
    c1, c2, s1, s2 = (drawn(N, D, seed=k) for k in range(4))
    found = SepCLR(temperature=0.4, salient=3.0, constant=5.0, separation=7.0)((c1, c2), (s1, s2), TARGETS)

    def spread(x):
        return torch.pdist(x).square().mul(-1 / 0.8).exp().mean().log()

    def kernel(x):
        return (x[:, None] - x[None, :]).square().sum(2).mul(-1 / 0.8).exp()

    def pulled(x, y):
        return (x - y).square().sum(1).mean() / 0.8

    u1, u2, on = normalize(c1), normalize(c2), TARGETS.bool()
    h1, h2 = (s * on[:, None] for s in (s1, s2))
    common = pulled(u1, u2) + spread(u1) + spread(u2)
    salient = pulled(s1[on], s2[on]) + spread(h1) + spread(h2)
    still = (s1[~on].square().sum(1).mean() + s2[~on].square().sum(1).mean()) / 2 / 0.8
    leak = sum((kernel(u) * kernel(h)).mean(1).log().mean() for u, h in ((u1, h1), (u2, h2))) / 2
    expected = common + 3 * salient + 5 * still + 7 * leak
    torch.testing.assert_close(found, expected)
    leaves = (c1, c2, s1, s2)
    for one, other in zip(torch.autograd.grad(found, leaves), torch.autograd.grad(expected, leaves), strict=True):
        torch.testing.assert_close(one, other)


def test_the_background_is_held_by_its_own_weight_alone():
    c, s = drawn(N, D), drawn(N, D, seed=1)
    loss = SepCLR(salient=0.0, constant=0.0)
    (gradient,) = torch.autograd.grad(loss((c, c), (s, s), TARGETS), s)
    assert gradient[~TARGETS.bool()].abs().max() == 0
    assert gradient[TARGETS.bool()].abs().max() > 0


@pytest.mark.parametrize("targets", [torch.zeros(N), torch.ones(N)])
def test_both_sets_are_needed(targets):
    c = drawn(N, D)
    with pytest.raises(InputError, match="one is missing"):
        SepCLR()((c, c), (c, c), targets.long())


def test_codes_must_fit():
    c = drawn(N, D)
    with pytest.raises(InputError, match="two views"):
        SepCLR()((c, c[:-1]), (c, c), TARGETS)


def test_parallel_paths_by_hand():
    a, c = drawn(N, 3, D), drawn(N, 3, D, seed=1)
    found = ParallelPaths(temperature=0.2, joint=0.5, weight=0.3)(a, c)
    u, v, i = normalize(a, dim=2), normalize(c, dim=2), torch.arange(N)

    def contrast(x, y):
        return cross_entropy(normalize(x) @ normalize(y).T / 0.2, i)

    def told(x, y):
        squares = (x[:, None] - y[None, :]).square().sum(2) / 2
        return squares.mean() - squares.diagonal().mean()

    expected = sum(contrast(a[:, p], c[:, p]) for p in range(3)) / 3 + 0.5 * contrast(u.mean(1), v.mean(1))
    between = [told(x[:, p], x[:, q]) for x in (u, v) for p in range(3) for q in range(3) if p != q]
    expected = expected + 0.3 * sum(between) / len(between)
    torch.testing.assert_close(found, expected)
    for one, other in zip(torch.autograd.grad(found, (a, c)), torch.autograd.grad(expected, (a, c)), strict=True):
        torch.testing.assert_close(one, other)


def test_the_bound_draws_paths_apart():
    """Training the penalty alone makes two equal paths tell less of each other."""
    a = drawn(16, 1, D).detach().expand(16, 2, D).clone()
    a = (a + 0.01 * drawn(16, 2, D, seed=2).detach()).requires_grad_()
    other = a.detach().clone()
    before = ((normalize(a[:, 0]) - normalize(a[:, 1])).square().sum(1).mean()).item()
    for _ in range(20):
        (gradient,) = torch.autograd.grad(ParallelPaths(weight=10.0, joint=0.0, temperature=100.0)(a, other), a)
        a = (a - 0.5 * gradient).detach().requires_grad_()
    assert (normalize(a[:, 0]) - normalize(a[:, 1])).square().sum(1).mean().item() > 10 * before


@pytest.mark.parametrize(
    ("setting", "name"),
    [({"temperature": 0.0}, "temperature"), ({"weight": -1.0}, "weight"), ({"joint": float("inf")}, "joint")],
)
def test_settings_are_checked(setting, name):
    with pytest.raises(InputError, match=f"{name} must be"):
        ParallelPaths(**setting)


def test_one_path_is_none_to_compare():
    with pytest.raises(InputError, match="two or more paths"):
        ParallelPaths()(drawn(N, 1, D), drawn(N, 1, D))


def test_two_processes_equal_one():
    """Losses on both ranks, averaged gradients: also of a memory, and of negatives within groups."""
    first, second = together(work, 2)
    for name, (loss, gradient) in outcomes(slice(None)).items():
        torch.testing.assert_close(first[name][0], loss)
        torch.testing.assert_close(second[name][0], loss)
        torch.testing.assert_close(torch.cat([first[name][1], second[name][1]], 1) / 2, gradient)
