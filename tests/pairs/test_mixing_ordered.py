"""Mixes for real-valued labels, against their definition and a loss written out."""

import pytest
import torch
from queue_work import drawn
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import InfoNCE
from counterpoint.pairs import LabelGaps, ordered_mixes, ordered_pairs
from counterpoint.pairwise import Plan

LABELS = torch.tensor([3.0, 1.0, 2.0, 2.0, 5.0, 1.0, 4.5, 3.0], dtype=torch.float64)
N = len(LABELS)


def mixed(z, labels=LABELS, **settings):
    settings = {"negatives": 4, "positives": 3, "generator": torch.Generator().manual_seed(0)} | settings
    return ordered_mixes(z, labels, **settings)


def made_of(row, z, *, first):
    """Pairs (i, j) and shares of i, with i in ``first``, of which a row is a mix."""
    for i in first:
        for j in range(N):
            along = z[i] - z[j]
            share = (((row - z[j]) @ along) / (along @ along)).item() if i != j else 0.0
            if i != j and torch.allclose(z[j] + share * along, row, atol=1e-9):
                yield i, j, share


@pytest.mark.parametrize("window", [torch.inf, 1.6])
def test_negatives_hold_the_anchor_and_positives_lie_on_either_side(window):
    z = drawn(N, 6, seed=0).requires_grad_()
    mixes = mixed(z, window=window)
    unit = normalize(z.detach())
    assert not mixes.rows.requires_grad
    assert torch.bincount(mixes.owners[: 4 * N]).tolist() == [4] * N
    for row, i, y in zip(mixes.rows[: 4 * N], mixes.owners, mixes.labels, strict=False):
        ((_, k, share),) = made_of(row, unit, first=[int(i)])
        assert LABELS[k] != LABELS[i]
        assert 0 < share < 1
        torch.testing.assert_close(y, share * LABELS[i] + (1 - share) * LABELS[k])
    both = [i for i in range(N) if any_below(i, window) and any_below(i, window, sign=-1)]
    assert torch.bincount(mixes.owners[4 * N :], minlength=N).tolist() == [3 * (i in both) for i in range(N)]
    for row, i, y in zip(mixes.rows[4 * N :], mixes.owners[4 * N :], mixes.labels[4 * N :], strict=True):
        assert y == LABELS[i]
        (found,) = [one for one in made_of(row, unit, first=range(N)) if LABELS[one[0]] < LABELS[one[1]]]
        j, k, share = found
        assert LABELS[i] - window < LABELS[j] < LABELS[i] < LABELS[k] < LABELS[i] + window
        torch.testing.assert_close(share * LABELS[j] + (1 - share) * LABELS[k], LABELS[i])


def any_below(i, window, sign=1):
    return any(0 < sign * (LABELS[i] - y) < window for y in LABELS)


@pytest.mark.parametrize("plan", [None, Plan(3, 5)])
@pytest.mark.parametrize("squared", [False, True])
def test_supremix_is_a_supcon_with_own_mixes_and_weighed_negatives(squared, plan):
    z = drawn(N, 6, seed=0).requires_grad_()
    mixes = mixed(z)
    rows, labels = torch.cat([normalize(z), normalize(mixes.rows)]), torch.cat([LABELS, mixes.labels])
    losses = []
    for i in range(N):
        seen = [j for j in range(N) if j != i] + [N + j for j, owner in enumerate(mixes.owners) if owner == i]
        gap = (LABELS[i] - labels[seen]).abs()
        weight = 1 + (gap**2 if squared else gap)
        s = rows[seen] @ normalize(z[i], dim=0) / 0.3
        positive = gap == 0
        if positive.any():
            losses.append((torch.log((weight * s.exp()).sum()) - s[positive]).mean())
    assert len(losses) < N  # the largest label is nobody else's, and has no labels on both sides
    expected = torch.stack(losses).mean()
    with pytest.warns(UserWarning, match="positive"):
        found = ordered_pairs(z, LABELS, mixes, squared=squared).under(InfoNCE(temperature=0.3), plan=plan)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(torch.autograd.grad(found, z), torch.autograd.grad(expected, z))


def test_seeds_repeat_and_whole_numbers_are_labels_too():
    z = drawn(N, 6, seed=0)
    once, again = mixed(z), mixed(z)
    assert torch.equal(once.rows, again.rows)
    other = mixed(z, generator=torch.Generator().manual_seed(1))
    assert not torch.equal(once.rows, other.rows)
    whole = torch.tensor([0, 1, 2, 3, 4, 5, 6, 7])
    mixes = mixed(z, whole)
    tile = ordered_pairs(z, whole, mixes).relation.tile(slice(None), slice(None))
    assert tile.positive.sum(1).tolist() == [0, 3, 3, 3, 3, 3, 3, 0]
    assert mixed(z, whole, negatives=0).rows.shape == (18, 6)
    assert mixed(z, whole * 0 + whole // 4, positives=0).rows.shape == (32, 6)


def test_an_anchor_share_near_one_is_harder():
    z = normalize(drawn(N, 6, seed=0))
    easy, hard = (mixed(z, positives=0, negatives=50, anchor_share=ab) for ab in ((2.0, 8.0), (8.0, 2.0)))
    near_easy, near_hard = ((normalize(m.rows) * z[m.owners]).sum(1).mean() for m in (easy, hard))
    assert near_hard > near_easy


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda z: mixed(z, LABELS[:2]), "labels must be 8 numbers"),
        (lambda z: mixed(z, LABELS * 0), "labels must not be all the same"),
        (lambda z: mixed(z, (LABELS > 2).double()), "labels must lie on both sides"),
        (lambda z: mixed(z, window=0.1), "labels must lie on both sides"),
        (lambda z: mixed(z, negatives=-1), "negatives and positives must be at least 0"),
        (lambda z: mixed(z, anchor_share=(0.0, 1.0)), "two positive numbers, got 0.0 and 1.0"),
        (lambda z: LabelGaps(anchors=LABELS / 0, candidates=LABELS), "anchors must be a vector of finite labels"),
    ],
)
def test_bad_calls(call, why):
    with pytest.raises(InputError, match=why):
        call(drawn(N, 6, seed=0))
