import tracemalloc

import numpy as np
import pytest
import torch
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.base.sparse import sparse_tensor
from counterpoint.views.coding_tree import coding_tree, structural_entropy
from counterpoint.views.communal import community_strengths, edge_chances, feature_chances, louvain
from counterpoint.views.far_neighbours import without_far_neighbours
from counterpoint.views.graph import GraphView, drop_edges, drop_features

ONE_WAY = torch.stack([torch.arange(500), torch.arange(500) + 1])
EDGES = torch.cat([ONE_WAY, ONE_WAY.flip(0)], dim=1)
# Two triangles, joined by one edge.
BARBELL = np.array([[0, 1], [0, 2], [1, 2], [3, 4], [3, 5], [4, 5], [2, 3]])
BLOCK = np.array([0, 0, 0, 1, 1, 1])


def generator():
    return torch.Generator().manual_seed(0)


def test_both_directions_of_an_edge_go_together():
    left = drop_edges(EDGES, 0.3, generator())
    half = left.shape[1] // 2
    assert torch.equal(left[:, :half].flip(0), left[:, half:])
    assert 320 < half < 380
    certain = torch.arange(500) % 2
    assert drop_edges(EDGES, certain.float(), generator())[0, :250].tolist() == list(range(0, 500, 2))


def test_dropped_features_are_the_same_for_all_nodes():
    x = torch.ones(4, 200)
    sparse_x = sparse_tensor(sparse.csr_array(x.numpy()))
    left = drop_features(x, 0.4, generator())
    assert set(left.sum(0).tolist()) == {0.0, 4.0}
    assert 90 < left[0].sum() < 150
    assert torch.equal(drop_features(sparse_x, 0.4, generator()).to_dense(), left)


def test_a_view_draws_anew_and_repeats_itself():
    x = torch.ones(4, 200)
    view, same = GraphView(), generator()
    first, second = view(x, EDGES, same), view(x, EDGES, same)
    assert not torch.equal(first[0], second[0])
    assert torch.equal(view(x, EDGES, generator())[1], first[1])
    with pytest.raises(InputError, match=r"edges must lie in 0\.\.1, below 1, got 1"):
        GraphView(edges=1.0)


def test_strengths_sum_to_the_modularity_and_spare_dense_communities():
    assert louvain(BARBELL, 7, seed=0)[[0, 3]].tolist() != [0, 0]
    found = louvain(BARBELL, 7, seed=0)
    assert len(set(found)) == 3  # two triangles, and the node without an edge
    strengths = community_strengths(BARBELL, BLOCK)
    np.testing.assert_allclose(strengths, [3 / 7 - 1 / 4] * 2)
    chances = edge_chances(BARBELL, BLOCK, share=0.3)
    assert chances[-1] == 1.0  # the edge between the communities
    assert (chances[:-1] == chances[0]).all()
    assert chances[0] < 0.3
    with pytest.raises(InputError, match="at least one edge"):
        community_strengths(BARBELL[:0], BLOCK)


def test_features_of_strong_communities_are_kept():
    x = np.zeros((6, 3))
    x[:3, 0] = x[3:, 1] = x[0, 2] = 1
    chances = feature_chances(sparse.csr_array(x), np.array([0.3] * 3 + [0.1] * 3), share=0.2)
    assert chances[0] == 0
    assert chances[0] < chances[1] <= 0.7
    np.testing.assert_allclose(chances.mean(), 0.2, atol=0.05)


def test_entropy_is_that_of_its_definition_and_a_tree_makes_it_small():
    degrees, volume = np.array([2, 2, 3, 3, 2, 2]), 7
    expected = -2 * (1 / 14) * np.log2(volume / 14) - sum(d / 14 * np.log2(d / volume) for d in degrees)
    np.testing.assert_allclose(structural_entropy(BARBELL, BLOCK), expected)
    cliques = np.argwhere(np.triu(np.kron(np.eye(2), np.ones((6, 6))), 1))
    tree = coding_tree(cliques, 13)
    assert tree.tolist() == [0] * 6 + [1] * 6 + [2]
    assert structural_entropy(cliques, tree) < structural_entropy(cliques, np.arange(13))
    alone = structural_entropy(BARBELL, np.arange(6))
    np.testing.assert_allclose(alone, -sum(d / 14 * np.log2(d / 14) for d in degrees))
    with pytest.raises(InputError, match="at least one edge"):
        structural_entropy(BARBELL[:0], BLOCK)


