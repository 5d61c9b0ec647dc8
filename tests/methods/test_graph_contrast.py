import numpy as np
import pytest
import torch
from torch.nn.functional import logsigmoid, normalize

from counterpoint.base.errors import InputError
from counterpoint.encoders.bipartite import BipartiteGraph
from counterpoint.encoders.light_gcn import LightGCN
from counterpoint.methods.graph_contrast import (
    CrossLayer,
    EdgeDrop,
    GlobalView,
    NoContrast,
    Noise,
    nodes_of,
    recommendation_loss,
)
from counterpoint.methods.item_ranking import SampledSoftmax

CONTRASTS = [NoContrast(), EdgeDrop(share=0.3), Noise(), CrossLayer(layer=2), GlobalView(rank=2)]
TRIPLES = tuple(torch.tensor(part) for part in ([0, 0, 1, 2], [0, 1, 1, 3], [2, 3, 0, 1]))


def model():
    torch.manual_seed(0)
    graph = BipartiteGraph(np.array([0, 0, 1, 2, 2]), np.array([0, 1, 1, 0, 3]), (3, 4))
    return LightGCN(graph, dim=6, layers=2).double()


def encoded(contrast, learner, seed=0):
    encode = contrast.epoch(learner, np.random.default_rng(seed))
    return encode(torch.Generator().manual_seed(seed), nodes_of(TRIPLES, 3))


def test_without_contrast_it_is_bpr_with_regularisation():
    learner = model()
    learner.graph.adjacency = learner.graph.adjacency.double()
    loss = recommendation_loss(NoContrast(), learner, encoded(NoContrast(), learner), TRIPLES, decay=0.5)
    users, items = learner.split(learner())
    u, taken, drawn = TRIPLES
    margins = (users[u] * (items[taken] - items[drawn])).sum(1)
    rows = torch.cat([learner.table[u], learner.table[3 + taken], learner.table[3 + drawn]])
    torch.testing.assert_close(loss, -logsigmoid(margins).mean() + 0.5 * rows.square().sum() / 8)


def test_the_contrast_is_between_the_distinct_users_and_items_of_the_batch():
    learner = model()
    learner.graph.adjacency = learner.graph.adjacency.double()
    contrast = CrossLayer(weight=0.7, temperature=0.5, noise=0.0, layer=1)
    found = encoded(contrast, learner)
    _, ((first, second),) = found
    expected = torch.zeros(())
    for rows in ([0, 1, 2], [3, 4, 6]):
        scores = normalize(first[rows], dim=1) @ normalize(second[rows], dim=1).T / 0.5
        expected = expected + torch.nn.functional.cross_entropy(scores, torch.arange(3))
    with_it = recommendation_loss(contrast, learner, found, TRIPLES, decay=0.0)
    table = contrast.table(learner)
    u, taken, drawn = TRIPLES
    ranking = -logsigmoid((table[u] * (table[3 + taken] - table[3 + drawn])).sum(1)).mean()
    torch.testing.assert_close(with_it, ranking + 0.7 * expected)


@pytest.mark.parametrize("contrast", CONTRASTS, ids=lambda one: type(one).__name__)
def test_every_contrast_teaches_every_row_that_took_part(contrast):
    learner = model().float()
    recommendation_loss(contrast, learner, encoded(contrast, learner), TRIPLES, decay=1e-4).backward()
    assert torch.isfinite(learner.table.grad).all()
    assert (learner.table.grad[[0, 1, 2, 3, 4, 6]].abs().sum(1) > 0).all()
    assert contrast.table(learner).shape == (7, 6)


def test_a_contrast_repeats_itself_and_differs_with_the_seed():
    learner = model().float()
    first, same, other = (
        recommendation_loss(Noise(), learner, encoded(Noise(), learner, seed), TRIPLES, decay=0.0) for seed in (0, 0, 1)
    )
    assert first == same != other


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Noise(weight=-1.0), "weight must be"),
        (lambda: Noise(temperature=0.0), "temperature must be a positive number"),
        (lambda: EdgeDrop(share=1.0), "share must lie between 0 and 1"),
        (lambda: CrossLayer(layer=3).epoch(model(), np.random.default_rng(0)), "layer must lie in 1..2, got 3"),
    ],
)
def test_bad_settings_are_named(make, told):
    with pytest.raises(InputError, match=told):
        make()


def test_a_sampled_softmax_is_over_the_distinct_items_of_the_batch():
    learner = model()
    learner.graph.adjacency = learner.graph.adjacency.double()
    found = encoded(NoContrast(), learner)
    loss = recommendation_loss(
        NoContrast(), learner, found, TRIPLES, decay=0.0, ranking=SampledSoftmax(temperature=0.3)
    )
    users, items = (normalize(rows, dim=1) for rows in learner.split(learner()))
    scores = users[[0, 0, 1, 2]] @ items[[0, 1, 3]].T / 0.3
    torch.testing.assert_close(loss, torch.nn.functional.cross_entropy(scores, torch.tensor([0, 1, 1, 2])))
    with pytest.raises(InputError, match="temperature must be a positive number, got 0"):
        SampledSoftmax(temperature=0)
