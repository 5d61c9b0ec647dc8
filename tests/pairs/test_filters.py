"""Filters entry by entry; what they must not do is as much tested as what they do."""

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.pairs import BelowPositive, Doubted, HardestOnly, Similar
from counterpoint.pairwise import SameKey, Weighted

ROWS = torch.arange(4)
PAIRED = SameKey(ROWS, ROWS)


def whole(relation):
    return relation.tile(slice(None), slice(None))


def at(*cosines):
    """An anchor along the first axis, and candidates at these cosines from it."""
    c = torch.tensor(cosines, dtype=torch.float64)
    return torch.tensor([[1.0, 0.0]], dtype=torch.float64), torch.stack([c, (1 - c**2).sqrt()], 1)


def kept(make, *cosines, positive=0, **settings):
    anchor, candidates = at(*cosines)
    owner = torch.full((len(cosines),), -1)
    owner[positive] = 0
    inner = SameKey(torch.tensor([0]), owner)
    tile = whole(make(inner=inner, anchors=anchor, candidates=candidates, **settings))
    assert tile.positive[0].tolist() == [j == positive for j in range(len(cosines))], "positives are never touched"
    return [j for j, there in enumerate(tile.negative[0].tolist()) if there]


def test_below_the_positive():
    assert kept(BelowPositive, 0.6, 0.7, 0.55, 0.1) == [2, 3]
    assert kept(BelowPositive, 0.6, 0.7, 0.55, 0.1, margin=0.1) == [3]
    assert kept(BelowPositive, 0.6, 0.7, 0.55, 0.1, margin=0.05, relative=True) == [2, 3]
    assert kept(BelowPositive, 0.6, 0.7, 0.58, 0.1, margin=0.05, relative=True) == [3]


def test_an_equal_negative_stays_without_a_margin():
    assert kept(BelowPositive, 0.6, 0.6, 0.61) == [1]


def test_the_least_similar_positive_decides():
    anchor, candidates = at(0.9, 0.3, 0.5, 0.2)
    inner = SameKey(torch.tensor([0]), torch.tensor([0, 0, -1, -1]))
    tile = whole(BelowPositive(inner=inner, anchors=anchor, candidates=candidates))
    assert tile.negative.int().tolist() == [[0, 0, 0, 1]]


def test_an_anchor_without_a_positive_keeps_its_negatives():
    guide = torch.eye(3)
    tile = whole(BelowPositive(inner=SameKey(torch.tensor([5]), ROWS[:3]), anchors=guide[:1], candidates=guide))
    assert tile.negative.all()


@pytest.mark.parametrize("k", [1, 2, 3, 9])
def test_the_hardest(k, monkeypatch):
    for module in ("pairwise.relation", "pairs.filters", "pairs.guided"):
        monkeypatch.setattr(f"counterpoint.{module}.BLOCK", 2)
    assert kept(HardestOnly, 0.2, 0.5, 0.9, -0.3, 0.4, positive=2, k=k) == sorted([1, 4, 0, 3][:k])


def test_a_row_is_not_its_own_positive_nor_its_own_hardest_negative():
    """Among themselves every row is nearest to itself: its own cosine of 1 must decide nothing."""
    angles = torch.tensor([0.0, 0.5, 0.6, 2.0], dtype=torch.float64)
    guide, keys = torch.stack([angles.cos(), angles.sin()], 1), torch.tensor([0, 0, 1, 1])
    below = whole(BelowPositive(inner=SameKey(keys, keys), anchors=guide))
    # The positives of rows 0 and 1 are 0.5 away, those of rows 2 and 3 are 1.4 away: nearer negatives go.
    assert below.negative.int().tolist() == [[0, 0, 1, 1], [0, 0, 0, 1], [0, 0, 0, 0], [1, 1, 0, 0]]
    own = torch.arange(4)  # every row its own class: without its own cosine it would have no limit, and keeps all
    assert whole(BelowPositive(inner=SameKey(own, own), anchors=guide)).negative.sum() == 12
    hardest = whole(HardestOnly(inner=SameKey(own, own + 9), anchors=guide, k=1))
    assert hardest.negative.int().tolist() == [[0, 1, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 1, 0]]


def test_a_share_of_a_positive_below_zero_lowers_the_limit_too():
    assert kept(BelowPositive, -0.5, -0.48, -0.52, -0.6, margin=0.1, relative=True) == [3]


def test_a_guide_in_half_precision_is_as_strict_as_in_single():
    g = torch.Generator().manual_seed(0)
    guide, others = (torch.randn(4, 3, generator=g).bfloat16() for _ in range(2))
    half = whole(BelowPositive(inner=PAIRED, anchors=guide, candidates=others)).negative
    exact = BelowPositive(inner=PAIRED, anchors=guide.float(), candidates=others.float())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        exact.counts()
    assert torch.equal(half, whole(exact).negative)
    assert half.sum() < 12, "some are left out"
    whole_numbers = torch.eye(4).long()
    assert whole(BelowPositive(inner=PAIRED, anchors=whole_numbers, candidates=whole_numbers)).negative.sum() == 12


