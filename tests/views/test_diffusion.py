"""Personalised PageRank against its closed form, and the view that is drawn by it."""

import numpy as np
import pytest
import torch
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.views import diffusion
from counterpoint.views.diffusion import DiffusedView, Diffusion, personalised_pagerank


def adjacency(n=60, seed=0, *, weighted=False):
    """A random graph whose last node has no edge."""
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.random((n, n)) < 0.1, 1) * (rng.random((n, n)) if weighted else 1.0)
    upper[:, -1] = 0
    return sparse.csr_array(upper + upper.T)


def closed_form(matrix, restart):
    """By definition, dense, float64."""
    dense = matrix.toarray()
    degrees = dense.sum(1)
    scale = np.where(degrees > 0, 1 / np.sqrt(np.where(degrees > 0, degrees, 1)), 0)
    return restart * np.linalg.inv(np.eye(len(dense)) - (1 - restart) * scale[:, None] * dense * scale)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("restart", [0.15, 0.6])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("block", [512, 7])
def test_rank_is_the_closed_form(monkeypatch, restart, weighted, block):
    monkeypatch.setattr(diffusion, "BLOCK", block)
    matrix = adjacency(weighted=weighted)
    found = personalised_pagerank(matrix, restart=restart, keep=60, tolerance=1e-13)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found.toarray(), closed_form(matrix, restart), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("tolerance", [1e-2, 1e-4])
def test_pushing_falls_short_by_no_more_than_it_says(tolerance):
    matrix = adjacency()
    degrees = np.maximum(matrix.sum(1), 0)
    short = closed_form(matrix, 0.15) - personalised_pagerank(matrix, keep=60, tolerance=tolerance).toarray()
    assert short.min() > -1e-12
    assert (short <= tolerance * np.sqrt(np.outer(degrees, degrees)) + 1e-12).all()
    assert short.max() > tolerance / 100, "so coarse a tolerance is seen"


def test_the_largest_of_a_row_stay():
    matrix = adjacency()
    whole = closed_form(matrix, 0.15)
    found = personalised_pagerank(matrix, keep=5, tolerance=1e-13)
    assert np.diff(found.indptr).tolist() == [5] * 59 + [1]
    for row, dense in zip(found.toarray(), whole, strict=True):
        np.testing.assert_allclose(np.sort(row)[-5:], np.sort(dense)[-5:], atol=1e-9)


def test_a_large_graph_stays_sparse():
    """A ring of 20,000 nodes: all pairs would take 3 GB."""
    n = 20_000
    ring = sparse.csr_array((np.ones(n), (np.arange(n), (np.arange(n) + 1) % n)), (n, n))
    found = personalised_pagerank(sparse.csr_array(ring + ring.T), keep=8, restart=0.5, tolerance=1e-2)
    assert found.shape == (n, n)
    assert found.nnz <= 8 * n


@pytest.mark.parametrize(("restart", "sure"), [(0.15, False), (0.9, True)])
def test_a_view_draws_pairs_by_their_weight_and_as_many_as_there_are_edges(restart, sure):
    matrix = adjacency()
    edges = matrix.nnz // 2
    view = Diffusion(restart=restart, keep=10, features=0.0).view(matrix)
    assert len(view.chances) > edges
    assert bool((view.chances == 1).any()) == sure
    assert float(view.chances.sum()) == pytest.approx(edges, rel=1e-5)
    rank = personalised_pagerank(matrix, restart=restart, keep=11).toarray()
    listed = {(min(a, b), max(a, b)) for a, b in np.argwhere(rank) if a != b}
    assert {(int(a), int(b)) for a, b in view.pairs.T} == listed, "by either end"
    weight = np.maximum(rank, rank.T)[tuple(view.pairs.numpy())]
    below = view.chances.numpy() < 1
    ratio = view.chances.numpy()[below] / weight[below]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-5)
    assert (weight[~below] >= 1 / ratio[0] * (1 - 1e-5)).all()
    assert (view.pairs[0] < view.pairs[1]).all()
    drawn = torch.zeros(60, 60)
    for seed in range(300):
        x, both = view(torch.ones(60, 3), torch.zeros(2, 0, dtype=torch.int64), generator(seed))
        half = both.shape[1] // 2
        assert torch.equal(both[:, :half].flip(0), both[:, half:])
        assert bool((x == 1).all())
        drawn[tuple(both[:, :half])] += 1 / 300
    np.testing.assert_allclose(drawn[tuple(view.pairs)], view.chances, atol=0.13)


def test_a_view_repeats_itself_and_joins_what_no_edge_joins():
    path = sparse.csr_array(np.eye(9, k=1) + np.eye(9, k=-1))
    view = Diffusion(keep=3, features=0.5).view(path)
    joined = {(int(a), int(b)) for a, b in view.pairs.T}
    assert {(a, a + 1) for a in range(8)} < joined
    x, none = torch.ones(9, 40), torch.zeros(2, 0, dtype=torch.int64)
    one, other = view(x, none, generator()), view(x, none, generator())
    assert torch.equal(one[1], other[1])
    assert set(one[0].sum(0).tolist()) == {0.0, 9.0}
    assert not torch.equal(one[1], view(x, none, generator(1))[1])


def test_where_few_pairs_are_kept_all_are_edges():
    full = sparse.csr_array(np.ones((12, 12)) - np.eye(12))
    view = Diffusion(keep=2).view(full)
    assert view.chances.tolist() == [1.0] * len(view.chances)
    empty = Diffusion().view(sparse.csr_array((4, 4)))
    assert empty.pairs.shape == (2, 0)
    assert personalised_pagerank(sparse.csr_array((0, 0))).shape == (0, 0)


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ({"restart": 1.0}, "restart must lie between 0 and 1, got 1.0"),
        ({"keep": 0}, "keep must be at least 1, got 0"),
        ({"tolerance": 0.0}, "tolerance must be positive and below 1, got 0.0"),
        ({"features": 1.0}, r"features must lie in 0\.\.1, below 1, got 1.0"),
    ],
)
def test_numbers_that_do_not_fit(numbers, told):
    with pytest.raises(InputError, match=told):
        Diffusion(**numbers)


@pytest.mark.parametrize("matrix", [[[0.0, 1.0], [0.0, 0.0]], [[0.0, -1.0], [-1.0, 0.0]], [[0.0, 1.0]]])
def test_a_matrix_that_is_no_adjacency(matrix):
    with pytest.raises(InputError, match="adjacency must be a symmetric matrix"):
        personalised_pagerank(sparse.csr_array(np.array(matrix)))


def test_a_part_of_the_graph_has_no_such_view():
    view = Diffusion().view(adjacency())
    assert isinstance(view, DiffusedView)
    with pytest.raises(InputError, match="the view is of 60 nodes, got features of 30"):
        view(torch.ones(30, 2), torch.zeros(2, 0, dtype=torch.int64), generator())
