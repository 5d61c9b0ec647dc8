"""I-Con's one formula is InfoNCE, SNE and cross-entropy, up to the entropy of what is given."""

import math

import pytest
import torch
from torch.nn.functional import cross_entropy, normalize

from counterpoint.objectives import ICon, InfoNCE
from counterpoint.pairwise import DENSE, Dot, NegativeSquaredEuclidean, Others, Plan, SameKey, Weighted

N, D = 6, 4
LABELS = torch.tensor([0, 1, 0, 1, 0, 1])
PLANS = [None, DENSE, Plan(2, 3), Plan(1, 1)]


def rows(n=N, *, seed=0):
    g = torch.Generator().manual_seed(seed)
    return torch.randn(n, D, generator=g, dtype=torch.float64).requires_grad_()


def agree(one, other, *leaves):
    torch.testing.assert_close(one, other)
    for x, y in zip(torch.autograd.grad(one, leaves), torch.autograd.grad(other, leaves), strict=True):
        torch.testing.assert_close(x, y)


def everybody(n=N):
    """All are positive to each other."""
    key = torch.zeros(n, dtype=torch.int64)
    return SameKey(key, key)


def test_one_positive_is_info_nce():
    a, b = rows(), rows(seed=1)
    agree(ICon(temperature=0.3, alpha=0.0)(a, b), InfoNCE(temperature=0.3)(a, b), a, b)


def test_several_positives_are_info_nce_less_their_entropy():
    z = rows()
    expected = InfoNCE(temperature=0.3)(z, labels=LABELS) - math.log(2)
    agree(ICon(temperature=0.3, alpha=0.0)(z, labels=LABELS), expected, z)


@pytest.mark.parametrize("plan", PLANS, ids=str)
def test_stochastic_neighbour_embedding(plan):
    """Gaussian neighbours of given points, Gaussian neighbours of embeddings: Hinton and Roweis (2002), Eqs. 1 to 5."""
    x, z = rows(seed=2).detach(), rows()
    others = ~torch.eye(N, dtype=torch.bool)
    given, learned = (
        torch.exp(-torch.cdist(y, y).square() * scale)[others].view(N, N - 1) for y, scale in ((x, 0.5), (z, 1.0))
    )
    p, q = given / given.sum(1, keepdim=True), learned / learned.sum(1, keepdim=True)
    weights = torch.exp(-torch.cdist(x, x).square() / 2)
    objective = ICon(temperature=1.0, alpha=0.0, similarity=NegativeSquaredEuclidean())
    found = objective(z, relation=Others(Weighted(everybody(), weights)), plan=plan)
    agree(found, (p * (p / q).log()).sum(1).mean(), z)


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_cross_entropy_with_label_smoothing(alpha):
    """Prototypes for candidates: torch's own, less the entropy of the smoothed labels."""
    z, prototypes, y = rows(), rows(3, seed=1), torch.tensor([0, 1, 2, 0, 1, 2])
    relation = SameKey(y, torch.arange(3), prototypes=True)
    p = torch.tensor([1 - alpha + alpha / 3, alpha / 3, alpha / 3], dtype=torch.float64)
    expected = cross_entropy(z @ prototypes.T, y, label_smoothing=alpha) + torch.xlogy(p, p).sum().item()
    found = ICon(temperature=1.0, alpha=alpha, similarity=Dot())(z, prototypes, relation=relation)
    agree(found, expected, z, prototypes)


def test_nothing_is_lost_or_pulled_where_both_distributions_are_equal():
    a, b = rows(), rows(seed=1)
    weights = torch.softmax(normalize(a) @ normalize(b).T / 0.2, 1).detach()
    loss = ICon(temperature=0.2, alpha=0.0)(a, b, relation=Weighted(everybody(), weights))
    assert loss.item() == pytest.approx(0.0, abs=1e-12)
    assert torch.autograd.grad(loss, a)[0].abs().max() < 1e-12


@pytest.mark.parametrize("plan", PLANS, ids=str)
def test_uneven_positives_with_the_uniform_mixture(plan):
    a, b, alpha = rows(), rows(seed=1), torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    weights = torch.rand(N, N, generator=torch.Generator().manual_seed(3), dtype=torch.float64) + 0.1
    relation = Weighted(SameKey(LABELS, LABELS), weights)
    given = torch.where(LABELS[:, None] == LABELS, weights, 0.0)
    p = (1 - alpha) * given / given.sum(1, keepdim=True) + alpha / N
    log_q = torch.log_softmax(normalize(a) @ normalize(b).T / 0.1, 1)
    agree(ICon()(a, b, relation=relation, plan=plan, alpha=alpha), (p * (p.log() - log_q)).sum(1).mean(), a, b, alpha)


def test_even_weights_change_nothing():
    z = rows()
    even = Weighted(SameKey(LABELS, LABELS), torch.full((N, N), 0.7, dtype=torch.float64))
    agree(ICon()(z, relation=Others(even)), ICon()(z, labels=LABELS), z)
