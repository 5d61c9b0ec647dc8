import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data import EpochSampler
from counterpoint.data.sampler import WINDOW_BLOCKS


def _epochs(sampler: EpochSampler, count: int) -> list[list[list[int]]]:
    return [[batch.tolist() for batch in sampler] for _ in range(count)]


@pytest.mark.parametrize("blocks", [None, np.array([0, 3, 10, 11, 25, 37, 38, 50])])
def test_every_row_once_an_epoch_and_another_order_in_the_next(blocks: np.ndarray | None) -> None:
    sampler = EpochSampler(50, batch_size=7, seed=3, blocks=blocks, drop_last=False)
    first, second = _epochs(sampler, 2)
    for epoch in (first, second):
        assert sorted(row for batch in epoch for row in batch) == list(range(50))
        assert [len(batch) for batch in epoch] == [7] * 7 + [1]
    assert first != second
    assert first == _epochs(EpochSampler(50, batch_size=7, seed=3, blocks=blocks, drop_last=False), 1)[0]
    assert first != _epochs(EpochSampler(50, batch_size=7, seed=4, blocks=blocks, drop_last=False), 1)[0]


def test_the_permutation_is_uniform() -> None:
    sampler = EpochSampler(4, batch_size=4, seed=0)
    orders = [tuple(next(iter(sampler)).tolist()) for _ in range(2400)]
    _, counts = np.unique(orders, axis=0, return_counts=True)
    assert len(counts) == 24
    # Chi-square with 23 degrees of freedom: 49.7 has probability 0.001.
    assert ((counts - 100) ** 2 / 100).sum() < 49.7


@pytest.mark.parametrize("stop", [0, 1, 4, 7, 9, 14])
@pytest.mark.parametrize("blocks", [None, np.arange(0, 51, 5)])
def test_resume_gives_exactly_the_remaining_batches(stop: int, blocks: np.ndarray | None) -> None:
    def make() -> EpochSampler:
        return EpochSampler(50, batch_size=7, seed=5, blocks=blocks)

    def stream(sampler: EpochSampler, count: int) -> list[list[int]]:
        found: list[list[int]] = []
        while len(found) < count:
            for batch in sampler:
                found.append(batch.tolist())
                if len(found) == count:
                    break
        return found

    whole = stream(make(), 21)
    stopped = make()
    stream(stopped, stop)
    resumed, sought = make(), make()
    resumed.load_state_dict(stopped.state_dict())
    sought.seek(stop)
    assert resumed.state_dict() == sought.state_dict() == {"epoch": stop // 7, "batch": stop % 7}
    assert stream(resumed, 21 - stop) == stream(sought, 21 - stop) == whole[stop:]


@pytest.mark.parametrize("world", [1, 2, 3])
@pytest.mark.parametrize("drop_last", [True, False])
def test_ranks_hold_contiguous_slices_of_the_global_batch(world: int, drop_last: bool) -> None:
    options = {"batch_size": 12, "seed": 1, "drop_last": drop_last}
    single = [batch.tolist() for batch in EpochSampler(43, **options)]
    ranks = [EpochSampler(43, rank=rank, world=world, **options) for rank in range(world)]
    assert len({len(rank) for rank in ranks}) == 1
    joined = [np.concatenate(parts).tolist() for parts in zip(*ranks, strict=True)]
    assert joined[:3] == single[:3]
    assert len(joined) == len(single)
    if not drop_last:
        assert len(joined[3]) == 7 // world * world
        assert joined[3] == single[3][: len(joined[3])]


def test_blocks_are_read_a_window_at_a_time_and_mixed_within() -> None:
    blocks = np.arange(0, 1001, 10)
    rows = np.concatenate(list(EpochSampler(1000, batch_size=10, seed=0, blocks=blocks)))
    window = 10 * WINDOW_BLOCKS
    owners = [set((rows[i : i + window] // 10).tolist()) for i in range(0, 1000, window)]
    assert all(len(found) == WINDOW_BLOCKS for found in owners)
    assert sum(len(found) for found in owners) == 100
    first = [len(set((rows[i : i + 10] // 10).tolist())) for i in range(0, 1000, 10)]
    assert np.mean(first) > 3
    assert sorted(owners[0]) != list(range(WINDOW_BLOCKS))


def test_without_shuffle_the_order_is_the_tables() -> None:
    sampler = EpochSampler(7, batch_size=3, seed=0, shuffle=False, drop_last=False)
    assert _epochs(sampler, 2) == [[[0, 1, 2], [3, 4, 5], [6]]] * 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 9}, "batch larger than the data"),
        ({"batch_size": 4, "seed": -1}, "seed must be"),
        ({"batch_size": 0}, "must be positive"),
        ({"batch_size": 4, "world": 3}, "cannot be shared equally"),
        ({"batch_size": 4, "world": 2, "rank": 2}, "rank must be"),
        ({"batch_size": 4, "blocks": np.array([0, 4, 9])}, "blocks must rise"),
        ({"batch_size": 4, "blocks": np.array([0, 5, 5, 8])}, "blocks must rise"),
    ],
)
def test_numbers_that_do_not_fit(options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        EpochSampler(8, **{"seed": 0, **options})


def test_a_position_of_other_data_is_refused() -> None:
    with pytest.raises(InputError, match="does not fit"):
        EpochSampler(8, batch_size=4, seed=0).load_state_dict({"epoch": 0, "batch": 2})
