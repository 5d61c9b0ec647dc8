import numpy as np
import pytest
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.data.graphs import graph_from, hold_out_edges

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
