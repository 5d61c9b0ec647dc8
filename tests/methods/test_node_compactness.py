import numpy as np
import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.encoders.graph import GraphEncoder, Layer
from counterpoint.methods.node_compactness import (
    CompactnessPenalty,
    EdgeBounds,
    certified_nodes,
    compactness,
    compactness_loss,
)

N = 12
RNG = np.random.default_rng(0)
EDGES = np.argwhere(np.triu(RNG.random((N, N)) < 0.4, 1))


def encoder():
    torch.manual_seed(0)
    made = GraphEncoder((5, 8, 4), activate_last=True)
    for layer in made.layers:
        torch.nn.init.normal_(layer.bias, std=0.3)
    return made


def both_ways(edges):
    return torch.from_numpy(np.concatenate([edges, edges[:, ::-1]]).T.copy())


def test_the_bound_is_below_the_product_for_every_graph_that_is_allowed():
    model, x, other = encoder(), torch.randn(N, 5, generator=torch.Generator().manual_seed(1)), torch.randn(N, 4)
    bounds = EdgeBounds.of(EDGES, N, share=0.3)
    budget = np.ceil(0.3 * np.bincount(EDGES.ravel(), minlength=N))
    unit = unit_rows(other)
    wanted = unit - (unit.sum(0) - unit) / (N - 1)
    closest = np.inf
    for draw in range(50):
        left, spent = [], np.zeros(N)
        for edge in EDGES[np.random.default_rng(draw).permutation(len(EDGES))]:
            if (spent[edge] + 1 <= budget[edge]).all() and draw:
                spent[edge] += 1
            else:
                left.append(edge)
        edges = both_ways(np.array(left))
        true = (model(x, edges) * wanted).sum(1)
        slack = (true - compactness(model, x, edges, other, bounds)).detach()
        assert slack.min() > -1e-4
        closest = min(closest, float(slack.min()))
    assert closest < 1  # no bound that says nothing


def test_without_lost_edges_the_bound_is_the_product():
    model, x, other = encoder(), torch.randn(N, 5), torch.randn(N, 4)
    everything = EdgeBounds.of(EDGES, N, share=0.0)
    exact = EdgeBounds(low=everything.high, high=everything.high)
    unit = unit_rows(other)
    true = (model(x, both_ways(EDGES)) * (unit - (unit.sum(0) - unit) / (N - 1))).sum(1)
    torch.testing.assert_close(compactness(model, x, both_ways(EDGES), other, exact), true, atol=1e-4, rtol=1e-4)


def test_the_loss_falls_as_the_bound_rises():
    assert compactness_loss(torch.zeros(3)) == pytest.approx(np.log(2))
    assert compactness_loss(torch.full((3,), 5.0)) < 0.01


def two_views(model):
    """Features, edges and rows of the whole graph and of one without its first two edges."""
    x = torch.randn(N, 5, generator=torch.Generator().manual_seed(1))
    views = [(x, both_ways(EDGES)), (1.5 * x, both_ways(EDGES[2:]))]
    return [(*view, model(*view)) for view in views]


def test_the_penalty_is_the_mean_of_both_views_and_trains_the_encoder():
    model, bounds = encoder(), tuple(EdgeBounds.of(EDGES, N, share=share) for share in (0.2, 0.5))
    first, second = two_views(model)
    one = compactness_loss(compactness(model, *first[:2], second[2], bounds[0]))
    other = compactness_loss(compactness(model, *second[:2], first[2], bounds[1]))
    found = CompactnessPenalty(bounds=bounds, kappa=0.2)(model, first, second)
    torch.testing.assert_close(found, 0.25 * (one + other) / 2)
    found.backward()
    assert all(one.grad is not None and one.grad.abs().max() > 0 for one in model.parameters())
    assert CompactnessPenalty(bounds=bounds, kappa=0.0)(model, first, second) == 0


def test_certified_is_what_has_a_positive_bound_in_every_pair_of_views():
    model, bounds = encoder(), EdgeBounds.of(EDGES, N, share=0.0)
    (x, edges, rows), (y, less, others) = two_views(model)
    forward = compactness(model, x, edges, others, bounds) > 0
    backward = compactness(model, y, less, rows, bounds) > 0
    assert 0 < forward.sum() < N
    assert not torch.equal(forward, backward)
    pairs = [((x, edges), (y, less)), ((y, less), (x, edges))]
    assert torch.equal(certified_nodes(model, iter(pairs), bounds), forward & backward)
    assert torch.equal(certified_nodes(model, pairs[:1], bounds), forward)


def test_what_does_not_fit_is_one_clear_error():
    with pytest.raises(InputError, match="two activated layers of the kind gcn"):
        compactness(GraphEncoder((5, 4), layer=Layer.GCN), torch.ones(N, 5), both_ways(EDGES), torch.ones(N, 4), None)
    with pytest.raises(InputError, match=r"share must lie in 0\.\.1"):
        EdgeBounds.of(EDGES, N, share=2)
    with pytest.raises(InputError, match="kappa must be at least 0 and below 1, got 1"):
        CompactnessPenalty(bounds=(bounds := EdgeBounds.of(EDGES, N, share=0.1), bounds), kappa=1.0)
    with pytest.raises(InputError, match="views must be one pair or more"):
        certified_nodes(encoder(), [], EdgeBounds.of(EDGES, N, share=0.1))
