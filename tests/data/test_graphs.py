import numpy as np
import pytest
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.data.graph_matrices import normalised, propagated
from counterpoint.data.graphs import graph_from, hold_out_edges, split_links
from counterpoint.data.planted_graphs import blocks, planted_anomalies

EDGES = np.array([[0, 1], [1, 0], [2, 2], [1, 2], [1, 2]])


def test_edges_are_cleaned_and_counted():
    graph = graph_from(EDGES, np.eye(4), labels=np.arange(4))
    assert graph.edges.tolist() == [[0, 1], [1, 2]]
    assert graph.notes == (
        "1 edges of a node with itself were left out",
        "2 repeated edges were left out",
        "1 nodes have no edge",
    )
    assert graph.degrees.tolist() == [1, 2, 1, 0]
    dense = graph.adjacency.toarray()
    assert (dense == dense.T).all()
    assert dense.sum() == 4


def test_some_edges_are_held_out():
    ring = graph_from(np.stack([np.arange(20), (np.arange(20) + 1) % 20], axis=1), sparse.eye(20))
    kept, held = hold_out_edges(ring, 0.2, seed=0)
    assert (len(kept.edges), len(held)) == (16, 4)
    assert {tuple(edge) for edge in kept.edges} | {tuple(edge) for edge in held} == {tuple(edge) for edge in ring.edges}
    with pytest.raises(InputError, match="share must lie between 0 and 1, got 0"):
        hold_out_edges(ring, 0, seed=0)


@pytest.mark.parametrize(
    ("edges", "labels", "told"),
    [
        (np.array([[0, 4]]), None, r"edges must join nodes 0..3, got 0 to 4"),
        (np.array([[0.0, 1.0]]), None, r"edges must be integers \[E, 2\]"),
        (EDGES, np.arange(3), "one label per node is needed: 3 labels for 4 nodes"),
    ],
)
def test_what_does_not_fit_is_one_clear_error(edges, labels, told):
    with pytest.raises(InputError, match=told):
        graph_from(edges, np.eye(4), labels=labels)


def test_edges_are_held_out_twice():
    ring = graph_from(np.stack([np.arange(20), (np.arange(20) + 1) % 20], axis=1), sparse.eye(20))
    split = split_links(ring, validation=0.1, test=0.2, seed=0)
    assert (len(split.train.edges), len(split.validation), len(split.test)) == (14, 2, 4)
    assert {tuple(edge) for edge in split.all_edges} == {tuple(edge) for edge in ring.edges}
    assert len(split.all_edges) == 20
    with pytest.raises(InputError, match=r"must leave edges to learn from, got 0\.5 and 0\.5"):
        split_links(ring, validation=0.5, test=0.5, seed=0)


def test_a_corner_has_the_first_nodes_and_the_edges_between_them():
    graph = graph_from(np.array([[0, 1], [1, 2], [2, 3]]), np.eye(4), labels=np.arange(4))
    corner = graph.corner(3)
    assert corner.edges.tolist() == [[0, 1], [1, 2]]
    assert corner.labels.tolist() == [0, 1, 2]


def test_propagated_features_are_powers_of_the_normalised_adjacency():
    graph = graph_from(np.array([[0, 1], [1, 2]]), np.eye(4))
    one = normalised(graph.adjacency).toarray()
    loops = graph.adjacency.toarray() + np.eye(4)
    np.testing.assert_allclose(one, loops / np.sqrt(np.outer(loops.sum(1), loops.sum(1))))
    np.testing.assert_allclose(propagated(graph, 2).toarray(), one @ one)
    assert normalised(graph.adjacency, loops=False).toarray()[3].tolist() == [0.0] * 4  # it has no edge
    with pytest.raises(InputError, match="hops must not be negative"):
        propagated(graph, -1)


def test_planted_anomalies_are_what_is_said():
    made = planted_anomalies(blocks_of=[50, 70], share=0.05, seed=0)
    assert made.odd.sum() == 12
    first, second = made.views
    assert first.labels.tolist() == [0] * 50 + [1] * 70
    assert not np.array_equal(first.edges, second.edges)
    same = first.labels[first.edges[:, 0]] == first.labels[first.edges[:, 1]]
    assert same.mean() > 0.7
    with pytest.raises(InputError, match=r"inside and between must lie in 0\.\.1"):
        blocks([3, 3], inside=2, between=0, rng=np.random.default_rng(0))
