import numpy as np
import pytest
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.pairs.walks import random_walks, window_pairs


def path_graph(n=5):
    """0 - 1 - ... - n-1, and a node without an edge."""
    dense = np.zeros((n + 1, n + 1))
    for k in range(n - 1):
        dense[k, k + 1] = dense[k + 1, k] = 1
    return sparse.csr_array(dense)


def test_walks_step_along_edges_and_a_lone_node_stays():
    graph = path_graph()
    walks = random_walks(graph, np.array([0, 2, 5]), 50, np.random.default_rng(0))
    assert walks[:, 0].tolist() == [0, 2, 5]
    assert (np.abs(np.diff(walks[:2], axis=1)) == 1).all()
    assert (walks[2] == 5).all()


def test_neighbours_are_drawn_evenly():
    steps = random_walks(path_graph(), np.full(10_000, 2), 2, np.random.default_rng(0))[:, 1]
    assert set(steps) == {1, 3}
    assert abs((steps == 1).mean() - 0.5) < 0.02


def test_pairs_are_those_within_the_window_both_ways():
    walks = np.array([[0, 1, 2, 3]])
    found = [(int(a), int(b)) for one, other in window_pairs(walks, 2) for a, b in zip(one, other, strict=True)]
    expected = [(a, b) for a in range(4) for b in range(4) if 0 < abs(a - b) <= 2]
    assert sorted(found) == sorted(expected)


def test_bad_settings_are_named():
    with pytest.raises(InputError, match="length must be at least 1, got 0"):
        random_walks(path_graph(), np.array([0]), 0, np.random.default_rng(0))
    with pytest.raises(InputError, match=r"window must lie in 1..3, got 4"):
        list(window_pairs(np.zeros((1, 4), dtype=np.int64), 4))
