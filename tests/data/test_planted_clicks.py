import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data.planted_clicks import planted_clicks


def test_most_users_have_few_clicks_and_all_the_same_test():
    made = planted_clicks(users=2000, items=100, seed=0)
    known = np.diff(made.split.known.starts)
    assert (known.min(), known.max()) == (1, 40)
    # The chance of n is as 1 / n: that of three at most is 1.83 / 4.28.
    assert abs((known <= 3).mean() - 0.43) < 0.04
    assert (np.diff(made.split.test.starts) == 10).all()
    pairs = np.concatenate(
        [part.users * 100 + part.items for part in (made.split.train, made.split.test, made.validation)]
    )
    assert len(np.unique(pairs)) == len(pairs)


def test_users_of_a_group_click_the_same_items():
    made = planted_clicks(users=1500, items=120, groups=3, fit=6.0, most=10, tested=5, seed=1)
    test = made.split.test
    counts = np.zeros((3, 120))
    np.add.at(counts, (made.group[test.users], test.items), 1)
    assert counts.max(axis=0).sum() > 0.95 * counts.sum()


def test_what_is_learnt_from_and_what_is_tested_are_drawn_alike():
    made = planted_clicks(users=3000, items=100, groups=1, most=10, tested=10, seed=2)
    shares = [np.bincount(one.items, minlength=100) / len(one) for one in (made.split.train, made.split.test)]
    # The first drawn are the likeliest: without shuffling them the test would be of rarer items.
    assert abs(shares[0].max() - shares[1].max()) < 0.01


@pytest.mark.parametrize(
    ("change", "told"), [({"groups": 0}, "at least 1, got 5, 0, 40 and 10"), ({"items": 60}, "more than the 60 clicks")]
)
def test_what_cannot_be_made_is_one_clear_error(change, told):
    with pytest.raises(InputError, match=told):
        planted_clicks(**({"users": 5, "items": 80, "seed": 0} | change))
