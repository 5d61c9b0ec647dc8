import numpy as np
import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.base.sparse import sparse_tensor
from counterpoint.data.opening import table_from
from counterpoint.data.typed_edge_lists import read_typed_graph
from counterpoint.encoders.meta_paths import MetaPathEncoder

NODES = {
    "name": ["p1", "p2", "p3", "ann", "bob", "nips", "p1", None, "zed"],
    "kind": ["paper", "paper", "paper", "author", "author", "venue", "paper", "paper", "author"],
}
EDGES = {
    "from": ["p1", "ann", "p2", "p2", "p1", "p3", "p2", "p1", "p1", None, "p3", "p1", "p2"],
    "to": ["ann", "p2", "bob", "bob", "p2", "p3", "p1", "nips", "who", "bob", "bob", "nips", "nips"],
    "by": [*["wrote"] * 4, *["cites"] * 3, "in", "wrote", "wrote", None, "in", "in"],
}
ROLES = {"source": "from", "target": "to", "edge_type": "by", "node": "name", "node_type": "kind"}


def read(edges=EDGES, nodes=NODES, **roles):
    return read_typed_graph(table_from(edges), table_from(nodes), **{**ROLES, **roles})


def test_nodes_and_edges_are_sorted_by_type_and_what_is_left_out_is_counted():
    found = read()
    assert found.names == {"paper": ["p1", "p2", "p3"], "author": ["ann", "bob", "zed"], "venue": ["nips"]}
    assert found.ends == {"wrote": ("paper", "author"), "cites": ("paper", "paper"), "in": ("paper", "venue")}
    np.testing.assert_array_equal(found.edges["wrote"], [[0, 0], [1, 0], [1, 1]])
    np.testing.assert_array_equal(found.edges["cites"], [[0, 1]])
    assert found.notes == (
        "1 rows of nodes without a name or a type were left out",
        "1 rows of a node that was there were left out",
        "2 rows of edges without an end or a type were left out",
        "1 edges to a node that is not listed were left out",
        "1 edges of a node with itself were left out",
        "3 repeated edges were left out",
        "2 nodes have no edge",
    )


def test_a_path_leads_over_its_edges():
    found = read()
    wrote, end = found.incidence("wrote", "author")
    assert end == "paper"
    np.testing.assert_array_equal(wrote.toarray(), [[1, 1, 0], [0, 1, 0], [0, 0, 0]])
    np.testing.assert_array_equal(found.incidence("cites", "paper")[0].toarray(), [[0, 1, 0], [1, 0, 0], [0, 0, 0]])
    reached = found.reached("author", ("wrote", "in"))
    np.testing.assert_array_equal(reached.toarray(), [[1], [1], [0]])
    assert reached.dtype == np.float32


def test_one_type_of_node_by_its_paths_is_what_the_encoder_reads():
    graph = read().around("paper", np.eye(3), labels=np.array([0, 1, -1]))
    assert list(graph.links) == ["wrote", "cites", "in"]
    assert (len(graph), graph.parts) == (3, {})
    torch.manual_seed(0)
    encoder = MetaPathEncoder(3, graph.links, dim=4)
    assert encoder.fine(sparse_tensor(graph.features)).shape == (3, 4)
    authors = read().around("author", np.eye(3), paths={"APVPA": ("wrote", "in")})
    np.testing.assert_array_equal(authors.labels, [-1, -1, -1])
    np.testing.assert_array_equal(authors.links["APVPA"].toarray(), [[1], [1], [0]])


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"source": "who"}, "no column 'who'"),
        ({"edge_type": "to"}, "target and edge_type are two columns, and 'to' is given for both"),
        (
            {"nodes": {"name": ["7", "7"], "kind": ["paper", "author"]}},
            "node '7' is 'paper' in one row and 'author' in",
        ),
        (
            {"edges": {"from": ["p1", "p1"], "to": ["ann", "nips"], "by": ["has", "has"]}},
            "edges 'has' join 'paper' and 'author' in one row and 'paper' and 'venue' in another",
        ),
        ({"edges": {"from": ["p1"], "to": ["p1"], "by": ["is"]}}, "no edge that can be used: .*of a node with itself"),
    ],
)
def test_tables_that_do_not_fit(changed, told):
    with pytest.raises(InputError, match=told):
        read(**changed)


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda one: one.around("editor", np.eye(3)), "nodes have the types 'paper', 'author', 'venue', got 'editor'"),
        (
            lambda one: one.around("paper", np.eye(4)),
            "features must have one row for each of the 3 nodes 'paper', got 4",
        ),
        (lambda one: one.around("paper", np.eye(3), labels=np.zeros(2)), "labels must have one row for each of the 3"),
        (lambda one: one.reached("author", ("wrote", "wrote", "likes")), "edges have the types .*, got 'likes'"),
        (
            lambda one: one.reached("author", ("in",)),
            "edges 'in' join 'paper' and 'venue', and do not start at 'author'",
        ),
        (lambda one: one.reached("author", ()), "a path must name at least one type of edge"),
        (lambda one: one.around("paper", np.eye(3), paths={}), "no meta-path starts at nodes of the type 'paper'"),
    ],
)
def test_what_is_not_there_is_one_clear_error(ask, told):
    with pytest.raises(InputError, match=told):
        ask(read())
