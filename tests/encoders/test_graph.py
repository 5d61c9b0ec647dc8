import numpy as np
import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.data.graph_matrices import graph_tensors, normalised
from counterpoint.data.graphs import graph_from
from counterpoint.encoders.graph import GraphEncoder, Layer

EDGES = np.array([[0, 1], [1, 2], [2, 3]])
GRAPH = graph_from(EDGES, np.arange(20.0).reshape(5, 4) / 20)  # node 4 has no edge


@pytest.mark.parametrize("layer", Layer)
def test_features_may_be_sparse_and_everything_learns(layer):
    torch.manual_seed(0)
    encoder = GraphEncoder((4, 8, 3), layer=layer, activate_last=True)
    x, edges = graph_tensors(GRAPH)
    rows = encoder(x, edges)
    assert rows.shape == (5, 3)
    torch.testing.assert_close(rows, encoder(x.to_dense(), edges))
    rows.square().sum().backward()
    assert all(one.grad is not None for one in encoder.parameters())


def test_convolutions_multiply_by_the_normalised_adjacency():
    torch.manual_seed(0)
    encoder = GraphEncoder((4, 3))
    x, edges = graph_tensors(GRAPH)
    spread = torch.from_numpy(normalised(GRAPH.adjacency).toarray()).float()
    torch.testing.assert_close(encoder(x, edges), spread @ x.to_dense() @ encoder.layers[0].lin.weight.T)


def test_without_layers_of_a_graph_edges_are_not_seen():
    encoder = GraphEncoder((4, 3), layer=Layer.NONE)
    x, edges = graph_tensors(GRAPH)
    assert torch.equal(encoder(x, edges), encoder(x, edges[:, :0]))


def test_weights_of_edges_count():
    torch.manual_seed(0)
    encoder = GraphEncoder((4, 3))
    x, edges = graph_tensors(GRAPH)
    ones = torch.ones(edges.shape[1])
    torch.testing.assert_close(encoder(x, edges, ones), encoder(x, edges))
    assert not torch.equal(encoder(x, edges, 2 * ones), encoder(x, edges))
    with pytest.raises(InputError, match="need layers of the kind gcn, got gin"):
        GraphEncoder((4, 3), layer=Layer.GIN)(x, edges, ones)


@pytest.mark.parametrize("widths", [(4,), (4, 0)])
def test_what_does_not_fit_is_one_clear_error(widths):
    with pytest.raises(InputError, match="widths must be two or more positive numbers"):
        GraphEncoder(widths)


@pytest.mark.parametrize("layer", [Layer.GCN, Layer.GAT, Layer.GIN])
@pytest.mark.parametrize(
    ("edges", "told"),
    [
        ([[0, 5], [1, 2]], r"edges must join nodes 0\.\.4, got 0 to 5"),
        ([[0, 1], [-1, 2]], r"edges must join nodes 0\.\.4, got -1 to 2"),
        ([[0, 1, 2]], r"edges must be int64 \[2, E\], got torch.int64 \[1, 3\]"),
        ([[0.0], [1.0]], r"edges must be int64 \[2, E\], got torch.float32"),
    ],
)
def test_edges_to_nowhere_are_one_clear_error(layer, edges, told):
    with pytest.raises(InputError, match=told):
        GraphEncoder((4, 3), layer=layer)(torch.zeros(5, 4), torch.tensor(edges))


def test_a_perceptron_does_not_look_at_edges_and_features_have_their_width():
    encoder = GraphEncoder((4, 3), layer=Layer.NONE)
    assert encoder(torch.zeros(5, 4), torch.tensor([[9], [9]])).shape == (5, 3)
    assert GraphEncoder((4, 3))(torch.zeros(5, 4), torch.zeros(2, 0, dtype=torch.int64)).shape == (5, 3)
    with pytest.raises(InputError, match=r"x must be \[N, F\] with F = 4, got \[5, 3\]"):
        encoder(torch.zeros(5, 3), torch.zeros(2, 0, dtype=torch.int64))
    with pytest.raises(InputError, match=r"weights must be \[E\] for E = 1 edges, got \[2\]"):
        GraphEncoder((4, 3))(torch.zeros(5, 4), torch.tensor([[0], [1]]), torch.ones(2))