def merged_by_definition(edges, n):
    """Every merge of two joined communities is tried, and the entropy of its result written out anew."""
    found = np.arange(n)
    while True:
        before, tried = structural_entropy(edges, found), []
        for one, other in sorted({tuple(sorted(pair)) for pair in found[edges].tolist()}):
            if one != other:
                joined = np.where(found == other, one, found)
                tried.append((round(structural_entropy(edges, joined) - before, 10), one, other))
        if not tried or min(tried)[0] >= 0:
            return np.unique(found, return_inverse=True)[1]
        _, one, other = min(tried)
        found[found == other] = one


def test_a_tree_is_the_best_merge_of_all_again_and_again():
    """With loops, edges that are there twice, and nodes without one."""
    rng = np.random.default_rng(0)
    for _ in range(30):
        edges = rng.integers(12, size=(20, 2))
        assert coding_tree(edges, 14).tolist() == merged_by_definition(edges, 14).tolist()
    assert coding_tree(edges[:0], 3).tolist() == [0, 1, 2]


def peak_bytes(edges, n):
    tracemalloc.start()
    tree = coding_tree(edges, n)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak, tree


def test_a_tree_takes_memory_of_its_edges():
    """All pairs of the first graph would take 8 MB, all merges ever weighed in the second 850 bytes an edge."""
    clique = np.argwhere(np.triu(np.ones((4, 4)), 1))
    cliques = (clique + np.arange(0, 1000, 4)[:, None, None]).reshape(-1, 2)
    peak, tree = peak_bytes(cliques, 1000)
    assert tree.tolist() == np.repeat(np.arange(250), 4).tolist()
    assert peak < 1000 * len(cliques)
    many = np.argwhere(np.triu(np.random.default_rng(0).random((400, 400)) < 0.05, 1))
    assert peak_bytes(many, 400)[0] < 500 * len(many)


@pytest.mark.parametrize("edges", [[[0, 9]], [[-1, 2]]])
def test_an_edge_of_no_node_is_one_clear_error(edges):
    with pytest.raises(InputError, match=r"edges must join nodes 0\.\.3, got"):
        coding_tree(np.array(edges), 4)
    with pytest.raises(InputError, match=r"edges must join nodes 0\.\.3, got"):
        structural_entropy(np.array(edges), np.zeros(4, dtype=np.int64))
    with pytest.raises(InputError, match=r"edges must be integers \[E, 2\], got float64 \[1, 2\]"):
        coding_tree(np.array(edges, dtype=np.float64), 4)


def test_long_edges_go_when_both_ends_agree():
    path = torch.tensor([[0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 0]])
    ring, x = torch.cat([path, path.flip(0)], dim=1), torch.tensor([0.0, 1, 2, 30, 31, 32])[:, None]
    long = {(2, 3), (3, 2), (5, 0), (0, 5)}
    shorter = {(0, 1), (1, 2), (3, 4), (4, 5)}
    gone = {number: 0 for number in long}
    for seed in range(200):
        left = without_far_neighbours(ring, x, torch.Generator().manual_seed(seed))
        found = {(int(a), int(b)) for a, b in left.T}
        assert found == {(b, a) for a, b in found}
        assert shorter <= found
        for edge in long - found:
            gone[edge] += 1
    # the mean is (4 + 28 + 32) / 6; either end, always the same distance from it, cuts unless it draws the very top
    assert min(gone.values()) > 190
    even = without_far_neighbours(ring, torch.arange(6.0)[:, None] * 0, generator())
    assert torch.equal(even, ring)


def test_an_edge_stays_where_one_end_has_a_farther_neighbour_still():
    path = torch.tensor([[0, 1, 2], [1, 2, 3]])
    edges, x = torch.cat([path, path.flip(0)], dim=1), torch.tensor([0.0, 1.0, 11.0, 111.0])[:, None]
    # the mean distance is 37: only 2-3 is longer, and 1-2 must stay whatever is drawn
    for seed in range(20):
        left = without_far_neighbours(edges, x, torch.Generator().manual_seed(seed))
        assert {(1, 2), (2, 1), (0, 1), (1, 0)} <= {(int(a), int(b)) for a, b in left.T}
    assert without_far_neighbours(edges[:, :0], x, generator()).shape == (2, 0)


def test_the_limit_of_the_end_with_the_farther_neighbour_decides():
    x = torch.cat([torch.tensor([0.0, 60.0]), torch.arange(160.0, 169)])[:, None]
    path = torch.stack([torch.arange(10), torch.arange(1, 11)])
    edges = torch.cat([path, path.flip(0)], dim=1)
    left = [without_far_neighbours(edges, x, torch.Generator().manual_seed(seed)) for seed in range(400)]
    # m is 16.8. Node 0 always cuts its edge of 60; node 1, uniform on m .. 100, spares it with chance 40 / 83.2.
    assert np.mean([bool((one[0] == 0).any()) for one in left]) == pytest.approx(40 / 83.2, abs=0.07)
