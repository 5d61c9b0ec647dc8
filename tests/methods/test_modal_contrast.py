import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError
from counterpoint.encoders.bipartite import BipartiteGraph
from counterpoint.encoders.modal_gcn import ModalGCN
from counterpoint.methods.graph_contrast import NoContrast, nodes_of, recommendation_loss
from counterpoint.methods.modal_contrast import ModalContrast
from counterpoint.objectives import CrossCorrelation, InfoNCE

GRAPH = BipartiteGraph(np.array([0, 0, 1, 2, 2]), np.array([0, 1, 1, 0, 3]), (3, 4))
FEATURES = [np.random.default_rng(seed).standard_normal((4, width)) for seed, width in enumerate((5, 7))]


def learner(**settings):
    torch.manual_seed(0)
    contrast = ModalContrast(features=FEATURES, **settings)
    return contrast, contrast.learner(GRAPH, dim=6, layers=2)


def by_hand(model):
    """Identities and modal parts without graphs of one kind, from the dense matrices."""
    taken = torch.zeros(3, 4)
    taken[GRAPH.users, GRAPH.items] = 1
    scaled = [torch.from_numpy((x - x.mean(0)) / (x - x.mean(0)).std()).float() for x in FEATURES]
    users = [taken @ x / taken.sum(1, keepdim=True) for x in scaled]
    parts = []
    for place, (side, identity) in enumerate(zip((users, scaled), (model.table[:3], model.table[3:]), strict=True)):
        told = [model.maps[2 * place + g](x) for g, x in enumerate(side)]
        row = normalize(torch.cat([identity, *told], 1), dim=1)
        first, second = row[:, 6:12], row[:, 12:]
        if place:
            first, second = model.level(first), model.level(second)
        parts.append(torch.cat([row[:, :6], model.bend(first), model.bend(second)], 1))
    start = torch.cat(parts)
    dense = GRAPH.adjacency.to_dense()
    return (start + dense @ start + dense @ dense @ start) / 3


def test_parts_are_those_of_the_dense_matrices():
    _, model = learner()
    identity, told = model.parts()
    torch.testing.assert_close(torch.cat([identity, told], 1), by_hand(model))
    joined = torch.cat([model.bend(told[:, :6]) + identity, model.bend(told[:, 6:]) + identity], 1)
    torch.testing.assert_close(model(), joined)


def test_graphs_of_one_kind_come_first_and_gradients_pass_them():
    _, plain = learner()
    _, model = learner(relations=(1, 0.5))
    assert [one.shape for one in model._relatives] == [(3, 3), (4, 4)]
    model.load_state_dict(plain.state_dict())
    assert not torch.allclose(model(), plain())
    model().square().sum().backward()
    dense = [one.to_dense() for one in model._relatives]
    assert all(torch.allclose(one.sum(1), torch.ones(len(one))) for one in dense)
    grad = model.table.grad.clone()
    model._relatives, model.table.grad = dense, None
    model().square().sum().backward()
    torch.testing.assert_close(model.table.grad, grad)


def test_a_filter_adds_a_shared_part():
    _, model = learner(rank=2)
    identity, told = model.parts()
    shared = model.shared(identity, told)
    torch.testing.assert_close(shared[:3], model.filters[0](identity[:3], told[:3]))
    torch.testing.assert_close(model()[:, 12:], model.bend(shared) + identity)
    torch.testing.assert_close(model(torch.tensor([6, 1])), model()[[6, 1]])
    with pytest.raises(InputError, match="rank must be at least 1 for a shared part"):
        learner()[1].shared(identity, told)


def test_the_loss_is_contrast_and_penalty_of_the_modal_parts():
    triples = tuple(torch.tensor(part) for part in ([0, 1, 2], [0, 1, 3], [2, 3, 1]))

    def loss(**settings):
        contrast, model = learner(**settings)
        encoded = contrast.epoch(model, np.random.default_rng(0))(torch.Generator(), nodes_of(triples, 3))
        return recommendation_loss(contrast, model, encoded, triples, decay=0.0), encoded[1]

    plain, _ = loss(weight=0.0)
    found, ((first, second),) = loss(weight=0.3, temperature=0.5, apart=2.0)
    expected = plain
    for rows in ([0, 1, 2], [3, 4, 6]):
        pair = first[rows], second[rows]
        expected = expected + 0.3 * (InfoNCE(temperature=0.5)(*pair) + 2 * CrossCorrelation()(*pair))
    torch.testing.assert_close(found, expected)
    found.backward()


def test_everything_learns():
    contrast, model = learner(relations=(1, 0.5), rank=2, apart=1.0)
    triples = tuple(torch.tensor(part) for part in ([0, 1, 2], [0, 1, 3], [2, 3, 1]))
    encoded = contrast.epoch(model, np.random.default_rng(0))(torch.Generator(), nodes_of(triples, 3))
    recommendation_loss(contrast, model, encoded, triples, decay=1e-4).backward()
    assert all(one.grad is not None and one.grad.abs().sum() > 0 for one in model.parameters())


def test_what_does_not_fit_is_named():
    with pytest.raises(InputError, match="a row for each of 4 items, got 3, 4"):
        ModalGCN(GRAPH, [np.zeros((3, 2)), np.zeros((4, 2))], dim=2, layers=1)
    with pytest.raises(InputError, match="apart must"):
        ModalContrast(features=FEATURES, apart=-1.0)
    contrast, _ = learner()
    with pytest.raises(InputError, match="needs a ModalGCN, got LightGCN"):
        contrast.epoch(NoContrast().learner(GRAPH, dim=2, layers=1), np.random.default_rng(0))
