import numpy as np
import pytest
from scipy import sparse, stats

from counterpoint.base.errors import InputError
from counterpoint.evaluation.topology import approximate_concentration, topological_concentration


def adjacency(seed=0, n=40, chance=0.15):
    upper = np.triu(np.random.default_rng(seed).random((n, n)) < chance, 1)
    return sparse.csr_array((upper | upper.T).astype(float))


def by_hand(a, hops, beta):
    powers = [np.linalg.matrix_power(a, k + 1) for k in range(hops)]
    found = np.zeros(len(a))
    for i in range(len(a)):
        ratios = []
        if a[i].sum() < 2:
            continue
        for j in np.flatnonzero(a[i]):
            pairs = [(k, m) for k in range(hops) for m in range(hops)]
            shared = sum(beta ** (k + m) * powers[k][i][powers[m][j] > 0].sum() for k, m in pairs)
            ratios.append(shared / (sum(beta ** (k + m) * powers[k][i].sum() for k, m in pairs) - 1))
        found[i] = np.mean(ratios) if ratios else 0.0
    return found


@pytest.mark.parametrize("hops", [1, 2])
def test_it_is_that_of_the_definition(hops):
    matrix = adjacency()
    expected = by_hand(matrix.toarray(), hops, 0.2)
    np.testing.assert_allclose(topological_concentration(matrix, hops=hops, discount=0.2), expected)


def test_triangles_raise_it_and_a_tree_has_none_at_one_hop():
    triangle = sparse.csr_array(np.ones((3, 3)) - np.eye(3))
    star = sparse.csr_array(np.array([[0, 1, 1], [1, 0, 0], [1, 0, 0]]))
    assert topological_concentration(triangle, hops=1).tolist() == [1.0] * 3
    assert topological_concentration(star, hops=1).tolist() == [0.0] * 3


def test_a_node_with_one_neighbour_has_none():
    path = sparse.csr_array(np.diag([1.0, 1.0], 1) + np.diag([1.0, 1.0], -1))
    for found in (topological_concentration(path), approximate_concentration(path, seed=0)):
        assert found[1] > 0
        assert found[[0, 2]].tolist() == [0.0, 0.0]


def test_the_approximation_ranks_nodes_alike_where_degrees_are_alike():
    ring = np.roll(np.eye(200), 1, 1)
    rng, near = np.random.default_rng(0), ring + ring.T
    jumps = rng.permutation(200)[:100].reshape(-1, 2)
    near[jumps[:, 0], (jumps[:, 0] + 2) % 200] = near[(jumps[:, 0] + 2) % 200, jumps[:, 0]] = 1
    near[jumps[:, 1], (jumps[:, 1] + 77) % 200] = near[(jumps[:, 1] + 77) % 200, jumps[:, 1]] = 1
    matrix = sparse.csr_array(near)
    exact, found = topological_concentration(matrix), approximate_concentration(matrix, dim=4096, seed=0)
    assert stats.spearmanr(exact, found).statistic > 0.7


@pytest.mark.parametrize("hops", [1, 3])
def test_the_approximation_is_near_the_overlap_of_walks(hops):
    """Inner products of normal vectors tend to those of the rows that they stand for."""
    a = adjacency(n=20, chance=0.3).toarray()
    around = a + np.eye(20)
    walk = around / around.sum(1, keepdims=True)
    reach = sum(np.linalg.matrix_power(walk, k) for k in range(1, hops + 1))
    unit = reach / np.linalg.norm(reach, axis=1, keepdims=True)
    expected = np.array([np.mean([unit[i] @ unit[j] for j in np.flatnonzero(a[i])]) for i in range(20)])
    found = approximate_concentration(sparse.csr_array(a), hops=hops, dim=100_000, seed=0)
    np.testing.assert_allclose(found, expected, atol=0.01)


@pytest.mark.parametrize(
    "measure", [topological_concentration, lambda a, **k: approximate_concentration(a, seed=0, **k)]
)
def test_what_does_not_fit_is_one_clear_error(measure):
    with pytest.raises(InputError, match="hops must be at least 1"):
        measure(adjacency(), hops=0)
    with pytest.raises(InputError, match="at least one edge"):
        measure(sparse.csr_array((3, 3)))
