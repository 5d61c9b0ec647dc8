"""Distances against differences taken entry by entry, and how far rounding takes them."""

import pytest
import torch
from similar import EPS32, gradients, normal, rotation, scores

from counterpoint.pairwise import NegativeEuclidean, NegativeSquaredDifference, NegativeSquaredEuclidean

A, B = normal(5, 4), normal(6, 4, seed=1)


def distances(a, b):
    return torch.stack([torch.stack([(x - y).square().sum() for y in b]) for x in a]).sqrt()


def test_definitions():
    torch.testing.assert_close(scores(NegativeEuclidean(), A, B), -distances(A, B))
    torch.testing.assert_close(scores(NegativeSquaredEuclidean(), A, B), -distances(A, B).square())
    exact = torch.cdist(A, B, compute_mode="donot_use_mm_for_euclid_dist")
    torch.testing.assert_close(scores(NegativeEuclidean(), A, B), -exact)


def test_one_dimension():
    a, b = normal(5, 1), normal(6, 1, seed=1)
    torch.testing.assert_close(scores(NegativeEuclidean(), a, b), -(a - b.T).abs())


@pytest.mark.parametrize("similarity", [NegativeEuclidean(), NegativeSquaredEuclidean()], ids=str)
def test_invariances(similarity):
    s = scores(similarity, A, B)
    torch.testing.assert_close(scores(similarity, B, A), s.T)
    turn, shift = rotation(4), normal(1, 4, seed=5)
    torch.testing.assert_close(scores(similarity, A @ turn + shift, B @ turn + shift), s)


def test_triangle_inequality():
    z = normal(12, 3)
    d = -scores(NegativeEuclidean(), z, z)
    assert (d[:, None, :] <= d[:, :, None] + d[None, :, :] + 1e-7).all()


def test_the_square_has_its_derivative_at_distance_zero():
    weights = normal(5, 5)
    a, b = gradients(NegativeSquaredEuclidean(), A, A.clone(), weights)
    exact = (-2 * weights[:, :, None] * (A[:, None] - A[None])).sum(1)
    torch.testing.assert_close(a, exact)
    torch.testing.assert_close(b, (2 * weights[:, :, None] * (A[:, None] - A[None])).sum(0))


def test_the_distance_is_flat_at_zero():
    # Integers, so that the squared distance is exactly zero.
    a = torch.tensor([[3.0, -2.0]])
    first, second = gradients(NegativeEuclidean(), a, a, torch.ones(1, 1))
    assert first.tolist() == second.tolist() == [[0.0, 0.0]]


def test_the_gradient_of_a_distance_has_length_one():
    a, _ = gradients(NegativeEuclidean(), A[:1], B[:1], torch.ones(1, 1).double())
    torch.testing.assert_close(a, (B[:1] - A[:1]) / torch.linalg.vector_norm(B[:1] - A[:1]))


@pytest.mark.parametrize("dimensions", [1, 2, 16, 128, 768])
@pytest.mark.parametrize("offset", [0.0, 1e-5, 1e-3, 1.0, 100.0])
def test_rounding_is_as_stated(dimensions, offset):
    a = normal(40, dimensions)
    b = (a + offset * normal(40, dimensions, seed=1)).float().double()
    d = torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")
    lengths = a.square().sum(1)[:, None] + b.square().sum(1)
    squared = scores(NegativeSquaredEuclidean(), a.float(), b.float()).double()
    assert ((squared + d.square()).abs() <= 8 * EPS32 * lengths).all()
    single = scores(NegativeEuclidean(), a.float(), b.float()).double()
    assert (single <= 0).all()
    assert ((single + d).abs() <= 2 * (EPS32 * lengths).sqrt()).all()
    assert ((single + d).abs() * d <= 8 * EPS32 * lengths).all()


def test_gradients_of_near_duplicates_stay_small():
    a = normal(200, 64)
    b = a + 1e-6 * normal(200, 64, seed=1)
    first, second = gradients(NegativeEuclidean(), a.float(), b.float(), torch.eye(200))
    assert first.norm(dim=1).max() < 2
    assert second.norm(dim=1).max() < 2


def test_squared_differences_do_not_cancel():
    """Rows a thousandth apart and a hundred from the origin: inner products lose it, differences keep it."""
    a = torch.full((1, 3), 100.0, dtype=torch.float64)
    b = a + 1e-3 * torch.tensor([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]], dtype=torch.float64)
    a, b = a.float(), b.float()
    exact = -distances(a.double(), b.double()).square()
    torch.testing.assert_close(scores(NegativeSquaredDifference(), a, b).double(), exact, rtol=1e-5, atol=0)
    assert not torch.allclose(scores(NegativeSquaredEuclidean(), a, b).double(), exact, rtol=1e-1, atol=0)


def test_squared_differences_have_a_derivative_at_zero():
    a = torch.ones(2, 3, requires_grad=True)
    (gradient,) = torch.autograd.grad(scores(NegativeSquaredDifference(), a, torch.ones(1, 3)).sum(), a)
    assert (gradient == 0).all()
