"""Weights of anchors and of pairs, against means and matrices written down by hand."""

import warnings

import pytest
import torch
from torch.nn.functional import logsigmoid, normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import (
    CLIP,
    DCL,
    HCL,
    Alignment,
    BarlowTwins,
    BatchHardTriplet,
    CoSENT,
    InfoNCE,
    NTXent,
    SemiHardTriplet,
    SigLIP,
    SmoothAP,
    SupCon,
    Uniformity,
)
from counterpoint.pairwise import DENSE, Plan, SameKey, Weighted

N, D = 6, 4
G = torch.Generator().manual_seed(0)
A, B = (torch.randn(N, D, generator=G, dtype=torch.float64) for _ in range(2))
W = torch.tensor([0.5, 2.0, 0.0, 1.0, 3.0, 0.25], dtype=torch.float64)
Y = torch.tensor([0, 1, 0, 1, 0, 1])
PLANS = [None, DENSE, Plan(rows=4, cols=5)]

every_plan = pytest.mark.parametrize("plan", PLANS, ids=["own", "dense", "tiles"])


def cosines(a, b):
    return normalize(a) @ normalize(b).T


def others(z):
    """Similarities among rows, -inf with itself."""
    return cosines(z, z).masked_fill(torch.eye(len(z), dtype=torch.bool), -torch.inf)


def labelled(z, y):
    s = others(z)
    positive = (y[:, None] == y) & ~torch.eye(len(y), dtype=torch.bool)
    return s, positive


def weighted_mean(losses, w):
    return (losses * w).sum() / w.sum()


def info_nce(s):
    return s.logsumexp(1) - s.diagonal()


def two_views(a, b, t):
    z = torch.cat([a, b])
    s = others(z) / t
    partner = s.gather(1, torch.arange(2 * N).roll(N)[:, None])[:, 0]
    return s, partner


def by_hand_dcl(a, b):
    s, partner = two_views(a, b, 0.1)
    negatives = s.scatter(1, torch.arange(2 * N).roll(N)[:, None], -torch.inf)
    return weighted_mean(negatives.logsumexp(1) - partner, W.repeat(2))


def by_hand_ntxent(a, b):
    s, partner = two_views(a, b, 0.5)
    return weighted_mean(s.logsumexp(1) - partner, W.repeat(2))


def by_hand_supcon(a, b):
    s, positive = labelled(a, Y)
    s = s / 0.1
    mean = torch.where(positive, s, 0.0).sum(1) / positive.sum(1)
    return weighted_mean(s.logsumexp(1) - mean, W)


def by_hand_clip(a, b):
    s = cosines(a, b) / 0.07
    return (weighted_mean(info_nce(s), W) + weighted_mean(info_nce(s.T), W)) / 2


def by_hand_siglip(a, b):
    s = 10 * cosines(a, b) - 10
    return weighted_mean(-logsigmoid(torch.where(torch.eye(N, dtype=torch.bool), s, -s)).sum(1), W)


def by_hand_batch_hard(a, b):
    s, positive = labelled(a, Y)
    far = torch.where(positive, s, torch.inf).amin(1)
    near = torch.where(positive, -torch.inf, s).amax(1)
    return weighted_mean((0.2 + near - far).relu(), W)


def by_hand_semi_hard(a, b):
    s, positive = labelled(a, Y)
    losses = []
    for i in range(N):
        far = s[i][positive[i]].min()
        negatives = s[i][~positive[i] & (torch.arange(N) != i)]
        below = negatives[negatives < far]
        losses.append((0.2 + (below.max() if len(below) else negatives.min()) - far).relu())
    return weighted_mean(torch.stack(losses), W)


