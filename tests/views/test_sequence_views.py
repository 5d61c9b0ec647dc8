import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.base.marks import HIDDEN
from counterpoint.views.sequences import CropItems, MaskItems, OneOf, ReorderItems

ITEMS = np.arange(10, 20)
SHARE = 0.5


@pytest.mark.parametrize("seed", range(20))
def test_each_view_changes_what_it_says_and_nothing_else(seed):
    rng = np.random.default_rng(seed)
    cropped = CropItems(share=SHARE)(ITEMS, rng)
    assert len(cropped) == 5
    assert (np.diff(cropped) == 1).all()
    masked = MaskItems(share=SHARE)(ITEMS, rng)
    assert (masked == HIDDEN).sum() == 5
    assert (masked[masked != HIDDEN] == ITEMS[masked != HIDDEN]).all()
    moved = ReorderItems(share=SHARE)(ITEMS, rng)
    assert sorted(moved) == ITEMS.tolist()
    places = np.flatnonzero(moved != ITEMS)
    assert len(places) == 0 or places.max() - places.min() < 5
    assert ITEMS.tolist() == list(range(10, 20))


def test_one_item_stays_and_two_are_never_emptied():
    rng = np.random.default_rng(0)
    for view in (CropItems(share=0.1), MaskItems(share=1), ReorderItems(), OneOf()):
        assert view(np.array([4]), rng).tolist() == [4]
        assert len(view(np.array([4, 5]), rng)) >= 1


def test_views_are_a_function_of_the_generator():
    drawn = [[OneOf()(ITEMS, rng).tolist() for _ in range(9)] for rng in map(np.random.default_rng, (1, 1, 2))]
    assert drawn[0] == drawn[1] != drawn[2]
    assert {len(one) for one in drawn[0]} == {6, 10}


def test_a_share_is_above_0_and_at_most_1():
    with pytest.raises(InputError, match="share must be above 0 and at most 1, got 0"):
        CropItems(share=0)
