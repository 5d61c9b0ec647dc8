"""Mined relations against loops over rows, against losses that mine inside, and against a public peer's miners."""

import pytest
import torch
from pytorch_metric_learning.distances import CosineSimilarity
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.miners import BatchEasyHardMiner, BatchHardMiner, TripletMarginMiner
from pytorch_metric_learning.reducers import MeanReducer
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import BatchAllTriplet, BatchHardTriplet, Contrastive, SemiHardTriplet
from counterpoint.pairs import (
    EasiestPositives,
    HardestOnly,
    HardestPositives,
    NearestNeighbours,
    Picked,
    SemiHardNegatives,
    triplets,
)
from counterpoint.pairwise import Plan, SameKey

LABELS = torch.tensor([0, 1, 2, 0, 1, 2, 0, 0, 1, 2, 2, 3, 3])
Z = torch.randn(13, 5, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
COSINES = normalize(Z) @ normalize(Z).T
SAME = SameKey(LABELS, LABELS)
MARGIN = 0.2


@pytest.fixture(params=[4, 1024], ids=["blocks", "whole"], autouse=True)
def block(request, monkeypatch):
    for module in ("pairwise.relation", "pairs.filters", "pairs.guided", "pairs.columns", "pairs.triplet_lists"):
        monkeypatch.setattr(f"counterpoint.{module}.BLOCK", request.param)


def whole(relation):
    return relation.tile(slice(None), slice(None))


def split(i):
    """Numbers of the positives and negatives of row i, most similar first."""
    order = COSINES[i].argsort(descending=True).tolist()
    return [j for j in order if j != i and LABELS[j] == LABELS[i]], [j for j in order if LABELS[j] != LABELS[i]]


def numbers(mask):
    return [row.nonzero()[:, 0].tolist() for row in mask]


@pytest.mark.parametrize("k", [1, 2, 9])
def test_positives_of_every_row(k):
    hardest = whole(HardestPositives(inner=SAME, anchors=Z, k=k))
    easiest = whole(EasiestPositives(inner=SAME, anchors=Z, k=k))
    sides = [split(i) for i in range(len(Z))]
    assert numbers(hardest.positive) == [sorted(positive[-k:]) for positive, _ in sides]
    assert numbers(easiest.positive) == [sorted(positive[:k]) for positive, _ in sides]
    for tile in (hardest, easiest):
        assert numbers(tile.negative) == [sorted(negative) for _, negative in sides]


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("stand_in", [True, False])
def test_semi_hard_negatives_of_every_row(k, stand_in):
    expected = []
    for i in range(len(Z)):
        positive, negative = split(i)
        limit = COSINES[i, positive].min()
        below = [j for j in negative if COSINES[i, j] < limit]
        beyond = [j for j in reversed(negative) if j not in below]
        expected.append(sorted((below + beyond * stand_in)[:k]))
    mined = whole(SemiHardNegatives(inner=SAME, anchors=Z, k=k, stand_in=stand_in))
    assert numbers(mined.negative) == expected
    assert ([] in expected) is not stand_in, "a row without a semi-hard negative belongs to the test"


def test_neighbours_change_sides():
    images = SameKey(torch.arange(13), torch.arange(13) // 2 * 2)
    guide = Z.roll(1, 0)
    found = whole(NearestNeighbours(inner=images, anchors=Z, candidates=guide, k=2))
    scores = normalize(Z) @ normalize(guide).T
    for i in range(13):
        own = images.candidate_keys == i
        nearest = scores[i].masked_fill(own, -9).topk(2).indices
        assert set(numbers(found.positive)[i]) == {*own.nonzero()[:, 0].tolist(), *nearest.tolist()}
    assert (found.positive ^ found.negative).all()


def hard():
    return HardestOnly(inner=HardestPositives(inner=SAME, anchors=Z), anchors=Z, k=1)


def semi_hard():
    return SemiHardNegatives(inner=HardestPositives(inner=SAME, anchors=Z), anchors=Z)


@pytest.mark.parametrize(
    ("mined", "inside"), [(hard, BatchHardTriplet), (semi_hard, SemiHardTriplet)], ids=["hard", "semi-hard"]
)
@pytest.mark.parametrize("plan", [None, Plan(3, 5)], ids=["dense", "tiles"])
def test_the_plain_loss_over_mined_pairs_is_the_loss_that_mines(mined, inside, plan):
    z = Z.clone().requires_grad_()
    found = BatchAllTriplet(margin=MARGIN)(z, relation=mined(), plan=plan)
    expected = inside(margin=MARGIN)(z, labels=LABELS)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(torch.autograd.grad(found, z), torch.autograd.grad(expected, z))


def test_contrastive_pairs_are_the_mined_ones():
    """Mean over the hardest positives and over the hardest negatives, by hand."""
    sides = [split(i) for i in range(len(Z))]
    near = torch.stack([COSINES[i, positive[-1]] for i, (positive, _) in enumerate(sides)])
    far = torch.stack([COSINES[i, negative[0]] for i, (_, negative) in enumerate(sides)])
    found = Contrastive(positive_margin=0.9, negative_margin=0.1)(Z, relation=hard())
    torch.testing.assert_close(found, (0.9 - near).clamp_min(0).mean() + (far - 0.1).clamp_min(0).mean())


def as_set(found):
    return set(zip(*(one.tolist() for one in found), strict=True))


def listed(relation, **bounds):
    found = triplets(relation, Z, **bounds)
    return as_set((found.anchor, found.positive, found.negative))


@pytest.mark.parametrize(
    ("kind", "bounds"),
    [
        ("all", {"up_to": MARGIN}),
        ("hard", {"up_to": 0.0}),
        ("semihard", {"above": 0.0, "up_to": MARGIN}),
        ("easy", {"above": MARGIN}),
    ],
)
@pytest.mark.parametrize("entries", [1, 1 << 22])
def test_triplets_are_those_of_the_peer(kind, bounds, entries, monkeypatch):
    monkeypatch.setattr("counterpoint.pairs.triplet_lists._ENTRIES", entries)
    theirs = TripletMarginMiner(MARGIN, kind, distance=CosineSimilarity())(Z, LABELS)
    assert len(theirs[0])
    assert listed(SAME, **bounds) == as_set(theirs)


def test_one_triplet_for_each_anchor_is_that_of_the_peer():
    hardest = BatchHardMiner(distance=CosineSimilarity())(Z, LABELS)
    assert listed(hard()) == as_set(hardest)
    easy = EasiestPositives(inner=SAME, anchors=Z)
    anchor, positive, _, negative = BatchEasyHardMiner("easy", "semihard", distance=CosineSimilarity())(Z, LABELS)
    mined = SemiHardNegatives(inner=easy, anchors=Z, stand_in=False)
    assert listed(mined) == as_set((anchor, positive, negative))


def test_a_loss_over_listed_triplets_is_that_of_the_peer():
    z = Z.clone().requires_grad_()
    found = triplets(SAME, z, above=0.0, up_to=MARGIN)
    theirs = TripletMarginLoss(margin=MARGIN, distance=CosineSimilarity(), reducer=MeanReducer())
    indices = (found.anchor, found.positive, found.negative)
    expected = theirs(z, LABELS, indices)
    ours = BatchAllTriplet(margin=MARGIN)(z[found.anchor], z, relation=found.relation())
    assert len(found) == len(found.anchor) > 3
    torch.testing.assert_close(ours, expected)
    torch.testing.assert_close(torch.autograd.grad(ours, z), torch.autograd.grad(expected, z))


def test_all_triplets_between_two_sides():
    same = SameKey(LABELS[:4], LABELS[4:])
    found = triplets(same, Z[:4], Z[4:])
    rows = [(a, p, n) for a in range(4) for p in range(9) for n in range(9)]
    rows = [(a, p, n) for a, p, n in rows if LABELS[a] == LABELS[4 + p] and LABELS[a] != LABELS[4 + n]]
    assert list(zip(*(one.tolist() for one in (found.anchor, found.positive, found.negative)), strict=True)) == rows
    assert len(triplets(same, Z[:4], Z[4:], above=2.5)) == 0


def test_what_is_mined_has_no_gradient():
    z = Z.clone().requires_grad_()
    assert not HardestPositives(inner=SAME, anchors=z).columns.requires_grad
    assert not HardestPositives(inner=SAME, anchors=z).others.requires_grad


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda: HardestPositives(inner=SAME, anchors=Z, k=0), "k must be at least 1, got 0"),
        (lambda: HardestPositives(inner=SAME, anchors=Z[:4]), r"anchors must be a guide's embeddings \[13, K\]"),
        (lambda: triplets(SAME, Z[:4]), r"relation has shape \[13, 13\], expected \[4, 4\]"),
        (lambda: triplets(SAME, Z, above=0.2, up_to=0.2), "above must be less than up_to, got 0.2 and 0.2"),
        (lambda: Picked(torch.ones(2, 1), torch.ones(2, 1).int(), 3), r"positives must be integers \[N, P\]"),
        (lambda: Picked(torch.tensor([[3]]), torch.tensor([[0]]), 3), "positives go up to 3, and count is 3"),
        (lambda: Picked(torch.tensor([[2]]), torch.zeros(2, 1).int(), 3), "of 1 anchors and negatives of 2"),
    ],
)
def test_bad_calls(call, why):
    with pytest.raises(InputError, match=why):
        call()
