"""BCL and GML: the public definitions in value and gradient, logit adjustment, and InfoNCE as a special case."""

import pytest
import torch
from torch.nn.functional import cross_entropy, normalize, one_hot

from counterpoint.base.errors import InputError
from counterpoint.objectives import BCL, GML, InfoNCE
from counterpoint.pairs import class_priors
from counterpoint.pairwise import Dot, Plan, SameKey

D = 4
LABELS = torch.tensor([0, 0, 0, 1, 1, 2])
PLANS = [None, Plan(2, 3)]


def rows(n, *, seed=0):
    g = torch.Generator().manual_seed(seed)
    return torch.randn(n, D, generator=g, dtype=torch.float64).requires_grad_()


def agree(one, other, *leaves):
    torch.testing.assert_close(one, other)
    for x, y in zip(torch.autograd.grad(one, leaves), torch.autograd.grad(other, leaves), strict=True):
        torch.testing.assert_close(x, y)


@pytest.mark.parametrize("plan", PLANS, ids=str)
def test_balanced_contrast_as_in_the_public_code(plan):
    """Two views and learnt centres; exponentials divided by the size of their class, less one for positives."""
    a, b, centres = rows(6), rows(6, seed=1), rows(3, seed=2)
    z, y = normalize(torch.cat([a, b, centres])), torch.cat([LABELS, LABELS, torch.arange(3)])
    n = 12
    logits = (z @ z.T / 0.2)[:n]
    positive = (y[:n, None] == y) & ~torch.eye(len(y), dtype=torch.bool)[:n]
    sizes = one_hot(y).sum(0)[y].double() - positive.double()
    total = (logits.exp() * ~torch.eye(len(y), dtype=torch.bool)[:n] / sizes).sum(1, keepdim=True)
    expected = -((logits - total.log()) * positive).sum(1).div(positive.sum(1)).mean()
    weights = torch.cat([torch.ones(n), torch.zeros(3)])
    found = BCL(temperature=0.2)(torch.cat([a, b, centres]), labels=y, weights=weights, plan=plan)
    agree(found, expected, a, b, centres)


def test_copies_of_a_class_that_is_not_the_anchors_change_nothing():
    """Each class has one vote; to NT-Xent and its like a larger class weighs more."""
    z, y = rows(4), torch.tensor([0, 0, 1, 1])
    anchors = torch.tensor([1.0, 1.0, 0.0, 0.0])
    more = torch.cat([z, z[2:], z[2:]])
    once = BCL()(z, labels=y, weights=anchors)
    thrice = BCL()(more, labels=torch.cat([y, y[2:], y[2:]]), weights=torch.cat([anchors, torch.zeros(4)]))
    agree(once, thrice, z)


PRIORS = torch.tensor([0.7, 0.2, 0.1], dtype=torch.float64)
QUEUE_LABELS = torch.tensor([2, 0, 1, 0, 2, 0, 1, 0])


@pytest.mark.parametrize("plan", PLANS, ids=str)
def test_likelihood_of_the_class_as_in_the_public_code(plan):
    """Cross-entropy of log prior plus log mean exp of the class's keys in the queue."""
    z, queue = rows(6), rows(8, seed=1)
    logits = normalize(z) @ normalize(queue).T / 0.2
    by_class = torch.stack([logits[:, c == QUEUE_LABELS].exp().mean(1).log() for c in range(3)], 1)
    relation = class_priors(LABELS, QUEUE_LABELS, PRIORS)
    found = GML(temperature=0.2)(z, queue, relation=relation, plan=plan)
    agree(found, cross_entropy(by_class + PRIORS.log(), LABELS), z, queue)


def test_logit_adjustment_of_a_classifier():
    z, prototypes = rows(6), rows(3, seed=1)
    relation = class_priors(LABELS, torch.arange(3), PRIORS, prototypes=True)
    found = GML(temperature=1.0, similarity=Dot())(z, prototypes, relation=relation)
    agree(found, cross_entropy(z @ prototypes.T + PRIORS.log(), LABELS), z, prototypes)


def test_logit_adjustment_of_info_nce_has_the_same_gradient():
    z, prototypes = rows(6), rows(3, seed=1)
    relation = class_priors(LABELS, torch.arange(3), PRIORS, prototypes=True)
    found = InfoNCE(temperature=0.5)(z, prototypes, relation=relation)
    expected = GML(temperature=0.5)(z, prototypes, relation=relation) + PRIORS.log()[LABELS].mean()
    agree(found, expected, z, prototypes)


def test_one_positive_is_info_nce():
    a, b = rows(6), rows(6, seed=1)
    agree(GML(temperature=0.2)(a, b), InfoNCE(temperature=0.2)(a, b), a, b)


def test_several_positives_share_one_logarithm():
    """Without weights it is MIL-NCE: the positives' share of all exponentials."""
    z = rows(6)
    s = (normalize(z) @ normalize(z).T / 0.2).exp() * ~torch.eye(6, dtype=torch.bool)
    own = (s * (LABELS[:, None] == LABELS)).sum(1)[:5]
    with pytest.warns(UserWarning, match="1 of 6 anchors"):
        found = GML(temperature=0.2)(z, labels=LABELS)
    agree(found, -(own / s.sum(1)[:5]).log().mean(), z)


def test_weights_are_priors_shared_among_the_candidates_of_a_class():
    everything = slice(None)
    tile = class_priors(LABELS, torch.tensor([0, 1, 0, -1]), PRIORS).tile(everything, everything)
    torch.testing.assert_close(tile.weight[0], torch.tensor([0.35, 0.2, 0.35, 0.0], dtype=torch.float64))
    assert not tile.compared[:, 3].any()
    assert torch.equal(
        tile.positive, SameKey(LABELS, torch.tensor([0, 1, 0, -1])).tile(everything, everything).positive
    )


@pytest.mark.parametrize(
    ("priors", "message"),
    [
        (torch.tensor([1, 2, 3]), "priors must be"),
        (torch.tensor([0.5, -0.1, 0.6]), "priors must be"),
        (torch.tensor([0.5, 0.5]), "2 priors, and labels go up to 2"),
    ],
)
def test_bad_priors(priors, message):
    with pytest.raises(InputError, match=message):
        class_priors(LABELS, QUEUE_LABELS, priors)
