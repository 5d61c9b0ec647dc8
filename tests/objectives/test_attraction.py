"""CACR: both conditional distributions by hand, the public definition, and its limits."""

from math import exp

import pytest
import torch
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import CACR, Alignment, BatchHardTriplet
from counterpoint.pairwise import Plan, SameKey

N = 5


def views(count=3, *, seed=0):
    g = torch.Generator().manual_seed(seed)
    return [torch.randn(N, 4, generator=g, dtype=torch.float64).requires_grad_() for _ in range(count)]


def agree(one, other, leaves, **tolerances):
    torch.testing.assert_close(one, other, **tolerances)
    for x, y in zip(torch.autograd.grad(one, leaves), torch.autograd.grad(other, leaves), strict=True):
        torch.testing.assert_close(x, y, **tolerances)


def several(*others, **settings):
    """The first view among the others, which are its positives."""
    owners = torch.arange(N).repeat(len(others))
    return CACR(**settings), torch.cat(others), SameKey(torch.arange(N), owners)


@pytest.mark.parametrize("plan", [None, Plan(2, 3)], ids=str)
def test_the_public_definition(plan):
    """Its two functions for one query view: weighted attraction within the views, weighted repulsion across rows."""
    a, b, c = leaves = views()
    objective, candidates, relation = several(b, c, attraction=1.5, repulsion=0.7)
    x, y = normalize(a), torch.stack([normalize(b), normalize(c)], 1)
    costs = (x[:, None] - y).square().sum(2)
    attracted = (costs * torch.softmax(1.5 * costs, 1)).sum(1).mean()
    far = (x[:, None, None] - y[None]).square().sum(3)[~torch.eye(N, dtype=torch.bool)].view(N, -1)
    repelled = (-far * torch.softmax(-0.7 * far, 1)).sum(1).mean()
    agree(objective(a, candidates, relation=relation, plan=plan), attracted + repelled, leaves)


def test_weights_by_hand():
    """Positives at squared distances 0 and 2, negatives at 2 and 4."""
    z = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]], dtype=torch.float64)
    relation = SameKey(torch.zeros(1, dtype=torch.int64), torch.tensor([0, 0, -1, -1]))
    found = CACR(attraction=0.5, repulsion=1.0)(z[:1], z[[0, 1, 3, 2]], relation=relation)
    attracted = 2 * exp(1) / (exp(1) + 1)
    repelled = (2 * exp(-2) + 4 * exp(-4)) / (exp(-2) + exp(-4))
    assert found.item() == pytest.approx(attracted - repelled, rel=1e-12)


def test_without_concentration_it_is_a_difference_of_means():
    a, b, c = leaves = views()
    objective, candidates, relation = several(b, c, attraction=0.0, repulsion=0.0)
    distances = 2 - 2 * normalize(a) @ normalize(candidates).T
    negatives = distances[~(torch.arange(N)[:, None] == torch.arange(N).repeat(2))].mean()
    expected = Alignment(alpha=2.0)(a, candidates, relation=relation) - negatives
    agree(objective(a, candidates, relation=relation), expected, leaves)


def test_at_full_concentration_it_is_the_hardest_positive_and_negative():
    """The batch-hard triplet loss in its linear part, in squared distances."""
    z, y = views(1)[0], torch.tensor([0, 0, 1, 1, 1])
    hard = BatchHardTriplet(margin=10.0)(z, labels=y)
    agree(CACR(attraction=500.0, repulsion=500.0)(z, labels=y), 2 * (hard - 10), [z], rtol=1e-6, atol=1e-6)


def test_no_negatives():
    with pytest.raises(InputError, match="CACR needs at least one negative for every anchor"):
        CACR()(torch.eye(3), labels=torch.zeros(3, dtype=torch.int64))