def test_weights_of_a_mask_stay_a_mask_inside_every_filter_and_composition():
    mask = Weighted(PAIRED, torch.ones(4, 4))
    guide = torch.eye(4)
    filtered = BelowPositive(inner=mask, anchors=guide)
    for relation in (filtered, HardestOnly(inner=filtered, anchors=guide, k=1), mask | PAIRED, ~mask, mask * mask):
        assert not relation.uneven
        assert not whole(relation).weight.eq(0.5).any()
    assert not PAIRED.sparing(0.5 * PAIRED).uneven
    assert (mask & (0.5 * PAIRED)).uneven
    assert Doubted(inner=mask, anchors=guide).uneven


def doubts(inner, cosines, **settings):
    anchor, candidates = at(*cosines)
    return whole(Doubted(inner=inner, anchors=anchor, candidates=candidates, **settings))


def test_a_doubted_negative_weighs_less_the_more_similar_it_is():
    inner = SameKey(torch.tensor([0]), torch.tensor([0, -1, -1, -1]))
    cosines = torch.tensor([0.6, 0.7, 0.5, -0.4], dtype=torch.float64)
    expected = torch.sigmoid((0.6 - 0.1 - cosines) / 0.2)
    expected[0] = 1
    torch.testing.assert_close(doubts(inner, cosines, softness=0.2, margin=0.1).weight[0], expected)
    expected[1:] = torch.sigmoid((0.3 - cosines[1:]) / 0.2)
    torch.testing.assert_close(doubts(inner, cosines, softness=0.2, threshold=0.3).weight[0], expected)
    nobody = SameKey(torch.tensor([5]), torch.tensor([0, 1, 2, 3]))
    assert doubts(nobody, cosines).weight.eq(1).all(), "without a positive there is no limit"


def test_hard_doubts_are_the_filters():
    g = torch.Generator().manual_seed(0)
    guide, others = (torch.randn(4, 3, generator=g, dtype=torch.float64) for _ in range(2))
    sides = {"anchors": guide, "candidates": others}
    hard = Doubted(inner=PAIRED, **sides, softness=1e-9, threshold=0.2)
    spared = PAIRED.sparing(Similar(**sides, threshold=0.2))
    below = BelowPositive(inner=PAIRED, **sides)
    for mine, theirs in ((hard, spared), (Doubted(inner=PAIRED, **sides, softness=1e-9), below)):
        mine, theirs = whole(mine), whole(theirs)
        assert torch.equal(mine.negative & (mine.weight > 0), theirs.negative)
        assert torch.equal(mine.positive, theirs.positive)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"softness": 0}, "softness must be positive and finite, got 0"),
        ({"threshold": 1.5}, "threshold must be a cosine"),
        ({"margin": float("nan")}, "margin must be finite"),
        ({"margin": 0.1, "threshold": 0.5}, "says nothing beside a threshold"),
    ],
)
def test_bad_doubts(settings, why):
    with pytest.raises(InputError, match=why):
        Doubted(inner=PAIRED, anchors=torch.eye(4), **settings)


def test_a_guide_gets_no_gradient_and_filters_can_be_nested():
    guide = torch.randn(4, 3, generator=torch.Generator().manual_seed(0), requires_grad=True)
    inner = BelowPositive(inner=PAIRED, anchors=guide, candidates=guide)
    outer = HardestOnly(inner=inner, anchors=guide, candidates=guide, k=1)
    assert not outer.others.requires_grad
    inside, outside = whole(inner).negative, whole(outer).negative
    assert (inside | ~outside).all(), "what the inner filter left out stays out"
    assert (outside.sum(1) <= 1).all()


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"anchors": torch.eye(3)}, r"anchors must be a guide's embeddings \[4, K\]"),
        ({"anchors": torch.eye(4), "candidates": torch.ones(4, 2)}, "K = 4, its candidates 2"),
        ({"anchors": torch.eye(4) / 0}, "anchors hold NaN or infinity"),
    ],
)
def test_bad_guides(settings, why):
    with pytest.raises(InputError, match=why):
        BelowPositive(inner=PAIRED, **settings)
    with pytest.raises(InputError, match="k must be a whole number, at least 1, got 0"):
        HardestOnly(inner=PAIRED, anchors=torch.eye(4), k=0)
    with pytest.raises(InputError, match="margin must be finite, got nan"):
        BelowPositive(inner=PAIRED, anchors=torch.eye(4), margin=float("nan"))
