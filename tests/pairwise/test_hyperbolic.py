"""Hyperbolic distances against both models' formulas, in double precision and at the border."""

import math

import pytest
import torch
from similar import EPS32, gradients, normal, rotation, scores
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError
from counterpoint.pairwise import NegativeEuclidean, NegativeLorentz, NegativePoincare

A, B = 0.2 * normal(5, 3), 0.2 * normal(6, 3, seed=1)


def poincare(a, b, c):
    """Nickel and Kiela's Eq. 1, pair by pair."""
    rows = []
    for x in a:
        fractions = [2 * c * (x - y).square().sum() / ((1 - c * x.dot(x)) * (1 - c * y.dot(y))) for y in b]
        rows.append([math.acosh(1 + float(z)) / math.sqrt(c) for z in fractions])
    return torch.tensor(rows, dtype=torch.float64)


def lorentz(a, b, c):
    """By the Lorentzian inner product of points with their time component."""
    time_a, time_b = ((1 / c + x.square().sum(1)).sqrt() for x in (a, b))
    return torch.acosh(-c * (a @ b.T - time_a[:, None] * time_b)) / math.sqrt(c)


@pytest.mark.parametrize("c", [0.1, 1.0, 1.8])
def test_definitions(c):
    torch.testing.assert_close(-scores(NegativePoincare(c), A, B), poincare(A, B, c))
    torch.testing.assert_close(-scores(NegativeLorentz(c), 9 * A, 9 * B), lorentz(9 * A, 9 * B, c))


@pytest.mark.parametrize("c", [0.3, 1.0])
def test_the_two_models_are_one(c):
    def onto_hyperboloid(x):
        return 2 * x / (1 - c * x.square().sum(1, keepdim=True))

    found = scores(NegativeLorentz(c), onto_hyperboloid(A), onto_hyperboloid(B))
    torch.testing.assert_close(found, scores(NegativePoincare(c), A, B))


@pytest.mark.parametrize("c", [0.3, 1.0])
@pytest.mark.parametrize("length", [1e-9, 0.01, 0.49, 0.5, 0.51, 3.0])
def test_the_exponential_map(c, length):
    v, w = (length * normalize(x) for x in (A, B))
    r = math.sqrt(c) * length
    expected = scores(NegativeLorentz(c), v * math.sinh(r) / r, w * math.sinh(r) / r)
    found = scores(NegativeLorentz(c, tangent=True), v, w)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=0.0)
    in_the_ball = scores(NegativePoincare(c), v * math.tanh(r / 2) / r, w * math.tanh(r / 2) / r)
    torch.testing.assert_close(found, in_the_ball, rtol=1e-9, atol=0.0)
    origin = scores(NegativeLorentz(c, tangent=True), v, torch.zeros_like(v))
    torch.testing.assert_close(origin, torch.full_like(origin, -length))


@pytest.mark.parametrize("length", [0.0, 1e-9, 0.4999, 0.5001, 3.0])
def test_the_exponential_map_has_its_derivative(length):
    v = (length * normalize(A)).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: scores(NegativeLorentz(tangent=True), x, B), v)


def test_a_flat_space_is_euclidean():
    torch.testing.assert_close(
        scores(NegativePoincare(1e-10), A, B), 2 * scores(NegativeEuclidean(), A, B), rtol=1e-7, atol=0
    )
    torch.testing.assert_close(
        scores(NegativeLorentz(1e-10), A, B), scores(NegativeEuclidean(), A, B), rtol=1e-7, atol=0
    )


@pytest.mark.parametrize("similarity", [NegativePoincare(), NegativeLorentz(), NegativeLorentz(tangent=True)], ids=str)
def test_it_is_a_distance(similarity):
    z = 0.3 * normal(12, 3)
    d = -scores(similarity, z, z)
    torch.testing.assert_close(d, d.T, rtol=0, atol=1e-7)
    assert d.diagonal().max() < 1e-7
    assert (d[:, None, :] <= d[:, :, None] + d[None, :, :] + 1e-7).all()
    turn = rotation(3)
    torch.testing.assert_close(-scores(similarity, z @ turn, z @ turn), d, rtol=1e-9, atol=1e-7)


def test_a_translation_of_the_ball_changes_nothing():
    """Mobius addition of one point to all, from the left."""

    def shifted(x, p):
        xp, xx, pp = x @ p, x.square().sum(1), p.dot(p)
        top = (1 + 2 * xp + xx)[:, None] * p + (1 - pp) * x
        return top / (1 + 2 * xp + pp * xx)[:, None]

    p = torch.tensor([0.3, -0.2, 0.4], dtype=torch.float64)
    found = scores(NegativePoincare(), shifted(A, p), shifted(B, p))
    torch.testing.assert_close(found, scores(NegativePoincare(), A, B))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("length", [1 - 1e-3, 1 - 1e-7, 1.0, 5.0, 1e15])
def test_rows_at_or_beyond_the_border_are_drawn_back(dtype, length):
    a, b = ((length * normalize(x)).to(dtype) for x in (A, B))
    b = torch.cat([b, a, -a])
    for similarity in (NegativePoincare(), NegativeLorentz(tangent=True)):
        found = scores(similarity, a, b)
        assert torch.isfinite(found).all()
        assert found.min() > -36
        assert found[:, 6:11].diagonal().min() > -0.5
        assert all(torch.isfinite(g).all() for g in gradients(similarity, a, b, normal(*found.shape).to(dtype)))


def test_a_row_beyond_the_border_learns_its_direction_alone():
    a = 3 * normalize(A)
    gradient, _ = gradients(NegativePoincare(), a, B, normal(5, 6))
    torch.testing.assert_close((gradient * a).sum(1), torch.zeros(5).double(), rtol=0, atol=1e-6)
    assert gradient.norm(dim=1).min() > 1e-3


@pytest.mark.parametrize("radius", [1e-3, 0.1, 0.5, 0.9, 0.98])
def test_rounding_is_as_stated(radius):
    a = (radius * normalize(normal(60, 8))).float().double()
    b = torch.cat([a, (a + 1e-3 * radius * normal(60, 8, seed=1)).float().double()])
    exact, single = scores(NegativePoincare(), a, b), scores(NegativePoincare(), a.float(), b.float()).double()
    inside_a, inside_b = (1 - x.square().sum(1) for x in (a, b))
    bound = 8 * EPS32 * (a.square().sum(1)[:, None] + b.square().sum(1)) / (inside_a[:, None] * inside_b)
    error = (2 * torch.sinh(single / 2).square() - 2 * torch.sinh(exact / 2).square()).abs()
    # Near the border 1 - |a|^2 carries an error of its own, relative to the fraction.
    relative = 8 * EPS32 / inside_a.min() * 2 * torch.sinh(exact / 2).square()
    assert (error <= bound + relative).all()


def test_curvature_is_positive():
    for kind in (NegativePoincare, NegativeLorentz):
        with pytest.raises(InputError, match="curvature must be a positive number"):
            kind(-1.0)
