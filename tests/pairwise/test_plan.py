"""Plans: dense when small, tiles of bounded size when large, and no empty tiles."""

import pytest

from counterpoint.base.errors import InputError
from counterpoint.pairwise import DENSE, Plan
from counterpoint.pairwise.plan import TILE_ENTRIES, choose


def test_small_is_dense():
    assert choose(1, 1) == DENSE
    assert choose(512, 512).dense


@pytest.mark.parametrize("shape", [(1025, 1024), (4096, 4096), (2, 10**7), (10**7, 2), (10**6, 10**6)], ids=str)
def test_large_is_tiled_within_bounds(shape):
    plan = choose(*shape)
    assert not plan.dense
    assert 1 <= plan.rows <= shape[0]
    assert 1 <= plan.cols <= shape[1]
    assert plan.rows * plan.cols <= TILE_ENTRIES


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (-1, 3), (3, -1)], ids=str)
def test_empty_tiles_are_refused(shape):
    with pytest.raises(InputError, match="a tile needs at least one row and one column"):
        Plan(*shape)