BY_HAND = {
    "InfoNCE": (InfoNCE(), False, lambda a, b: weighted_mean(info_nce(cosines(a, b) / 0.07), W)),
    "CLIP": (CLIP(), False, by_hand_clip),
    "NTXent": (NTXent(), False, by_hand_ntxent),
    "SupCon": (SupCon(), True, by_hand_supcon),
    "DCL": (DCL(), False, by_hand_dcl),
    "SigLIP": (SigLIP(), False, by_hand_siglip),
    "Alignment": (
        Alignment(),
        False,
        lambda a, b: weighted_mean((normalize(a) - normalize(b)).square().sum(1), W),
    ),
    "BatchHardTriplet": (BatchHardTriplet(), True, by_hand_batch_hard),
    "SemiHardTriplet": (SemiHardTriplet(), True, by_hand_semi_hard),
}
MEANS = [InfoNCE(), CLIP(), NTXent(), SupCon(), DCL(), HCL(), SigLIP(), Alignment(), SmoothAP(temperature=0.1)]
MEANS += [BatchHardTriplet(), SemiHardTriplet()]


def outcome(objective, *, alone=False, plan=None, a=A, b=B, **given):
    a, b = (x.clone().requires_grad_() for x in (a, b))
    if alone:
        given = {"labels": Y} | given
    loss = objective(a, None if alone else b, plan=plan, **given)
    return [loss.detach(), *torch.autograd.grad(loss, (a, b), materialize_grads=True, allow_unused=True)]


def close(found, expected):
    for name, one, other in zip(("loss", "anchors", "candidates"), found, expected, strict=True):
        torch.testing.assert_close(one, other, msg=lambda text, name=name: f"{name}: {text}")


def differ(found, expected):
    assert abs(found[0] - expected[0]) > 1e-4


@every_plan
@pytest.mark.parametrize("name", BY_HAND)
def test_a_weighted_mean_by_hand(name, plan):
    objective, alone, by_hand = BY_HAND[name]
    a, b = (x.clone().requires_grad_() for x in (A, B))
    loss = by_hand(a, b)
    expected = [loss.detach(), *torch.autograd.grad(loss, (a, b), materialize_grads=True, allow_unused=True)]
    close(outcome(objective, alone=alone, plan=plan, weights=W), expected)


@every_plan
@pytest.mark.parametrize("objective", MEANS, ids=lambda one: type(one).__name__)
def test_only_the_proportions_count(objective, plan):
    once = outcome(objective, plan=plan, weights=W)
    close(outcome(objective, plan=plan, weights=2 * W), once)
    close(outcome(objective, plan=plan, weights=torch.full((N,), 3.0)), outcome(objective, plan=plan))
    differ(once, outcome(objective, plan=plan))


def test_whole_numbers_repeat_anchors():
    """Where candidates are given apart from the anchors, a weight of 2 is an anchor that is there twice."""
    counts = torch.tensor([1, 2, 0, 3, 1, 1])
    again = torch.arange(N).repeat_interleave(counts)
    for objective in (InfoNCE(), SigLIP(), Alignment(), SmoothAP(temperature=0.1)):
        repeated = objective(A[again], B, relation=SameKey(again, torch.arange(N)))
        weighed = objective(A, B, relation=SameKey(torch.arange(N), torch.arange(N)), weights=counts)
        torch.testing.assert_close(weighed, repeated)


@every_plan
def test_a_weight_of_zero_takes_an_anchors_own_loss_away(plan):
    """It stays a candidate of the others: of InfoNCE, its own row has no gradient and its candidate has one."""
    weights = torch.ones(N)
    weights[2] = 0
    loss, by_a, by_b = outcome(InfoNCE(), plan=plan, weights=weights)
    kept = torch.arange(N) != 2
    torch.testing.assert_close(loss, info_nce(cosines(A, B) / 0.07)[kept].mean())
    assert (by_a[2] == 0).all()
    assert (by_a[kept] != 0).any(1).all()
    assert (by_b != 0).any(1).all()


