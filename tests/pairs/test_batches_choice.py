"""What each batching is for: near rows together, bands of neighbours, easy rows first, rare rows more often."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.pairs.batches import (
    Curriculum,
    HardCommunities,
    InversePropensity,
    KnownRows,
    Neighbourhood,
    Shuffled,
    StreamBatches,
)

N = 120


def points() -> np.ndarray:
    return np.random.default_rng(0).random(N)


def neighbours(places: np.ndarray) -> np.ndarray:
    """Of every row, all others from near to far."""
    return np.argsort(np.abs(places - places[:, None]), axis=1, kind="stable")[:, 1:]


def spread(places: np.ndarray, batches: np.ndarray) -> float:
    """Mean distance of two rows of a batch."""
    held = places[batches]
    return float(np.abs(held[:, :, None] - held[:, None, :]).mean())


def test_communities_put_near_rows_together():
    places = points()
    rows = KnownRows(n=N, nearest=neighbours(places)[:, :20])
    hard = HardCommunities(skip=2, links=10, community=6).plan(rows, batch_size=12, seed=0).epoch(0)
    usual = Shuffled().plan(rows, batch_size=12, seed=0).epoch(0)
    assert spread(places, hard) < 0.7 * spread(places, usual)


def test_bands_of_neighbours_are_kept_apart():
    nearest = neighbours(points())
    bands = Neighbourhood(positive_from=2, positive_to=5, hard_from=20, hard_to=24, hard=2, easy=1)
    groups = bands.groups(bands.plan(KnownRows(n=N, nearest=nearest), batch_size=20, seed=1).epoch(3)).reshape(-1, 5)
    for anchor, positive, first, second, easy in groups.tolist():
        near = nearest[anchor].tolist()
        assert 2 <= near.index(positive) < 5
        assert first != second
        assert all(20 <= near.index(one) < 24 for one in (first, second))
        assert easy != anchor
        assert near.index(easy) >= 24


def test_a_curriculum_begins_with_easy_rows_and_ends_with_all():
    difficulty = points()
    plan = Curriculum(start=0.2, begin=0.0, end=2.0).plan(
        KnownRows(n=N, columns={"difficulty": difficulty}), batch_size=12, seed=0
    )
    hardest = [difficulty[plan.epoch(e)].max() for e in (0, 2)]
    assert difficulty[plan.epoch(0)[0]].max() <= np.quantile(difficulty, 0.21)
    assert hardest[0] < hardest[1]
    assert sorted(plan.epoch(2).ravel()) == sorted(range(N))
    with pytest.raises(InputError, match="end"):
        Curriculum(begin=3.0, end=2.0)


def test_rows_that_come_by_less_are_used_more():
    propensity = np.where(np.arange(N) < N // 2, 0.1, 0.4)
    rows = KnownRows(n=N, columns={"propensity": propensity})
    plan = InversePropensity().plan(rows, batch_size=10, seed=0)
    used = sum(np.bincount(plan.epoch(e).ravel(), minlength=N) for e in range(40))
    assert used[: N // 2].sum() / used[N // 2 :].sum() == pytest.approx(4.0, rel=0.05)


def opened(start: int) -> Iterator[int]:
    return iter(range(start, N))


def known(items: Sequence[int]) -> KnownRows:
    return KnownRows(n=len(items))


def test_a_stream_goes_on_where_it_stopped_and_ranks_share_its_batches():
    def stream(rank: int = 0, world: int = 1) -> StreamBatches[int]:
        return StreamBatches(opened, known, Shuffled(), batch_size=8, buffer=32, seed=3, rank=rank, world=world)

    whole = list(stream())
    assert sorted(item for batch in whole for item in batch) == list(range(N))
    first = stream()
    begun = iter(first)
    before = [next(begun) for _ in range(6)]
    again = stream()
    again.load_state_dict(first.state_dict())
    assert before + list(again) == whole
    shares = zip(stream(0, 2), stream(1, 2), strict=True)
    assert [one + other for one, other in shares] == whole
