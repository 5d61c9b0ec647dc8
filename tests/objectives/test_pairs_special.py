"""Losses of pairs, triplets and groups worked out by hand, and where they are the same."""

from math import pi

import pytest
import torch
from torch.nn.functional import normalize, softplus

from counterpoint.base.errors import InputError
from counterpoint.objectives import (
    CIP,
    NCA,
    Angular,
    BatchAllTriplet,
    BatchHardTriplet,
    Circle,
    Contextual,
    Contrastive,
    FastAP,
    GeneralizedLifted,
    GroCo,
    InfoNCE,
    LiftedStructure,
    MannWhitney,
    Margin,
    MultiSimilarity,
)
from counterpoint.pairwise import Dot, NegativeEuclidean, Plan, SameKey

ONE_OF_EACH = torch.tensor([0, 0, 1])
"""Rows 0 and 1 have one positive and one negative each; row 2 has no positive."""


def draw(n: int, d: int = 4, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).requires_grad_()


def same(one, other, *leaves):
    torch.testing.assert_close(one, other)
    for left, right in zip(torch.autograd.grad(one, leaves), torch.autograd.grad(other, leaves), strict=True):
        torch.testing.assert_close(left, right)


def test_circle_with_unit_weights_is_the_unified_loss():
    """Eq. 1: every negative against every positive of an anchor, with one margin."""
    z, y = draw(7), torch.tensor([0, 1, 0, 1, 0, 1, 1])
    s = normalize(z) @ normalize(z).T
    losses = []
    for i in range(7):
        positive = (y == y[i]) & (torch.arange(7) != i)
        gaps = s[i][y != y[i]][:, None] - s[i][positive][None, :] + (1 - 2 * 0.3)
        losses.append(torch.log(1 + torch.exp(5 * gaps).sum()))
    same(Circle(scale=5.0, margin=0.3, weighted=False)(z, labels=y), torch.stack(losses).mean(), z)


def test_circle_weights_are_constants_to_the_gradient():
    """Of one positive and one negative: the hinge's softplus, with the weights written as numbers."""
    a, b = draw(2), draw(2, seed=1)
    s = normalize(a) @ normalize(b).T
    w = s.detach()
    p, n = s.diagonal(), s[[0, 1], [1, 0]]
    wp, wn = (1.4 - w.diagonal()).clamp_min(0), (w[[0, 1], [1, 0]] + 0.4).clamp_min(0)
    expected = softplus(3 * (wn * (n - 0.4) - wp * (p - 0.6))).mean()
    same(Circle(scale=3.0)(a, b), expected, a, b)


@pytest.mark.parametrize("soft", [False, True])
def test_of_one_positive_and_one_negative_all_triplets_are_the_hardest(soft):
    z = draw(3)
    with pytest.warns(UserWarning, match="1 of 3 anchors have no positive"):
        hardest = BatchHardTriplet(margin=0.7, soft=soft)(z, labels=ONE_OF_EACH)
    with pytest.warns(UserWarning, match="1 of 3 anchors have no positive"):
        all_of_them = BatchAllTriplet(margin=0.7, soft=soft)(z, labels=ONE_OF_EACH)
    same(hardest, all_of_them, z)


def test_of_one_positive_and_one_negative_the_lifted_structure_is_a_triplet():
    a, b = draw(2), draw(2, seed=1)
    same(GeneralizedLifted(margin=0.7)(a, b), BatchAllTriplet(margin=0.7)(a, b), a, b)


def test_the_lifted_structure_of_one_positive_pair():
    z = draw(3)
    s = normalize(z) @ normalize(z).T
    violation = torch.logsumexp(1 + s[:2, 2], 0) - s[0, 1]
    with pytest.warns(UserWarning, match="1 of 3 anchors have no positive"):
        loss = LiftedStructure()(z, labels=ONE_OF_EACH)
    same(loss, violation.clamp_min(0) ** 2 / 2, z)


def test_proto_triplets():
    """All other classes' prototypes are negatives of a query."""
    queries, prototypes, y = draw(5), draw(3, seed=1), torch.tensor([0, 2, 1, 1, 0])
    d = torch.cdist(queries, prototypes)
    hinges = (d.gather(1, y[:, None]) - d + 1.0).clamp_min(0)
    expected = hinges[torch.arange(3) != y[:, None]].mean()
    relation = SameKey(y, torch.arange(3), prototypes=True)
    ours = BatchAllTriplet(margin=1.0, similarity=NegativeEuclidean())(queries, prototypes, relation=relation)
    same(ours, expected, queries, prototypes)


