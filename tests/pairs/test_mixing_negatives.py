"""Synthetic negatives, extrapolated positives and noise, against formulas written out."""

import pytest
import torch
from queue_work import drawn
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import InfoNCE
from counterpoint.pairs import (
    Owned,
    WeightedCandidates,
    extrapolated,
    hard_negative_mixes,
    interpolated_negatives,
    noise_negatives,
    shaken,
    with_own_negatives,
    worst_noise,
)
from counterpoint.pairwise import Dot, Plan, SameKey

N, F = 6, 40


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def mochi(q, queue, **settings):
    settings = {"hardest": 8, "mixes": 30, "anchor_mixes": 20, "generator": generator()} | settings
    return hard_negative_mixes(q, queue, **settings)


def agree(found, expected, *leaves):
    torch.testing.assert_close(found, expected)
    mine, theirs = (torch.autograd.grad(one, leaves, retain_graph=True) for one in (found, expected))
    for one, other in zip(mine, theirs, strict=True):
        torch.testing.assert_close(one, other)


def test_synthetics_are_unit_mixes_of_hard_negatives_without_gradient():
    q, queue = drawn(N, 4, seed=0).requires_grad_(), drawn(F, 4, seed=1)
    made = mochi(q, queue)
    assert made.shape == (N, 50, 4)
    assert not made.requires_grad
    torch.testing.assert_close(made.norm(dim=2), torch.ones(N, 50, dtype=torch.float64))
    unit, n = normalize(q.detach()), normalize(queue)
    for i in range(N):
        top = n[(n @ unit[i]).topk(8).indices]
        for number, row in enumerate(made[i]):
            # In the plane of two that may be mixed, with coordinates of one sign.
            first = top if number < 30 else unit[i : i + 1]
            assert any(between(row, x, y, most=1.0 if number < 30 else 0.5) for x in first for y in top)


def between(row, x, y, *, most):
    """Whether a row is, up to length, a share of at most so much of x with the rest of y, two different rows."""
    if torch.equal(x, y):
        return False
    ab = torch.linalg.lstsq(torch.stack([x, y], 1), row[:, None]).solution[:, 0]
    fits = torch.allclose(torch.stack([x, y], 1) @ ab, row, atol=1e-9)
    return fits and bool((ab >= 0).all()) and float(ab[0] / ab.sum()) <= most + 1e-9


def test_synthetics_are_harder_than_what_they_are_made_of():
    q, queue = drawn(N, 16, seed=0), drawn(400, 16, seed=1)
    unit = normalize(q)
    top = (unit @ normalize(queue).T).topk(32, dim=1).values.mean(1)
    made = mochi(q, queue, hardest=32, mixes=200, anchor_mixes=100)
    s = (unit[:, None] * made).sum(2)
    assert (s[:, :200].mean(1) > top).all()
    assert (s[:, 200:].mean(1) > s[:, :200].mean(1)).all()


def test_seeds_repeat_and_one_sort_can_be_left_out():
    q, queue = drawn(N, 4, seed=0), drawn(F, 4, seed=1)
    assert torch.equal(mochi(q, queue), mochi(q, queue))
    assert not torch.equal(mochi(q, queue), mochi(q, queue, generator=generator(1)))
    assert mochi(q, queue, mixes=0).shape == (N, 20, 4)
    assert mochi(q, queue, anchor_mixes=0).shape == (N, 30, 4)


@pytest.mark.parametrize("plan", [None, Plan(2, 5)])
@pytest.mark.parametrize("in_batch", [False, True])
def test_mochi_is_the_softmax_of_each_query_with_its_own_synthetics(in_batch, plan):
    q, k = (drawn(N, 4, seed=s).requires_grad_() for s in (0, 2))
    queue = drawn(F, 4, seed=1)
    own = mochi(q, queue, mixes=3, anchor_mixes=2)
    pairs = with_own_negatives(q, k, own, negatives=queue, in_batch=in_batch)
    expected = []
    for i in range(N):
        others = [j for j in range(N) if j != i and in_batch]
        row = torch.cat([normalize(k[[i, *others]]), normalize(queue), own[i]]) @ normalize(q[i], dim=0)
        expected.append(-(row / 0.2).log_softmax(0)[0])
    agree(pairs.under(InfoNCE(temperature=0.2), plan=plan), torch.stack(expected).mean(), q, k)


def test_extrapolation_never_raises_a_score():
    q, k = normalize(drawn(200, 5, seed=0)), normalize(drawn(200, 5, seed=1))
    before = (q * k).sum(1)
    far, away = extrapolated(q, k, generator=generator())
    after = (far * away).sum(1)
    assert (after <= before + 1e-12).all()
    assert ((normalize(far) * normalize(away)).sum(1) <= before + 1e-12).all()
    share = ((far - k) * (q - k)).sum(1) / (q - k).square().sum(1)  # the paper's lambda, from 1 to 2
    assert share.min() >= 1
    assert share.max() <= 2
    torch.testing.assert_close(after, before - 2 * share * (share - 1) * (1 - before))
    torch.testing.assert_close(far + away, q + k)


