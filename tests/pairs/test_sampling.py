"""Draws: their probabilities, against the definition and a public peer; that only the seed and the numbers count."""

import pytest
import torch
from pytorch_metric_learning.miners import DistanceWeightedMiner
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError
from counterpoint.base.splitmix import uniform_entries
from counterpoint.pairs import DistanceWeighted, Sampled
from counterpoint.pairwise import SameKey

LABELS = torch.tensor([0, 1, 2, 0, 1, 2, 0, 0, 1, 2, 2, 1])
Z = torch.randn(12, 6, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
Z[5] = Z[0] + 0.2 * Z[5]  # nearer than the cutoff
SAME = SameKey(LABELS, LABELS)
DRAWS = 1000


def whole(relation):
    return relation.tile(slice(None), slice(None))


def weights() -> torch.Tensor:
    """1 / q(d) of Section 4.1, entry by entry; a row sums to 1, or to 0 where no negative is near enough."""
    unit, found = normalize(Z), torch.zeros(12, 12, dtype=torch.float64)
    for i in range(12):
        for j in range(12):
            d = (unit[i] - unit[j]).norm().clamp_min(0.5)
            if LABELS[i] != LABELS[j] and d < 1.4:
                found[i, j] = 1 / (d ** (6 - 2) * (1 - d**2 / 4) ** ((6 - 3) / 2))
    return found / found.sum(1, keepdim=True).clamp_min(1e-300)


def close(counts: torch.Tensor, probabilities: torch.Tensor) -> bool:
    """Within five standard deviations of a binomial, entry by entry."""
    draws = counts.sum(1, keepdim=True)
    deviation = (draws * probabilities * (1 - probabilities)).sqrt()
    return bool(((counts - draws * probabilities).abs() <= 5 * deviation + 1e-9).all())


def test_distances_are_weighed_as_in_the_paper_and_by_the_peer():
    torch.manual_seed(0)
    ours, theirs = torch.zeros(12, 12, dtype=torch.float64), torch.zeros(12, 12, dtype=torch.float64)
    peer = DistanceWeightedMiner()
    for seed in range(DRAWS):
        ours += whole(DistanceWeighted(inner=SAME, anchors=Z, seed=seed)).negative
    for _ in range(DRAWS // 4):  # four triplets for an anchor
        anchor, _, negative = peer(Z, LABELS)
        theirs.index_put_((anchor, negative), torch.ones(len(anchor), dtype=torch.float64), accumulate=True)
    expected = weights()
    alone = expected.sum(1) == 0
    assert alone.sum() == 1, "an anchor without a near negative belongs to the test"
    assert torch.equal(ours.sum(1), DRAWS * (~alone).double())
    assert (theirs[alone] == 0).all()
    assert close(ours, expected)
    assert close(theirs, expected)


def test_distance_weighted_draws_are_different_rows_within_the_limit():
    unit = normalize(Z)
    far = torch.cdist(unit, unit) >= 1.3
    for k in (1, 3, 50):
        tile = whole(DistanceWeighted(inner=SAME, anchors=Z, seed=1, k=k, limit=1.3))
        allowed = (whole(SAME).negative & ~far).sum(1)
        assert torch.equal(tile.negative.sum(1), allowed.clamp_max(k))
        assert not (tile.negative & far).any()
        assert torch.equal(tile.positive | torch.eye(12).bool(), whole(SAME).positive)


def test_equal_probabilities():
    positive, negative = torch.zeros(12, 12), torch.zeros(12, 12)
    for seed in range(DRAWS):
        tile = whole(Sampled(inner=SAME, positives=1, negatives=2, seed=seed, among=True))
        positive += tile.positive
        negative += tile.negative
    assert (positive.diagonal() == 0).all()
    others = whole(SAME).positive & ~torch.eye(12).bool()
    assert close(positive, others / others.sum(1, keepdim=True))
    assert (negative.sum(1) == 2 * DRAWS).all()
    share = whole(SAME).negative / whole(SAME).negative.sum(1, keepdim=True)
    assert close(negative / 2, share)


def test_what_is_not_asked_for_stays():
    tile = whole(Sampled(inner=SAME, negatives=1, seed=0))
    assert torch.equal(tile.positive, whole(SAME).positive)
    assert (tile.negative.sum(1) == 1).all()
    assert (whole(Sampled(inner=SAME, positives=1, seed=0)).positive.sum(1) == 1).all()


def test_draws_depend_on_numbers_alone(monkeypatch):
    """Whatever the blocks: the same draw; another seed: another one."""

    def drawn(seed):
        sampled = Sampled(inner=SAME, positives=1, negatives=2, seed=seed, among=True)
        weighted = DistanceWeighted(inner=SAME, anchors=Z, seed=seed, k=2)
        return torch.stack([whole(one).negative for one in (sampled, weighted)])

    first, other = drawn(4), drawn(5)
    for module in ("pairwise.relation", "pairs.columns", "pairs.guided"):
        monkeypatch.setattr(f"counterpoint.{module}.BLOCK", 5)
    assert torch.equal(drawn(4), first)
    assert not torch.equal(first, other)


def test_entries_are_uniform_and_of_no_order():
    numbers = torch.arange(300)
    u = uniform_entries(7, numbers, numbers)
    assert ((u > 0) & (u < 1)).all()
    assert len(u.unique()) == u.numel()
    counts = torch.histc(u, 10, 0, 1)
    assert ((counts - 9000).abs() < 5 * 90).all()
    for a, b in ((u[1:], u[:-1]), (u[:, 1:], u[:, :-1]), (u, u.T), (u, uniform_entries(8, numbers, numbers))):
        off = ~torch.eye(300).bool() if a.shape == (300, 300) else torch.ones(a.shape).bool()
        assert torch.corrcoef(torch.stack([a[off], b[off]]))[0, 1].abs() < 0.02
    assert torch.equal(u[10:20, 5:], uniform_entries(7, numbers[10:20], numbers[5:]))


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda: Sampled(inner=SAME, seed=-1), "seed must be a number from 0"),
        (lambda: Sampled(inner=SAME, seed=0, positives=0), "positives must be at least 1, got 0"),
        (lambda: Sampled(inner=SAME, seed=0, negatives=-2), "negatives must be at least 1, got -2"),
        (lambda: DistanceWeighted(inner=SAME, anchors=Z, seed=-3), "seed must be a number from 0"),
        (lambda: DistanceWeighted(inner=SAME, anchors=Z, seed=0, cutoff=1.5), "0 < cutoff < limit <= 2"),
    ],
)
def test_bad_calls(call, why):
    with pytest.raises(InputError, match=why):
        call()
