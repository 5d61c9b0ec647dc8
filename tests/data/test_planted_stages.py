import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data.planted_stages import planted_stages


def test_texts_pass_through_all_stages_in_their_order():
    made = planted_stages(texts=300, sentences=9, stages=3, words=5, seed=0)
    assert made.words.shape == (300, 9, 5)
    assert (np.diff(made.stage, axis=1) >= 0).all()
    assert (np.diff(made.stage, axis=1) <= 1).all()
    assert set(made.stage[:, 0]) == {0}
    assert set(made.stage[:, -1]) == {2}
    told = made.words < 90
    assert told.mean() == pytest.approx(0.25, abs=0.02)
    assert (made.words // 30)[told].tolist() == np.repeat(made.stage, 5).reshape(300, 9, 5)[told].tolist()
    assert made.words.max() < made.vocabulary == 190


def test_every_division_is_as_likely():
    made = planted_stages(texts=3000, sentences=4, stages=2, seed=1)
    firsts = np.bincount((made.stage == 0).sum(1), minlength=4)[1:]
    assert firsts / 3000 == pytest.approx([1 / 3] * 3, abs=0.03)


def test_bags_count_words_in_rows_of_length_one():
    made = planted_stages(texts=2, sentences=3, stages=3, words=4, seed=2)
    bags = made.bags
    assert bags.shape == (6, 190)
    assert np.linalg.norm(bags, axis=1) == pytest.approx(1)
    assert set(np.flatnonzero(bags[4])) == set(made.words[1, 1])


def test_order_is_kept_by_such_texts_turned_by_reversed_ones_and_left_open_by_words_of_no_stage():
    made = planted_stages(texts=50, seed=3)
    assert made.order_kept(made.words) == 1
    assert made.order_kept(made.words[:, ::-1]) == 0
    assert made.order_kept(np.full((2, 12, 6), made.vocabulary - 1)) == 0.5
    one = np.array([[[0, 199], [45, 44], [2, 150]]])  # stages 0 | 1, 1 | 0: two pairs in order, two not
    assert made.order_kept(one) == 0.5


def test_the_same_seed_makes_the_same_texts():
    one, again, other = (planted_stages(texts=5, seed=seed) for seed in (4, 4, 5))
    assert (one.words == again.words).all()
    assert (one.words != other.words).any()


@pytest.mark.parametrize("wrong", [{"texts": 0}, {"sentences": 3}, {"own": 1.5}])
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(InputError, match="must"):
        planted_stages(**{"texts": 2, "seed": 0, **wrong})
