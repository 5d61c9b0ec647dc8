import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data.planted_sessions import Shop, planted_sessions


def test_sessions_and_attributes_are_as_asked_for():
    made = planted_sessions(sessions=40, items=60, lengths=(4, 6), seed=0)
    sizes = np.diff(made.split.known.starts) + 1
    assert len(made.split.test) == 40
    assert (sizes.min(), sizes.max()) == (4, 6)
    assert all(len(one) == len(set(one.tolist())) == 6 for one in made.attributes)
    assert (made.classes[:, 0] == made.classes[:, 1] // 4).all()
    assert len({tuple(one[3:]) for one in made.attributes}) > 40, "few items have the same tags"


def test_a_subcategory_has_two_usual_followers():
    made = planted_sessions(sessions=400, items=200, shop=Shop(brand=0.0, tag=0.0, follow=8.0), seed=1)
    known, kind = made.split.known, made.classes[:, 1]
    same = known.users[1:] == known.users[:-1]
    follows = np.stack([kind[known.items[:-1]], kind[known.items[1:]]], axis=1)[same]
    found = np.zeros((24, 24))
    np.add.at(found, tuple(follows.T), 1)
    assert np.sort(found, axis=1)[:, -2:].sum() > 0.9 * found.sum()


def test_a_session_keeps_to_a_brand():
    made = planted_sessions(sessions=100, items=200, shop=Shop(follow=0.0, tag=0.0, brand=20.0), seed=2)
    brand, known = np.array([one[2] for one in made.attributes]), made.split.known
    assert all(len(set(brand[known.items[known.users == session]])) == 1 for session in range(100))


def test_everything_repeats_itself():
    first, again, other = (planted_sessions(sessions=20, items=30, seed=seed) for seed in (3, 3, 4))
    assert (first.split.train.items == again.split.train.items).all()
    assert not np.array_equal(first.classes, other.classes)


def test_what_cannot_be_made_is_one_clear_error():
    with pytest.raises(InputError, match=r"lengths must lie in 3\.\.9"):
        planted_sessions(sessions=5, items=10, lengths=(2, 5), seed=0)
