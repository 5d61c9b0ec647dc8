import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data.graphs import graph_from
from counterpoint.data.neighbourhoods import Neighbourhoods
from counterpoint.data.planted_graphs import blocks


def graph():
    """120 nodes in three blocks, and one alone."""
    edges, _ = blocks([40, 40, 40], inside=0.2, between=0.01, rng=np.random.default_rng(0))
    return graph_from(edges, np.zeros((121, 1)))


def test_with_room_for_all_it_is_everything_within_so_many_hops():
    whole = graph()
    nodes, edges = Neighbourhoods(whole).around(np.array([7, 120, 3]), (200, 200), np.random.default_rng(0))
    assert nodes[:3].tolist() == [7, 120, 3], "the seeds come first, also one without an edge"
    near = whole.adjacency.toarray() > 0
    first = {7, 120, 3} | set(np.flatnonzero(near[[7, 3]].any(0)))
    second = first | set(np.flatnonzero(near[sorted(first)].any(0)))
    assert set(nodes) == second
    drawn = {tuple(sorted(pair)) for pair in nodes[edges].tolist()}
    assert drawn == {tuple(pair) for pair in whole.edges.tolist() if set(pair) & first}


def test_a_draw_is_of_real_edges_and_no_node_gives_more_than_asked():
    whole, rng = graph(), np.random.default_rng(1)
    seeds = rng.permutation(120)[:10]
    nodes, edges = Neighbourhoods(whole).around(seeds, (3,), rng)
    assert len(np.unique(nodes)) == len(nodes) <= 40
    real = {tuple(pair) for pair in whole.edges.tolist()}
    pairs = [tuple(sorted(pair)) for pair in nodes[edges].tolist()]
    assert set(pairs) <= real
    assert len(set(pairs)) == len(pairs)
    assert len(pairs) <= 30
    for seed in seeds:
        drawn = sum(seed in pair for pair in pairs)
        assert drawn >= min(3, whole.degrees[seed]), "another seed may have drawn it as well"


def test_each_neighbour_is_drawn_as_often():
    star = graph_from(np.array([[0, leaf] for leaf in range(1, 9)]), np.zeros((9, 1)))
    draw, rng, count = Neighbourhoods(star), np.random.default_rng(0), np.zeros(9)
    for _ in range(4000):
        nodes, _ = draw.around(np.array([0]), (2,), rng)
        count[nodes[1:]] += 1
    np.testing.assert_allclose(count[1:] / 4000, 0.25, atol=0.03)


def test_counts_are_checked():
    with pytest.raises(InputError, match=r"at least 1, got \[0\]"):
        Neighbourhoods(graph()).around(np.array([0]), (0,), np.random.default_rng(0))
