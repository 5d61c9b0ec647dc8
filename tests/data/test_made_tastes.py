import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data.made_tastes import made_tastes


def test_parts_are_of_the_sizes_asked_for():
    made = made_tastes(users=30, items=50, taken=20, seed=0)
    split = made.split
    assert [len(part) for part in (split.train, split.validation, split.test)] == [30 * n for n in (14, 2, 4)]
    assert split.train.shape == (30, 50)
    pairs = np.concatenate([part.users * 50 + part.items for part in (split.train, split.validation, split.test)])
    assert len(np.unique(pairs)) == 600
    assert [one.shape for one in made.features] == [(50, 32), (50, 32)]


def test_a_modality_shows_the_shared_factors_and_its_own_only():
    made = made_tastes(users=5, items=400, taken=10, noise=0.1, seed=1)

    def explained(features, factors):
        inputs = np.c_[features, np.ones(len(features))]
        guess = inputs @ np.linalg.lstsq(inputs, factors, rcond=None)[0]
        return 1 - ((factors - guess) ** 2).sum() / ((factors - factors.mean(0)) ** 2).sum()

    for place in (0, 1):
        assert explained(made.features[place], made.shared) > 0.9
        assert explained(made.features[place], made.unique[place]) > 0.9
        assert explained(made.features[place], made.unique[1 - place]) < 0.3


def test_users_take_what_fits_them_and_everything_repeats_itself():
    made = made_tastes(users=200, items=100, taken=10, seed=2)
    whole = made.split.known
    factors = np.concatenate([made.shared, *made.unique], axis=1)
    means = np.stack([factors[whole.items[whole.users == user]].mean(0) for user in range(200)])
    # With tastes, means of what one user took differ more than means of as many drawn items would.
    assert means.var(0).mean() > 2 * factors.var(0).mean() / 8
    again = made_tastes(users=200, items=100, taken=10, seed=2)
    assert (again.split.train.items == made.split.train.items).all()
    assert not np.array_equal(made_tastes(users=200, items=100, taken=10, seed=3).features[0], made.features[0])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"taken": 9}, r"taken must lie in 10\.\.19"),
        ({"taken": 20}, r"taken must lie in 10\.\.19"),
        ({"factors": 0}, "at least 1, got 5, 0 and 32"),
    ],
)
def test_what_cannot_be_made_is_one_clear_error(change, told):
    with pytest.raises(InputError, match=told):
        made_tastes(**({"users": 5, "items": 20, "taken": 10, "seed": 0} | change))
