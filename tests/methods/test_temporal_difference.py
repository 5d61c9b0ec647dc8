"""TD InfoNCE: the public definition, its limits, and that the target critic learns nothing."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from counterpoint.base.errors import InputError
from counterpoint.methods import TDInfoNCE
from counterpoint.objectives import InfoNCE
from counterpoint.pairwise import Dot

N, D = 5, 3


def rows(seed, n=N):
    g = torch.Generator().manual_seed(seed)
    return torch.randn(n, D, generator=g, dtype=torch.float64).requires_grad_()


def test_the_public_definition():
    """Softmax cross-entropy of next states, and of random states against the target's softmax, less its entropy."""
    a, following, random, target_a, target_random = (rows(k) for k in range(5))
    loss = TDInfoNCE(discount=0.9)
    found = loss(a, following, random, target=loss.target(target_a, target_random))
    w = torch.softmax(target_a @ target_random.T, 1).detach()
    near = cross_entropy(a @ following.T, torch.arange(N))
    far = cross_entropy(a @ random.T, w) + torch.xlogy(w, w).sum(1).mean()
    expected = 0.1 * near + 0.9 * far
    torch.testing.assert_close(found, expected)
    leaves = (a, following, random)
    for x, y in zip(torch.autograd.grad(found, leaves), torch.autograd.grad(expected, leaves), strict=True):
        torch.testing.assert_close(x, y)


def test_without_a_future_it_is_info_nce():
    a, following, random = (rows(k) for k in range(3))
    loss = TDInfoNCE(discount=0.0)
    found = loss(a, following, random, target=loss.target(a, random))
    torch.testing.assert_close(found, InfoNCE(temperature=1.0, similarity=Dot())(a, following))


def test_a_critic_that_agrees_with_its_target_loses_nothing():
    a, random = rows(0), rows(1, n=7)
    loss = TDInfoNCE(discount=1.0)
    target = loss.target(a, random)
    assert not target.requires_grad
    assert loss(a, a, random, target=target).item() == pytest.approx(0.0, abs=1e-12)


def test_a_target_far_off_takes_no_state_out():
    """Weights that underflow stay positive: the learner is still pushed away from such states."""
    a, random = 200 * torch.eye(3), rows(1, n=3).float()
    loss = TDInfoNCE(discount=1.0)
    assert bool((loss.target(a, 100 * torch.eye(3)) > 0).all())
    assert torch.isfinite(loss(a / 200, a / 200, random, target=loss.target(a, 100 * torch.eye(3))))


def test_bad_discount():
    with pytest.raises(InputError, match="discount must be"):
        TDInfoNCE(discount=1.1)
