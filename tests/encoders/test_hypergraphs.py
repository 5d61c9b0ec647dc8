import numpy as np
import pytest
import torch
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.encoders.bipartite import BipartiteGraph
from counterpoint.encoders.hypergraphs import HypergraphGCN, hypergraph, nearest_edges
from counterpoint.methods.graph_contrast import NoContrast
from counterpoint.methods.hypergraph_contrast import HypergraphContrast


def test_nodes_are_averaged_over_edges_and_edges_over_nodes():
    incidence = np.array([[1, 0], [1, 1], [0, 1], [0, 0]], dtype=float)
    d, b = np.diag([1, 2, 1, 1.0]), np.diag([2, 2.0])
    half = np.diag(np.diag(d) ** -0.5)
    expected = half @ incidence @ np.linalg.inv(b) @ incidence.T @ half
    np.testing.assert_allclose(hypergraph(sparse.csr_array(3 * incidence)).toarray(), expected)


def test_each_item_is_with_those_nearest_to_it():
    features = np.array([[1, 0], [0.9, 0.1], [0, 1], [0, 0]], dtype=float)
    edges = nearest_edges(features, 1).toarray()
    assert edges.T.tolist() == [[1, 1, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1]]
    with pytest.raises(InputError, match=r"k must lie in 1\.\.3, got 4"):
        nearest_edges(features, 4)


def test_both_orders_are_summed_and_contrasted():
    torch.manual_seed(0)
    graph = BipartiteGraph(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0]), (3, 2))
    contrast = HypergraphContrast(alike=sparse.csr_array(np.eye(2)))
    model = contrast.learner(graph, dim=4, layers=1)
    assert isinstance(model, HypergraphGCN)
    second = torch.zeros(5, 4)
    users = torch.from_numpy(hypergraph(sparse.csr_array([[1, 1], [0, 1], [1, 0]])).toarray()).float()
    second[:3], second[3:] = users @ model.second[:3], model.second[3:]
    torch.testing.assert_close(model.second_order(), second)
    expected = model() + torch.nn.functional.normalize(second, dim=1)
    torch.testing.assert_close(contrast.table(model), expected)
    table, ((first, other),) = contrast.epoch(model, np.random.default_rng(0))(torch.Generator(), torch.tensor([0, 4]))
    torch.testing.assert_close(table, first[[0, 4]])
    torch.testing.assert_close(other, second)
    loss = contrast.between(first, other)
    loss.backward()
    assert model.second.grad.abs().sum() > 0
    with pytest.raises(InputError, match="needs a HypergraphGCN, got LightGCN"):
        contrast.table(NoContrast().learner(graph, dim=4, layers=1))
