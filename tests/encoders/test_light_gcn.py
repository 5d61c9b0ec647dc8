import numpy as np
import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.encoders.bipartite import BipartiteGraph
from counterpoint.encoders.light_gcn import LightGCN, mean_layer, mean_of_powers, spread

USERS, ITEMS = np.array([0, 0, 1, 2, 2]), np.array([0, 1, 1, 0, 2])


def graph():
    return BipartiteGraph(USERS, ITEMS, (4, 3))  # user 3 took nothing


def test_the_graph_is_normalised_on_both_sides():
    dense = torch.zeros(7, 7)
    for user, item in zip(USERS, ITEMS, strict=True):
        dense[user, 4 + item] = dense[4 + item, user] = 1
    scale = dense.sum(1).clamp_min(1) ** -0.5
    torch.testing.assert_close(graph().adjacency.to_dense(), scale[:, None] * dense * scale)
    assert graph().degrees.tolist() == dense.sum(1).tolist()


def test_the_product_and_its_gradient_are_those_of_the_dense_matrix():
    adjacency = graph().adjacency
    rows = torch.randn(7, 3, generator=torch.Generator().manual_seed(0))
    mine, theirs = (rows.clone().requires_grad_() for _ in range(2))
    weights = torch.arange(21.0).reshape(7, 3)
    (spread(adjacency, mine) * weights).sum().backward()
    (adjacency.to_dense() @ theirs * weights).sum().backward()
    torch.testing.assert_close(mine.grad, theirs.grad)


@pytest.mark.parametrize("nodes", [None, [5, 0, 3], [2], [1, 1, 6], range(7)])
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_mean_of_powers_and_its_gradient_are_those_of_the_dense_matrix(layers, nodes):
    """Also of some rows alone, of one twice, and in columns that are taken a few at a time."""
    adjacency = graph().adjacency.double()
    dense, nodes = adjacency.to_dense(), None if nodes is None else torch.tensor(list(nodes))
    rows = torch.randn(7, 37, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    mine, theirs = (rows.clone().requires_grad_() for _ in range(2))
    found = mean_of_powers(adjacency, mine, layers, nodes=nodes)
    powers = [torch.linalg.matrix_power(dense, k) for k in range(layers + 1)]
    expected = sum(power @ theirs for power in powers) / (layers + 1)
    expected = expected if nodes is None else expected[nodes]
    torch.testing.assert_close(found, expected)
    weights = torch.randn(found.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    (found * weights).sum().backward()
    (expected * weights).sum().backward()
    torch.testing.assert_close(mine.grad, theirs.grad)


def test_embeddings_are_the_mean_of_powers_of_the_graph():
    torch.manual_seed(0)
    model = LightGCN(graph(), dim=5, layers=2)
    dense = model.graph.adjacency.to_dense()
    expected = (model.table + dense @ model.table + dense @ dense @ model.table) / 3
    torch.testing.assert_close(model(), expected)
    torch.testing.assert_close(model(torch.tensor([6, 1])), expected[[6, 1]])
    users, items = model.split(model())
    assert (users.shape, items.shape) == ((4, 5), (3, 5))


def test_noise_has_its_length_and_stays_in_the_orthant():
    torch.manual_seed(0)
    model = LightGCN(graph(), dim=8, layers=1)
    plain = model.spread()[1]
    noisy = model.spread(noise=0.1, generator=torch.Generator().manual_seed(1))[1]
    taken = graph().degrees > 0
    torch.testing.assert_close((noisy - plain).norm(dim=1)[taken], torch.full((6,), 0.1))
    assert ((noisy - plain) * plain >= 0).all()
    assert (noisy == plain)[~taken].all()  # nothing has no orthant


def test_an_approximation_of_nearly_full_rank_is_the_graph():
    left, right = graph().low_rank(2, seed=0)
    block = graph().adjacency.to_dense()[:4, 4:].double()
    u, s, vt = np.linalg.svd(block.numpy(), full_matrices=False)
    best = torch.from_numpy((u[:, :2] * s[:2]) @ vt[:2]).float()
    torch.testing.assert_close((left @ right.T)[:4, 4:], best, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close((left @ right.T)[4:, :4], best.T, atol=1e-5, rtol=1e-5)


def test_dropped_interactions_are_a_share_and_never_all():
    rng = np.random.default_rng(0)
    many = BipartiteGraph(np.arange(1000), np.arange(1000) % 7, (1000, 7))
    assert 850 < len(many.dropped(0.1, rng).users) < 950
    assert len(graph().dropped(0.999, rng).users) >= 1


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: BipartiteGraph(USERS, ITEMS[:2], (4, 3)), "one item per user"),
        (lambda: BipartiteGraph(USERS, ITEMS, (2, 3)), "users must lie in 0..1"),
        (lambda: LightGCN(graph(), dim=0), "at least 1"),
        (lambda: graph().low_rank(3, seed=0), "rank must lie in 1..2, got 3"),
    ],
)
def test_what_does_not_fit_is_one_clear_error(make, told):
    with pytest.raises(InputError, match=told):
        make()


def test_the_mean_of_layers():
    layers = [torch.full((2, 2), float(k)) for k in range(3)]
    assert mean_layer(layers).tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_interactions_among_some_are_told_by_their_places():
    graph = BipartiteGraph(np.array([0, 0, 1, 2]), np.array([3, 1, 1, 0]), (3, 4))
    found = graph.among(torch.tensor([2, 0]), torch.tensor([1, 3, 2, 0]))
    assert {tuple(pair) for pair in found.tolist()} == {(0, 3), (1, 0), (1, 1)}
    assert graph.among(torch.tensor([1]), torch.tensor([0, 2])).shape == (0, 2)
