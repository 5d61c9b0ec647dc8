"""Mixes with interpolated labels, mixes of a modality and of hard pairs, against formulas written out."""

import pytest
import torch
from queue_work import drawn
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import FocalContrastive, InfoNCE, MultiSimilarity, SupCon
from counterpoint.pairs import (
    Mixes,
    hard_pair_mixes,
    interpolated,
    mixed_modality,
    mixup,
    told_apart,
)
from counterpoint.pairwise import Plan, SameKey

N = 7
LABELS = torch.tensor([0, 1, 0, 2, 1, 0, 2])


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def agree(found, expected, *leaves):
    torch.testing.assert_close(found, expected)
    for mine, theirs in zip(
        torch.autograd.grad(found, leaves, retain_graph=True),
        torch.autograd.grad(expected, leaves, retain_graph=True),
        strict=True,
    ):
        torch.testing.assert_close(mine, theirs)


@pytest.mark.parametrize("plan", [None, Plan(2, 3)])
def test_metrix_weighs_the_terms_of_a_mix_by_its_labels(plan):
    """Anchor by anchor: lambda rho+(s) + (1 - lambda) rho-(s), summed inside both logarithms."""
    z = drawn(N, 4, seed=0).requires_grad_()
    mixes = mixup(z, alpha=2.0, generator=generator())
    unit, v = normalize(z), normalize(mixes.rows)
    expected = []
    for a in range(N):
        attract = repel = 0
        for row, i, k, share in zip(v, mixes.first, mixes.second, mixes.share, strict=True):
            positive = share * (LABELS[i] == LABELS[a]) + (1 - share) * (LABELS[k] == LABELS[a])
            attract = attract + positive * torch.exp(-3 * (unit[a] @ row - 0.4))
            repel = repel + (1 - positive) * torch.exp(7 * (unit[a] @ row - 0.4))
        expected.append(torch.log1p(attract) / 3 + torch.log1p(repel) / 7)
    loss = MultiSimilarity(alpha=3.0, beta=7.0, base=0.4, mining=False)
    agree(interpolated(z, LABELS, mixes).under(loss, plan=plan), torch.stack(expected).mean(), z)


@pytest.mark.parametrize(("share", "part"), [(1.0, "first"), (0.0, "second")])
@pytest.mark.parametrize("loss", [InfoNCE(), MultiSimilarity(mining=False), MultiSimilarity()])
def test_shares_of_one_and_none_are_the_plain_terms(share, part, loss):
    z, first = drawn(N, 4, seed=0), torch.arange(N)
    mixes = Mixes.of(z, first, first.flip(0), torch.full((N,), share))
    rows = getattr(mixes, part)
    plain = loss(z, z[rows], relation=SameKey(LABELS, LABELS[rows]))
    assert torch.equal(mixes.rows, z[rows])
    torch.testing.assert_close(interpolated(z, LABELS, mixes).under(loss), plain, rtol=1e-12, atol=1e-12)


def test_an_alpha_of_nothing_mixes_nothing_and_seeds_repeat():
    x = drawn(N, 2, 3, seed=0)
    assert torch.equal(mixup(x, alpha=0.0, generator=generator()).rows, x)
    once, again, other = (mixup(x, alpha=1.0, generator=generator(s)) for s in (1, 1, 2))
    assert torch.equal(once.rows, again.rows)
    assert torch.equal(once.second, again.second)
    assert not torch.equal(once.rows, other.rows)
    wide = once.share.view(-1, 1, 1)
    torch.testing.assert_close(once.rows, wide * x + (1 - wide) * x[once.second])


def test_m3col_is_cross_entropy_with_two_targets_in_both_directions():
    """As the public code has it: targets in a matrix, softmax along rows, then along columns."""
    x, q = (drawn(N, 4, seed=s).requires_grad_() for s in (0, 1))
    mixes = mixup(x, alpha=0.7, generator=generator(3))
    logits = normalize(mixes.rows) @ normalize(q).T / 0.1
    targets = torch.zeros(N, N, dtype=torch.float64)
    for i, (k, share) in enumerate(zip(mixes.second, mixes.share, strict=True)):
        targets[i, i] += share
        targets[i, k] += 1 - share
    forth, back = mixed_modality(mixes, q)
    loss = InfoNCE(temperature=0.1)
    agree(forth.under(loss), -(targets * logits.log_softmax(1)).sum(1).mean(), x, q)
    agree(back.under(loss), -(targets.T * logits.T.log_softmax(1)).sum(1).mean(), x, q)


