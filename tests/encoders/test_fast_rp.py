import numpy as np
import pytest
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.encoders.fast_rp import fast_rp


def two_cliques(size=30):
    """Two cliques with one edge between them, and a node without any."""
    dense = np.zeros((2 * size + 1, 2 * size + 1))
    for start in (0, size):
        dense[start : start + size, start : start + size] = 1
    dense[0, size] = dense[size, 0] = 1
    np.fill_diagonal(dense, 0)
    return sparse.csr_array(dense)


def dense_formula(adjacency, weights, beta, sparsity, dim, seed):
    """Eqs. 4 to 7, with dense matrices."""
    a = adjacency.toarray()
    degrees = a.sum(1)
    rng = np.random.default_rng(seed)
    shares = [0.5 / sparsity, 1 - 1 / sparsity, 0.5 / sparsity]
    r = np.sqrt(sparsity) * rng.choice([-1.0, 0.0, 1.0], size=(len(a), dim), p=shares)
    there = degrees > 0
    step = np.where(there, 1 / np.where(there, degrees, 1), 0)[:, None] * a
    scale = np.where(there, np.where(there, degrees / degrees.sum(), 1) ** beta, 0)
    total, power = 0.0, scale[:, None] * r
    for weight in weights:
        power = step @ power
        length = np.linalg.norm(power, axis=1, keepdims=True)
        total = total + weight * power / np.where(length > 0, length, 1)
    return total


@pytest.mark.parametrize("beta", [0.0, -0.5])
def test_it_is_the_formula(beta):
    graph = two_cliques()
    found = fast_rp(graph, dim=16, weights=(0.5, 1.0, 2.0), degree_power=beta, sparsity=2.0, seed=3)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, dense_formula(graph, (0.5, 1.0, 2.0), beta, 2.0, 16, 3), atol=1e-5)


def test_communities_are_apart_and_a_lone_node_is_nowhere():
    found = fast_rp(two_cliques(), dim=64, seed=0)
    assert not found[-1].any()
    rows = found[:-1] / np.linalg.norm(found[:-1], axis=1, keepdims=True)
    cosines = rows @ rows.T
    assert cosines[:30, :30].mean() > 0.9
    assert abs(cosines[1:30, 31:].mean()) < 0.4


@pytest.mark.parametrize(
    ("arguments", "told"),
    [({"dim": 0}, "at least 1"), ({"sparsity": 0.5}, "at least 1"), ({"weights": ()}, "weights not empty")],
)
def test_bad_settings_are_named(arguments, told):
    with pytest.raises(InputError, match=told):
        fast_rp(two_cliques(), seed=0, **arguments)
    with pytest.raises(InputError, match="square"):
        fast_rp(sparse.csr_array(np.ones((2, 3))), seed=0)