def test_all_triplets_of_long_rows():
    """Sums of the largest are right where sorts are long and rows come block by block."""
    z, y = draw(60, 8), torch.arange(60) % 7
    s = normalize(z) @ normalize(z).T
    positive = (y[:, None] == y) & ~torch.eye(60, dtype=torch.bool)
    triplets = positive[:, :, None] & (y[:, None] != y)[:, None, :]
    hinges = (0.3 + s[:, None, :] - s[:, :, None]).clamp_min(0)[triplets]
    same(BatchAllTriplet(margin=0.3)(z, labels=y, plan=Plan(7, 60)), hinges.mean(), z)
    violating = BatchAllTriplet(margin=0.3, violating=True)(z, labels=y)
    torch.testing.assert_close(violating, hinges[hinges > 0].mean())


def test_hadsells_loss():
    z, y = draw(6, 2), torch.tensor([0, 1, 0, 1, 0, 1])
    d = torch.cdist(z, z)
    positive = (y[:, None] == y) & ~torch.eye(6, dtype=torch.bool)
    expected = (d[positive] ** 2 / 2).mean() + ((1.5 - d[y[:, None] != y]).clamp_min(0) ** 2 / 2).mean()
    ours = Contrastive(similarity=NegativeEuclidean(), positive_margin=0.0, negative_margin=-1.5, squared=True)
    same(ours(z, labels=y), expected, z)


def test_a_margin_that_all_pairs_violate_is_contrastive():
    """Then both are means over pairs; of as many of each kind, one is half of the other's sum."""
    a, b = draw(2), draw(2, seed=1)
    ours = Margin(margin=3.0, boundary=0.5)(a, b)
    same(2 * ours, Contrastive(positive_margin=3.5, negative_margin=-2.5)(a, b), a, b)


def test_nca_with_one_positive_is_info_nce():
    a, b = draw(5), draw(5, seed=1)
    same(NCA(temperature=0.2)(a, b), InfoNCE(temperature=0.2)(a, b), a, b)


def test_nca_errors_are_probabilities():
    z, y = draw(6), torch.tensor([0, 1, 0, 1, 0, 1])
    p = torch.softmax(((normalize(z) @ normalize(z).T) / 0.2).fill_diagonal_(-torch.inf), 1)
    same(NCA(temperature=0.2, errors=True)(z, labels=y), p[y[:, None] != y].sum() / 6, z)


def test_mining_that_keeps_all_pairs_changes_nothing():
    z, y = draw(6), torch.tensor([0, 1, 0, 1, 0, 1])
    same(MultiSimilarity(mining=True, epsilon=3.0)(z, labels=y), MultiSimilarity()(z, labels=y), z)


def test_mining_without_negatives_keeps_no_positives():
    assert MultiSimilarity(mining=True)(draw(4), labels=torch.zeros(4, dtype=torch.long)).item() == 0


def test_the_angle_is_in_degrees():
    """At 45 degrees the squared tangent is 1."""
    a, b = draw(2), draw(2, seed=1)
    x, p = normalize(a), normalize(b)
    f = [4 * (x[i] + p[i]) @ p[1 - i] - 4 * x[i] @ p[i] for i in range(2)]
    same(Angular()(a, b), softplus(torch.stack(f)).mean(), a, b)


def test_two_bins_of_fast_ap():
    """With edges at 0, 2 and 4, orthogonal rows fall into the middle."""
    a = torch.eye(3, dtype=torch.float64)[:1]
    b = torch.tensor([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]], dtype=torch.float64)
    relation = SameKey(torch.tensor([0]), torch.tensor([0, 1, 1]))
    assert FastAP(bins=2)(a, b, relation=relation).item() == pytest.approx(1 - 1 / 3)


def test_group_order_of_two():
    """One comparator: the positive is right with f(s_p - s_n)."""
    a, b = draw(2), draw(2, seed=1)
    s = normalize(a) @ normalize(b).T
    f = 0.5 + torch.atan(2 * (s.diagonal() - s[[0, 1], [1, 0]])) / pi
    same(GroCo(steepness=2.0)(a, b), -f.log().mean(), a, b)