def test_m3col_of_whole_rows_is_the_plain_loss():
    x, q = drawn(N, 4, seed=0), drawn(N, 4, seed=1)
    forth, back = mixed_modality(mixup(x, alpha=0.0, generator=generator()), q)
    torch.testing.assert_close(forth.under(InfoNCE()), InfoNCE()(x, q))
    torch.testing.assert_close(back.under(InfoNCE()), InfoNCE()(q, x))


def test_hard_pairs_are_the_farthest_of_a_class_and_the_nearest_of_another():
    x = drawn(N + 1, 4, seed=0)
    labels = torch.cat([LABELS, torch.tensor([9])])  # one is alone in its class
    mixes = hard_pair_mixes(x, labels, generator=generator())
    s = normalize(x) @ normalize(x).T
    for i in range(N + 1):
        mine = [j for j in range(N + 1) if labels[j] == labels[i] and j != i] or [i]
        others = [j for j in range(N + 1) if labels[j] != labels[i]]
        assert mixes.first[i] == min(mine, key=lambda j, i=i: s[i, j])
        assert mixes.second[i] == max(others, key=lambda j, i=i: s[i, j])
    assert mixes.second[N + 1 :].tolist() == list(range(N + 1))
    assert sorted(mixes.first[N + 1 :].tolist()) == list(range(N + 1))
    assert mixes.share[N + 1 :].min() >= 0.8
    assert mixes.share[: N + 1].min() < 0.8


def test_core_tuning_tells_mixes_apart_by_their_labels():
    """A focal SupCon of rows and mixes, labels of mixes as pairs of class and share."""
    x = drawn(N, 4, seed=0).requires_grad_()
    mixes = hard_pair_mixes(x, LABELS, generator=generator(1))
    rows = normalize(torch.cat([x, mixes.rows]))
    names = [(int(y), int(y), 1.0) for y in LABELS]
    for i, k, share in zip(
        LABELS[mixes.first].tolist(), LABELS[mixes.second].tolist(), mixes.share.tolist(), strict=True
    ):
        names.append((i, k, 1.0 if i == k else share))
    assert len(set(names)) < len(names)
    losses = []
    for i, name in enumerate(names):
        others = [j for j in range(len(names)) if j != i]
        log_q = (rows[i] @ rows[others].T / 0.07).log_softmax(0)
        log_q = log_q[[names[j] == name for j in others]]
        if len(log_q):
            losses.append(-((1 - log_q.exp()) * log_q).mean())
    agree(told_apart(x, LABELS, mixes, mixes.rows).under(FocalContrastive()), torch.stack(losses).mean(), x)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda z, i: Mixes.of(z, i, i, torch.full((N,), 1.5)), "share must be from 0 to 1, got 1.5"),
        (lambda z, i: Mixes.of(z, i, i, torch.full((N,), float("nan"))), "share must be from 0 to 1"),
        (lambda z, i: Mixes.of(z, i, i[:2], torch.ones(N)), "must have one shape"),
        (lambda z, i: mixup(z, alpha=-1.0, generator=generator()), "alpha must be at least 0, got -1"),
        (lambda z, i: interpolated(z, i, Mixes.of(z, i, i, torch.ones(N))).under(SupCon()), "SupCon stacks anchors"),
        (lambda z, i: interpolated(z, i[:2], Mixes.of(z, i, i, torch.ones(N))), "labels must be 7 integers"),
        (lambda z, i: mixed_modality(Mixes.of(z, i.flip(0), i, torch.ones(N)), z), "must be one for each of the 7"),
        (lambda z, i: hard_pair_mixes(z, i * 0, generator=generator()), "labels must be of two classes"),
        (lambda z, i: hard_pair_mixes(z, i, least=2.0, generator=generator()), "share must be from 0 to 1"),
        (lambda z, i: hard_pair_mixes(z, z[:, 0], generator=generator()), "labels must be 7 integers"),
        (lambda z, i: told_apart(z, i, Mixes.of(z, i, i, torch.ones(N)), z[:3]), "must be for 7 rows and 7 mixes"),
    ],
)
def test_bad_calls(call, why):
    with pytest.raises(InputError, match=why):
        call(drawn(N, 4, seed=0), torch.arange(N))
