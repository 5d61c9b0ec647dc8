import tracemalloc

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data.planted_graphs import blocks


@pytest.mark.parametrize("sizes", [[3, 4], [400, 300], [512], [512, 1], []])
def test_edges_are_those_of_one_draw_of_all_pairs(sizes):
    edges, block = blocks(sizes, inside=0.1, between=0.02, rng=np.random.default_rng(1))
    assert block.tolist() == [number for number, size in enumerate(sizes) for _ in range(size)]
    chance = np.where(block[:, None] == block, 0.1, 0.02)
    expected = np.argwhere(np.triu(np.random.default_rng(1).random(chance.shape) < chance, 1))
    np.testing.assert_array_equal(edges, expected)


def test_many_nodes_need_no_matrix_of_all_pairs():
    """One of 4,000 nodes has 128 MB."""
    tracemalloc.start()
    blocks([3000, 1000], inside=0.001, between=0.0, rng=np.random.default_rng(0))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64e6


def test_chances_are_chances():
    with pytest.raises(InputError, match=r"inside and between must lie in 0\.\.1, got 0\.5 and 2"):
        blocks([3], inside=0.5, between=2, rng=np.random.default_rng(0))
