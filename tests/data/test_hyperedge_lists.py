import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data.hyperedge_lists import read_hyperedges
from counterpoint.data.opening import table_from
from counterpoint.encoders.hypergraphs import hypergraph

TABLE = table_from(
    {"team": ["red", "red", "blue", None, "red", "blue", "lone"], "who": ["x", "y", "x", "x", "x", 3.0, "z"]}
)


def test_memberships_become_an_incidence_and_what_is_left_out_is_counted():
    found = read_hyperedges(TABLE, hyperedge="team", node="who")
    assert (found.names, found.edge_names) == (["x", "y", "3", "z"], ["red", "blue", "lone"])
    np.testing.assert_array_equal(found.incidence.toarray(), [[1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    assert found.notes == (
        "1 rows without an edge or a node were left out",
        "1 repeated memberships were left out",
        "1 edges have one node alone",
    )
    # D^-1/2 H B^-1 H^T D^-1/2 of x and y: red has two nodes, x two edges, y one
    assert hypergraph(found.incidence).toarray()[0, 1] == pytest.approx(0.5 / np.sqrt(2))


def test_known_nodes_keep_their_places():
    found = read_hyperedges(TABLE, hyperedge="team", node="who", known=["y", "q", "x"])
    assert (found.names, found.edge_names) == (["y", "q", "x"], ["red", "blue"])
    np.testing.assert_array_equal(found.incidence.toarray(), [[1, 0], [0, 0], [1, 1]])
    assert "2 rows with a node that is not known were left out" in found.notes
    assert "1 nodes have no edge" in found.notes


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"hyperedge": "club", "node": "who"}, "no column 'club'"),
        ({"hyperedge": "who", "node": "who"}, "hyperedge and node are two columns, and 'who' is given for both"),
        ({"hyperedge": "team", "node": "who", "known": ["q"]}, "no membership that can be used: 1 rows without"),
        ({"hyperedge": "team", "node": "who", "known": ["x", "x"]}, "known must name every node once, got 2 names"),
    ],
)
def test_what_does_not_fit_is_one_clear_error(arguments, told):
    with pytest.raises(InputError, match=told):
        read_hyperedges(TABLE, **arguments)
