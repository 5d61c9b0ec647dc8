import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data.chance_interactions import split_anew, with_chance
from counterpoint.data.made_tastes import made_tastes


def pairs(part) -> set[tuple[int, int]]:
    return set(zip(part.users.tolist(), part.items.tolist(), strict=True))


MADE = made_tastes(users=30, items=50, taken=20, seed=0).split


def test_parts_have_other_sizes_and_the_same_interactions():
    again = split_anew(MADE, test=0.5, validation=0.3, seed=1)
    assert [len(part) for part in (again.train, again.validation, again.test)] == [30 * n for n in (7, 3, 10)]
    assert pairs(again.known) | pairs(again.test) == pairs(MADE.known) | pairs(MADE.test)


def test_chance_is_added_to_what_is_learnt_from_alone():
    noisy = with_chance(MADE, 0.15, seed=1)
    assert (noisy.validation, noisy.test) == (MADE.validation, MADE.test)
    added = pairs(noisy.train) - pairs(MADE.train)
    assert pairs(MADE.train) < pairs(noisy.train)
    assert len(added) == 63 == round(0.15 * len(MADE.train))
    assert not added & (pairs(MADE.validation) | pairs(MADE.test))
    assert (np.diff(noisy.train.users) >= 0).all()
    assert pairs(with_chance(MADE, 0.15, seed=2).train) != pairs(noisy.train)


def test_more_pairs_than_there_are_is_one_clear_error():
    with pytest.raises(InputError, match="share must lie between 0 and"):
        with_chance(MADE, 3.0, seed=0)
