"""What needs no learning to say how little a node fits."""

import numpy as np

from counterpoint.experiments.node_affinity import unlike_neighbours


def test_equals_the_dense_mean_over_neighbours():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(9, 4))
    edges = np.array([(one, other) for one in range(8) for other in range(one + 1, 8) if rng.random() < 0.4])
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    joined = np.zeros((9, 9))
    joined[edges[:, 0], edges[:, 1]] = joined[edges[:, 1], edges[:, 0]] = 1
    wanted = 1 - (joined * (unit @ unit.T)).sum(1) / np.maximum(joined.sum(1), 1)
    np.testing.assert_allclose(unlike_neighbours(rows, edges), wanted, atol=1e-12)


def test_a_node_like_its_neighbours_has_none_and_one_without_an_edge_has_one():
    rows, edges = np.array([[1.0, 0], [2, 0], [0, 3], [1, 1]]), np.array([[0, 1], [1, 2]])
    np.testing.assert_allclose(unlike_neighbours(rows, edges), [0, 0.5, 1, 1])