def test_feature_transformation_is_the_public_loss():
    """Inner products of extrapolated queries and keys, and with an interpolated queue, both without normalisation."""
    q, k = (normalize(drawn(N, 4, seed=s)).requires_grad_() for s in (0, 2))
    queue = normalize(drawn(F, 4, seed=1))
    far, away = extrapolated(q, k, per_feature=True, generator=generator())
    mixed = interpolated_negatives(queue, generator=generator(1))
    own = (far * away).sum(1, keepdim=True)
    expected = torch.cat([own, far @ mixed.T], 1).div(0.2)
    expected = torch.nn.functional.cross_entropy(expected, torch.zeros(N, dtype=torch.int64))
    owners = torch.cat([torch.arange(N), torch.full((F,), -1)])
    loss = InfoNCE(temperature=0.2, similarity=Dot())
    agree(loss(far, torch.cat([away, mixed]), relation=Owned.of(far, owners)), expected, q, k)


def test_interpolated_negatives_lie_between_two_negatives():
    queue = drawn(F, 4, seed=1).requires_grad_()
    mixed = interpolated_negatives(queue, generator=generator())
    assert not mixed.requires_grad
    assert torch.equal(mixed, interpolated_negatives(queue, generator=generator()))
    torch.testing.assert_close(mixed.std() < queue.std(), torch.tensor(True))
    for row in mixed:
        near = (row - queue.detach()).norm(dim=1)
        apart = torch.cdist(queue.detach(), queue.detach())
        assert torch.isclose(near[:, None] + near[None], apart).any()


@pytest.mark.parametrize(("count", "weight"), [(5, 0.3), (5, 0.0), (0, 1.0)])
def test_noise_joins_the_denominator_with_its_weight(count, weight):
    a, b = (drawn(N, 4, seed=s).requires_grad_() for s in (0, 1))
    pairs = noise_negatives(a, b, count=count, weight=weight, generator=generator())
    noise = torch.randn(count, 4, generator=generator()).double()
    s, noisy = (normalize(a) @ normalize(x).T / 0.1 for x in (b, noise))
    expected = torch.log(s.exp().sum(1) + weight * noisy.exp().sum(1)) - s.diagonal()
    agree(pairs.under(InfoNCE(temperature=0.1)), expected.mean(), a, b)


def test_worst_noise_climbs_the_crowding_of_anchors_by_steps_of_their_size():
    a = drawn(N, 4, seed=0).requires_grad_()

    def crowd(noise):
        return (normalize(a) @ normalize(noise).T / 0.5).logsumexp(1).sum()

    drawn_noise, one, ten = (
        worst_noise(a, count=5, steps=steps, step_size=0.1, temperature=0.5, generator=generator())
        for steps in (0, 1, 10)
    )
    assert torch.equal(drawn_noise, torch.randn(5, 4, generator=generator()).double())
    leaf = drawn_noise.clone().requires_grad_()
    (slope,) = torch.autograd.grad(crowd(leaf), leaf)
    torch.testing.assert_close(one, drawn_noise + 0.1 * normalize(slope))
    assert crowd(drawn_noise) < crowd(one) < crowd(ten)
    assert not ten.requires_grad


@pytest.mark.parametrize("shape", [(50, 8), (50, 4, 8)])
def test_shaken_rows_move_by_no_more_than_the_paper_says(shape):
    x = drawn(*shape, seed=0).requires_grad_()
    moved = shaken(x, alpha=3.0, generator=generator()) - x
    size = x[0].numel()
    assert moved.abs().max() <= 3 / size**0.5
    # The length of alpha / sqrt(L D) uniform entries is alpha / sqrt(3), near enough.
    torch.testing.assert_close(moved.flatten(1).norm(dim=1).mean().item(), 3**0.5, rtol=0.05, atol=0)
    assert torch.equal(shaken(x, alpha=0.0, generator=generator()), x)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda q: mochi(q, q[:5]), "hardest must be from 2 to the 5 negatives there are, got 8"),
        (lambda q: mochi(q, q, hardest=1), "hardest must be from 2"),
        (lambda q: mochi(q, q, hardest=2, mixes=0, anchor_mixes=0), "at least 0, and not both 0"),
        (lambda q: with_own_negatives(q, q[:2], q[:, None]), r"must be for 6 anchors, got \[2, 4\] \[6, 1, 4\]"),
        (lambda q: extrapolated(q, q[:2], generator=generator()), r"queries and keys must be \[N, D\] both"),
        (lambda q: extrapolated(q, q, alpha=0.0, generator=generator()), "alpha must be positive, got 0"),
        (lambda q: interpolated_negatives(q, alpha=-1.0, generator=generator()), "alpha must be positive, got -1"),
        (lambda q: noise_negatives(q, q, count=-1, generator=generator()), "count and weight must be at least 0"),
        (lambda q: noise_negatives(q, q[:2], count=1, generator=generator()), "must have one shape"),
        (lambda q: worst_noise(q, count=0, generator=generator()), "count and temperature must be positive and steps"),
        (lambda q: shaken(q, alpha=-1.0, generator=generator()), "alpha must be at least 0"),
        (lambda q: shaken(q[0], alpha=1.0, generator=generator()), r"x must be \[N, D\]"),
        (lambda q: WeightedCandidates(SameKey(torch.arange(6), torch.arange(6)), q[:2, 0]), "one per candidate"),
        (lambda q: WeightedCandidates(SameKey(torch.arange(6), torch.arange(6)), -q[:, 0].abs()), "at least 0"),
    ],
)
def test_bad_calls(call, why):
    with pytest.raises(InputError, match=why):
        call(drawn(N, 4, seed=0))
