import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.objectives import NContrast
from counterpoint.pairs import influence, influenced
from counterpoint.pairwise.explicit import Explicit


def graph() -> torch.Tensor:
    """Twelve nodes, normalised without loops but for those of nodes 0 and 1; nodes 10 and 11 have no edge."""
    drawn = torch.rand(12, 12, generator=torch.Generator().manual_seed(3), dtype=torch.float64) < 0.25
    edges = (drawn | drawn.T).double()
    edges[10:] = edges[:, 10:] = 0
    edges.fill_diagonal_(0)
    edges[0, 0] = edges[1, 1] = 1
    scale = edges.sum(1).clamp_min(1).rsqrt()
    return scale[:, None] * edges * scale


def written(weights: torch.Tensor) -> Explicit:
    """The same relation as a matrix."""
    own = torch.eye(len(weights), dtype=torch.bool)
    positive = (weights > 0) & ~own
    return Explicit(positive, ~positive & ~own, torch.where(positive, weights, 1.0))


@pytest.mark.parametrize("cumulative", [False, True])
@pytest.mark.parametrize("hops", [1, 2, 3])
def test_influence_is_powers_and_their_sum(hops, cumulative):
    a = graph()
    powers = [torch.linalg.matrix_power(a, r + 1) for r in range(hops)]
    expected = sum(powers) if cumulative else powers[-1]
    for given in (a, a.to_sparse()):
        torch.testing.assert_close(influence(given, hops=hops, cumulative=cumulative).to_dense(), expected)
    nodes = torch.tensor([7, 0, 10, 3, 3])
    rows = influence(a, hops=hops, cumulative=cumulative, nodes=nodes)
    torch.testing.assert_close(rows.to_dense(), expected[nodes])


@pytest.mark.parametrize("cumulative", [False, True])
def test_the_relation_is_that_of_the_matrix_for_all_nodes_and_for_some(cumulative):
    weights = influence(graph(), hops=2, cumulative=cumulative)
    dense, nodes = written(weights.to_dense()), torch.tensor([7, 0, 10, 1, 3, 3])
    z = torch.randn(12, 4, generator=torch.Generator().manual_seed(4), dtype=torch.float64).requires_grad_()
    block = Explicit(*(one[nodes] for one in (dense.positive, dense.negative, dense.weights)))
    some = influenced(influence(graph(), hops=2, cumulative=cumulative, nodes=nodes), nodes)
    objective = NContrast(temperature=0.5)
    for relation, expected, anchors in ((influenced(weights), dense, z), (some, block, z[nodes])):
        for found, wanted in zip(relation.counts(), expected.counts(), strict=True):
            assert torch.equal(found, wanted)
        with pytest.warns(UserWarning, match="have no positive"):
            loss, by_hand = objective(anchors, z, relation=relation), objective(anchors, z, relation=expected)
        torch.testing.assert_close(loss, by_hand)
        gradients = [torch.autograd.grad(one, z, retain_graph=True)[0] for one in (loss, by_hand)]
        torch.testing.assert_close(*gradients)


def test_nothing_is_kept_but_pairs_that_reach_each_other():
    n = 20_000
    here, there = torch.arange(n), torch.arange(n).roll(-1)
    edges = torch.stack([torch.cat([here, there]), torch.cat([there, here])])
    ring = torch.sparse_coo_tensor(edges, torch.full((2 * n,), 0.5), (n, n), check_invariants=True)
    weights = influence(ring, hops=2)
    assert weights.values().numel() == 5 * n  # two neighbours, two beyond them, and the node itself
    assert len(influenced(weights).first.edges.codes) == 4 * n
    nodes = torch.arange(0, n, 400)
    relation = influenced(influence(ring, hops=2, nodes=nodes), nodes)
    z = torch.ones(n, 2)
    # All nodes are alike: of n - 1 others two weigh 1/2 and two 1/4.
    found = NContrast()(z[nodes], z, relation=relation)
    torch.testing.assert_close(found, torch.tensor((n - 1) / 1.5).log(), atol=1e-4, rtol=0)


def test_bad_graphs_and_nodes():
    a = graph()
    with pytest.raises(InputError, match=r"adjacency must be a square matrix, got shape \[12, 7\]"):
        influence(a[:, :7], hops=1)
    with pytest.raises(InputError, match="hops must be a whole number, at least 1, got 0"):
        influence(a, hops=0)
    with pytest.raises(InputError, match=r"nodes must lie in 0\.\.11, got 3 to 12"):
        influence(a, hops=1, nodes=torch.tensor([3, 12]))
    with pytest.raises(InputError, match="nodes must be a vector of integers"):
        influenced(a, torch.ones(12))
    with pytest.raises(InputError, match=r"weights must have a row for each of 12 nodes, got shape \[2, 12\]"):
        influenced(a[:2])
    with pytest.raises(InputError, match=r"weights must be a matrix \[M, N\], got shape \[12\]"):
        influenced(a[0])