@every_plan
def test_a_negative_is_no_anchor_of_the_other_direction(plan):
    negatives = torch.randn(3, D, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    s = cosines(A, torch.cat([B, negatives])) / 0.07
    by_row = weighted_mean(s.logsumexp(1) - s.diagonal(), W)
    by_col = weighted_mean(s[:, :N].logsumexp(0) - s.diagonal(), W)
    found = CLIP()(A, B, negatives=negatives, weights=W, plan=plan)
    torch.testing.assert_close(found, (by_row + by_col) / 2)


def test_anchors_without_a_positive_count_for_nothing_whatever_their_weight():
    labels = torch.tensor([0, 0, 1, 1, 2, -1])
    heavy = torch.tensor([1.0, 2.0, 3.0, 4.0, 100.0, 100.0], dtype=torch.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = SupCon()(A, labels=labels, weights=heavy)
        light = SupCon()(A, labels=labels, weights=torch.cat([heavy[:4], torch.zeros(2)]))
    torch.testing.assert_close(found, light)
    only = torch.tensor([0.0, 0, 0, 0, 1, 1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(InputError, match="every anchor that has a positive has weight 0"):
            SupCon()(A, labels=labels, weights=only)


ERRORS = {
    "too few": (W[:5], r"weights must be 6 numbers, one per anchor, got torch.float64 \[5\]"),
    "a matrix": (W[:, None], r"weights must be 6 numbers, one per anchor, got torch.float64 \[6, 1\]"),
    "negative": (W - 1, "weights must be non-negative and finite"),
    "not a number": (torch.where(W == 1, torch.nan, W), "weights must be non-negative and finite"),
    "infinite": (torch.where(W == 1, torch.inf, W), "weights must be non-negative and finite"),
    "all zero": (0 * W, "weights are all zero"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_is_not_a_weight_is_refused(name):
    weights, message = ERRORS[name]
    for objective in (InfoNCE(), NTXent(), CLIP()):
        with pytest.raises(InputError, match=message):
            objective(A, B, weights=weights)


def test_without_a_mean_over_anchors_weights_are_refused():
    for objective, given in (
        (Uniformity(), {}),
        (BarlowTwins(), {}),
        (CoSENT(), {"scores": torch.arange(N)}),
    ):
        with pytest.raises(InputError, match=f"weights cannot be used here: {type(objective).__name__}"):
            objective(A, B, weights=W, **given)


def test_a_mean_over_candidates_needs_candidates_that_came_with_an_anchor():
    relation = SameKey(torch.arange(N), torch.arange(N))
    with pytest.raises(InputError, match="a mean over candidates is taken, and relation pairs none"):
        CLIP()(A, B, relation=relation, weights=W)


PAIRS = torch.rand(N, N, generator=torch.Generator().manual_seed(3), dtype=torch.float64) * 2 + 0.1
SAME = SameKey(torch.arange(N), torch.arange(N))
MANY = SameKey(Y, Y)
TWO_SIDED = [InfoNCE(), CLIP(), SigLIP(), Alignment(), SmoothAP(temperature=0.1)]
ALONE = [SupCon(), DCL(), HCL(), NTXent(), BatchHardTriplet(), SemiHardTriplet(), Uniformity()]


@every_plan
@pytest.mark.parametrize("objective", TWO_SIDED + ALONE, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.int64], ids=str)
def test_pairs_of_weight_one_change_nothing(objective, plan, dtype):
    alone = objective in ALONE
    relation = Weighted(MANY, torch.ones(N, N, dtype=dtype))
    plain = outcome(objective, alone=alone, plan=plan, labels=None, relation=MANY)
    close(outcome(objective, alone=alone, plan=plan, labels=None, relation=relation), plain)


@every_plan
@pytest.mark.parametrize("objective", TWO_SIDED + ALONE, ids=lambda one: type(one).__name__)
def test_pairs_of_weight_zero_are_not_there(objective, plan):
    """The same as a relation that has those candidates only: pairs with the last row, or two columns."""
    alone = objective in ALONE
    weights = torch.ones(N, N)
    if alone:
        weights[:, -1] = weights[-1] = 0
        kept = SameKey(torch.cat([Y[:-1], torch.tensor([-1])]), torch.cat([Y[:-1], torch.tensor([-1])]))
        if objective in (DCL(), HCL(), BatchHardTriplet(), SemiHardTriplet()):
            # The last row has no negative then, which these do not take.
            with pytest.raises(InputError, match="at least one negative for every anchor"):
                outcome(objective, alone=True, plan=plan, labels=None, relation=Weighted(MANY, weights))
            return
        expected = objective(A[:-1], relation=SameKey(kept.anchor_keys[:-1], kept.candidate_keys[:-1]), plan=plan)
    else:
        weights[:, 1] = weights[:, 4] = 0
        left = [0, 2, 3, 5]
        expected = objective(A, B[left], relation=SameKey(Y, Y[left]), plan=plan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = outcome(objective, alone=alone, plan=plan, labels=None, relation=Weighted(MANY, weights))
    torch.testing.assert_close(found[0], expected)
    assert all(torch.isfinite(one).all() for one in found)


def softmax_by_hand(a, b, relation_weights):
    """Every exponential times its weight; positives in a weighted mean."""
    s = cosines(a, b) / 0.07
    positive = Y[:, None] == Y
    lse = (relation_weights * s.exp()).sum(1).log()
    share = torch.where(positive, relation_weights, 0.0)
    return (lse - (share * s).sum(1) / share.sum(1)).mean()


@every_plan
def test_weights_of_pairs_in_a_softmax_by_hand(plan):
    a, b = (x.clone().requires_grad_() for x in (A, B))
    loss = softmax_by_hand(a, b, PAIRS)
    expected = [loss.detach(), *torch.autograd.grad(loss, (a, b))]
    close(outcome(InfoNCE(), plan=plan, relation=Weighted(MANY, PAIRS)), expected)
    differ(expected, outcome(InfoNCE(), plan=plan, relation=MANY))


@every_plan
def test_weights_of_pairs_in_a_sum_by_hand(plan):
    a, b = (x.clone().requires_grad_() for x in (A, B))
    s = 10 * cosines(a, b) - 10
    loss = -(PAIRS * logsigmoid(torch.where(Y[:, None] == Y, s, -s))).sum(1).mean()
    expected = [loss.detach(), *torch.autograd.grad(loss, (a, b))]
    close(outcome(SigLIP(), plan=plan, relation=Weighted(MANY, PAIRS)), expected)


@every_plan
def test_weights_of_pairs_without_the_positive_in_the_denominator_by_hand(plan):
    a = A.clone().requires_grad_()
    s, positive = labelled(a, Y)
    s = s / 0.1
    negative = Y[:, None] != Y
    share = torch.where(positive, PAIRS, 0.0)
    mean = (share * torch.where(positive, s, 0.0)).sum(1) / share.sum(1)
    loss = (torch.where(negative, s + PAIRS.log(), -torch.inf).logsumexp(1) - mean).mean()
    expected = [loss.detach(), torch.autograd.grad(loss, a)[0], torch.zeros_like(B)]
    close(outcome(DCL(), alone=True, plan=plan, labels=None, relation=Weighted(MANY, PAIRS)), expected)


@every_plan
def test_weights_of_anchors_and_of_pairs_together(plan):
    found = outcome(InfoNCE(), plan=plan, relation=Weighted(MANY, PAIRS), weights=W)
    s, positive = cosines(A, B) / 0.07, Y[:, None] == Y
    share = torch.where(positive, PAIRS, 0.0)
    losses = (PAIRS * s.exp()).sum(1).log() - (share * s).sum(1) / share.sum(1)
    torch.testing.assert_close(found[0], weighted_mean(losses, W))


@pytest.mark.parametrize("plan", PLANS, ids=["own", "dense", "tiles"])
@pytest.mark.parametrize("shape", [(N, N - 1), (N + 1, N), (N,)], ids=str)
def test_weights_of_pairs_of_the_wrong_shape_are_refused(plan, shape):
    with pytest.raises(InputError, match=r"weights have shape \[.*\], expected \[6, 6\]: one per pair"):
        InfoNCE()(A, B, relation=Weighted(SAME, torch.ones(shape)), plan=plan)
