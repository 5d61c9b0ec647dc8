"""MACL: the public definition in value and gradient, what its gradient is, and its extremes."""

import pytest
import torch
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import DCL, MACL
from counterpoint.pairwise import Budget, Plan


def two_views(n=5, d=3, *, dtype=torch.float64):
    g = torch.Generator().manual_seed(4)
    return tuple(torch.randn(n, d, generator=g, dtype=dtype).requires_grad_() for _ in range(2))


def public(a, b, *, temperature, alpha, threshold):
    """Softmax over the positive and the negatives, temperature and factor detached, as the authors and Lightly do."""
    z = normalize(torch.cat([a, b]))
    s, n = z @ z.T, len(z)
    partner = torch.arange(n).roll(n // 2)
    own = torch.eye(n, dtype=torch.bool)
    t = temperature * (1 + alpha * (s[torch.arange(n), partner].mean().detach() - threshold))
    p = torch.softmax((s / t).masked_fill(own, -torch.inf), 1)[torch.arange(n), partner]
    return (-(1 / (1 - p)).detach() * torch.log(p)).mean()


SETTINGS = {"temperature": 0.2, "alpha": 0.6, "threshold": 0.1}


@pytest.mark.parametrize("plan", [None, Plan(3, 2), Budget(1 << 20)], ids=str)
def test_the_public_definition(plan):
    views = two_views()
    found, expected = MACL(**SETTINGS)(*views, plan=plan), public(*views, **SETTINGS)
    torch.testing.assert_close(found, expected)
    for x, y in zip(torch.autograd.grad(found, views), torch.autograd.grad(expected, views), strict=True):
        torch.testing.assert_close(x, y)


def test_the_gradient_is_that_of_dcl_at_the_adapted_temperature():
    a, b = two_views()
    adapted = MACL(**SETTINGS).adapted((normalize(a) * normalize(b)).sum(1).mean())
    found, expected = MACL(**SETTINGS)(a, b), DCL(temperature=adapted.item())(a, b)
    for x, y in zip(torch.autograd.grad(found, (a, b)), torch.autograd.grad(expected, (a, b)), strict=True):
        torch.testing.assert_close(x, y)


def test_the_temperature_rises_with_alignment():
    temperatures = [MACL(temperature=0.1, alpha=0.5).adapted(torch.tensor(a)).item() for a in (-1.0, 0.0, 0.5, 1.0)]
    assert temperatures == pytest.approx([0.05, 0.1, 0.125, 0.15])


def test_without_alpha_the_threshold_means_nothing():
    a, b = two_views()
    assert torch.equal(MACL(alpha=0.0, threshold=0.5)(a, b), MACL(alpha=0.0)(a, b))


def test_easy_rows_weigh_as_much_as_hard_ones():
    """1 - P underflows in float32 here; the value is then 1, and the gradient does not vanish."""
    a = torch.eye(2).requires_grad_()
    loss = MACL(temperature=0.01, alpha=0.0)(a, torch.eye(2).roll(0, 0))
    assert loss.item() == pytest.approx(1.0)
    assert torch.autograd.grad(loss, a)[0].abs().max() > 10


def test_settings_that_could_turn_the_temperature_negative():
    with pytest.raises(InputError, match=r"alpha \(1 \+ threshold\) must be below 1"):
        MACL(alpha=0.8, threshold=0.3)