def test_a_steep_group_order_knows_right_from_wrong():
    z, y = torch.eye(4, dtype=torch.float64).repeat(3, 1), torch.arange(4).repeat(3)
    assert GroCo(steepness=1e6)(z, labels=y).item() < 1e-3
    crossed = torch.eye(2, dtype=torch.float64).repeat(2, 1)
    assert GroCo(steepness=1e6)(crossed, labels=torch.tensor([0, 0, 1, 1])).item() > 1


def test_mann_whitney_pools_anchors():
    a, b = draw(3), draw(3, seed=1)
    s = normalize(a) @ normalize(b).T
    negative = s[~torch.eye(3, dtype=torch.bool)]
    same(MannWhitney(temperature=0.2)(a, b), softplus((negative[None, :] - s.diagonal()[:, None]) / 0.2).mean(), a, b)


def test_mann_whitney_bounds_the_area_over_the_curve():
    a, b = draw(20), draw(20, seed=1)
    s = normalize(a) @ normalize(b).T
    negative = s[~torch.eye(20, dtype=torch.bool)]
    above = (negative[None, :] > s.diagonal()[:, None]).double().mean().item()
    for temperature in (1.0, 0.1, 0.001):
        assert above <= MannWhitney(temperature=temperature)(a, b).item() / torch.log(torch.tensor(2.0)).item()


def test_weights_of_pairs_are_copies():
    """A negative of weight 2 is one that is there twice."""
    from counterpoint.pairwise import Weighted

    a, b = draw(2), draw(2, seed=1)
    twice = torch.cat([b, b[1:]])
    once = Weighted(SameKey(torch.tensor([0, 5]), torch.tensor([0, 7])), torch.tensor([[1.0, 2.0], [1.0, 2.0]]))
    copies = SameKey(torch.tensor([0, 5]), torch.tensor([0, 7, 7]))
    for objective in (MannWhitney(temperature=0.3), Contrastive(negative_margin=-0.9), Margin(boundary=-0.8)):
        same(objective(a, b, relation=once), objective(a, twice, relation=copies), a, b)


def test_contextual_terms_one_by_one():
    """Four pairs of equal rows, all else orthogonal: neighbours are the classes, and only the spread is left."""
    z, y = torch.eye(4, dtype=torch.float64).repeat(2, 1), torch.arange(4).repeat(2)
    loss = Contextual(neighbours=2, weight=2.0, target=0.75)(z, labels=y)
    assert loss.item() == pytest.approx(2 * (0.25 - 0.75) ** 2)
    # Labels against the neighbours: J is 1 where it should be 0, and 0 where it should be 1.
    wrong = torch.tensor([0, 1, 2, 3, 1, 2, 3, 0])
    crossed = Contextual(neighbours=2, balance=0.0, weight=1e-12)(z, labels=wrong)
    assert crossed.item() == pytest.approx((8 + 8) / 64)


def test_contextual_pulls_where_the_value_is_flat():
    z, y = draw(8), torch.arange(4).repeat(2)
    loss = Contextual(balance=0.0, weight=1e-12)(z, labels=y)
    (gradient,) = torch.autograd.grad(loss, z)
    assert gradient.norm() > 1e-3


def test_inner_products_may_be_any_length():
    f, c = draw(4), draw(3, seed=1)
    y = torch.tensor([2, 0, 1, 1])
    s = f @ c.T
    own = torch.nn.functional.one_hot(y, 3).bool()
    expected = (softplus(-s[own]) + 0.5 * torch.where(own, 0.0, s.clamp_min(0)).sum(1)).mean()
    same(CIP(weight=0.5)(f, c, labels=y), expected, f, c)


BAD = {
    "bins must be at least 1": lambda: FastAP(bins=0),
    "hardest must be at least 1": lambda: GroCo(hardest=0),
    "neighbours must be at least 1": lambda: Contextual(neighbours=0),
    "alpha must be an angle below 90 degrees": lambda: Angular(alpha=90.0),
    "candidates must be a second view of the 3 anchors": lambda: Angular()(draw(3)),
    "labels cannot be used here": lambda: Angular()(draw(3), draw(3), labels=torch.arange(3)),
    "BatchAllTriplet needs at least one negative": lambda: BatchAllTriplet()(draw(1), draw(1)),
    "MannWhitney needs the whole matrix at once": lambda: MannWhitney()(torch.ones(513, 1), torch.ones(513, 1)),
    "Circle.__init__": lambda: Circle(similarity=Dot()),
}


@pytest.mark.parametrize("message", BAD)
def test_what_is_refused(message):
    with pytest.raises((InputError, TypeError), match=message):
        BAD[message]()
