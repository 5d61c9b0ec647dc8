"""Losses without negatives: worked out by hand, against public definitions, and where they coincide."""

from math import log, sqrt

import pytest
import torch
from torch.nn.functional import cosine_similarity, normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import (
    WMSE,
    Alignment,
    CodingRate,
    Decorrelation,
    NegativeCosine,
    NormDirection,
    RateReduction,
    SpectralContrastive,
    TiCo,
    UnitLength,
    VICReg,
)
from counterpoint.pairwise import Dot, SameKey

EYE = torch.eye(4, dtype=torch.float64)


def worth(value):
    return pytest.approx(value, rel=1e-12)


def views(n: int = 12, d: int = 3, v: int = 2):
    g = torch.Generator().manual_seed(7)
    return [torch.randn(n, d, generator=g, dtype=torch.float64).requires_grad_() for _ in range(v)]


def agree(one, other, *leaves):
    torch.testing.assert_close(one, other)
    for left, right in zip(torch.autograd.grad(one, leaves), torch.autograd.grad(other, leaves), strict=True):
        torch.testing.assert_close(left, right)


def test_negative_cosine_is_the_mean_cosine():
    p, z = views()
    agree(NegativeCosine()(p, z), -cosine_similarity(p, z).mean(), p, z)


def test_byol_is_alignment_and_an_affine_function_of_the_negative_cosine():
    p, z = views()

    def byol():
        return (normalize(p) - normalize(z)).square().sum(1).mean()

    agree(Alignment(alpha=2)(p, z), byol(), p, z)
    agree(2 + 2 * NegativeCosine()(p, z), byol(), p, z)


def test_self_labelled_positives_are_a_relation():
    p, z = views(4)
    same = SameKey(torch.tensor([0, 0, 1, 2]), torch.tensor([0, 0, 1, 2]))
    cosines = normalize(p) @ normalize(z).T
    expected = -(cosines[:2, :2].mean(1).sum() + cosines[2, 2] + cosines[3, 3]) / 4
    agree(NegativeCosine()(p, z, relation=same), expected, p, z)


def test_spectral_contrast_by_its_two_expectations():
    x, y = views()
    gram = x @ y.T
    off = ~torch.eye(12, dtype=torch.bool)
    agree(SpectralContrastive(similarity=Dot())(x, y), gram[off].square().mean() - 2 * gram.diagonal().mean(), x, y)


def test_spectral_contrast_of_one_class_only_attracts():
    assert SpectralContrastive()(EYE[[0, 0, 1]], labels=torch.zeros(3, dtype=torch.int64)).item() == worth(-2 / 3)


def test_tico_by_the_public_definition():
    """Unit rows, a moment of zero before the first step, one minus the cosine, the moment within the graph."""
    x, y = views()
    a, b = normalize(x), normalize(y)
    moment = 0.1 * (a.T @ a) / 12
    agree(TiCo(rho=8, beta=0.9)(x, y), 1 - (a * b).sum(1).mean() + 8 * ((a @ moment) * a).sum(1).mean(), x, y)


def test_ticos_contrast_is_the_mean_squared_cosine_of_all_pairs():
    x, _ = views()
    a = normalize(x)
    agree(TiCo(rho=2, beta=0.5)(x, x), (a @ a.T).square().mean(), x)


def test_wmse_by_the_public_definition():
    """Whitening by the inverse of a triangular factor, view by view and sub-batch by sub-batch, then 2 - 2 cos."""
    x, y = views()

    def white(z):
        parts = []
        for block in z.split(6):
            centred = block - block.mean(0)
            cov = (1 - 1e-3) * centred.T @ centred / 5 + 1e-3 * torch.eye(3)
            factor = torch.linalg.solve_triangular(
                torch.linalg.cholesky(cov), torch.eye(3, dtype=cov.dtype), upper=False
            )
            parts.append(centred @ factor.T)
        return torch.cat(parts)

    expected = 2 - 2 * cosine_similarity(white(x), white(y)).mean()
    agree(WMSE(size=6, shrinkage=1e-3)(x, y), expected, x, y)


def test_wmse_of_several_views_is_the_mean_over_pairs():
    a, b, c = views(v=3)
    one = WMSE()
    expected = (one(a, b) + one(a, c) + one(b, c)) / 3
    agree(one(torch.stack([a, b, c], 1)), expected, a, b, c)


def test_wmse_does_not_see_a_linear_map_of_all_rows():
    """Whitening takes it away but for a rotation, which the triangular factor keeps apart for equal views only."""
    x, y = views()
    scale = torch.diag(torch.tensor([5.0, 0.2, 1.0], dtype=torch.float64))
    assert WMSE(shrinkage=1e-12)(x @ scale, y @ scale).item() == pytest.approx(WMSE(shrinkage=1e-12)(x, y).item())


def test_whitened_rows_have_the_identity_as_covariance():
    (x,) = views(v=1)
    white = WMSE(shrinkage=1e-12)._whitened(x[None, :, None])[0, :, 0]
    torch.testing.assert_close(torch.cov(white.T), torch.eye(3, dtype=torch.float64), atol=1e-9, rtol=0)


def test_wmse_refuses_sub_batches_that_do_not_fit():
    x, y = views(10)
    with pytest.raises(InputError, match="sub-batches of two or more rows that fill the batch, and 10 rows are given"):
        WMSE(size=4)(x, y)
    with pytest.raises(InputError, match="size must be a whole number, at least 0, got -1"):
        WMSE(size=-1)
    with pytest.raises(InputError, match="shrinkage must be a number between 0 and 1, got 1"):
        WMSE(shrinkage=1)


def test_coding_rate_by_eigenvalues():
    (x,) = views(v=1)
    values = torch.linalg.eigvalsh(normalize(x).T @ normalize(x))
    agree(CodingRate(eps=0.3)(x), -torch.log1p(values * 3 / (12 * 0.3**2)).sum() / 2, x)


def test_coding_rate_is_largest_for_orthogonal_rows_and_least_for_equal_ones():
    spread, flat, point = (CodingRate()(z).item() for z in (EYE, EYE[[0, 1, 0, 1]], EYE[[0, 0, 0, 0]]))
    assert spread == worth(-2 * log(1 + 1 / 0.25))
    assert point == worth(-log(1 + 4 / 0.25) / 2)
    assert spread < flat < point


def test_rate_reduction_is_the_rate_of_all_less_that_of_classes():
    (x,) = views(v=1)
    y = torch.tensor([0, 1, 2] * 3 + [-1] * 3)
    rate = CodingRate()
    expected = rate(x) - sum(3 / 12 * rate(x[y == k]) for k in range(3))
    agree(RateReduction(eps=0.5)(x, labels=y), expected, x)


def test_rate_reduction_needs_labels():
    with pytest.raises(InputError, match="RateReduction needs labels"):
        RateReduction()(EYE)


def test_decorrelation_is_vicregs_covariance():
    x, y = views()
    few = VICReg(invariance=1e-9, variance=1e-9, covariance=1.0)
    assert few(x, y).item() == pytest.approx(2 * Decorrelation()(x, y).item(), rel=1e-6)


def test_standardised_decorrelation_is_off_the_diagonal_of_correlations():
    (x,) = views(v=1)
    matrix = torch.corrcoef(x.T)
    agree(Decorrelation(standardised=True)(x), (matrix.square().sum() - 3) / 3, x)


def test_unit_length_is_least_on_the_sphere():
    (x,) = views(v=1)
    assert UnitLength()(normalize(x)).item() == pytest.approx(0, abs=1e-20)
    agree(UnitLength(radius=2.0)(x), (x.norm(dim=1) - 2).square().mean(), x)


def test_norm_and_direction_row_by_row():
    """As in the authors' code: one less the part along the class mean, over the longer of both lengths."""
    student, teacher, mean = views(v=3)
    expected = [
        1 - torch.dot(s, c / c.norm(p=2)) / max(s.norm(p=2), t.norm(p=2))
        for s, t, c in zip(student, teacher, mean, strict=True)
    ]
    agree(NormDirection()(torch.stack([student, teacher, mean], 1)), torch.stack(expected).mean(), student)


def test_a_longer_student_costs_less_up_to_the_teachers_length():
    t = 2 * EYE
    losses = [NormDirection()(length * EYE, t).item() for length in (0.5, 1.0, 2.0, 4.0)]
    assert losses == [worth(0.75), worth(0.5), worth(0.0), worth(0.0)]


def test_norm_and_direction_takes_three_views_at_most():
    with pytest.raises(InputError, match="student, teacher and class mean, got 4 views"):
        NormDirection()(torch.ones(3, 4, 2))


def test_negative_cosine_alone_collapses_and_whitening_does_not():
    g = torch.Generator().manual_seed(0)
    ends = []
    for objective in (NegativeCosine(), WMSE()):
        layer = torch.nn.Linear(8, 4)
        with torch.no_grad():
            layer.weight.copy_(torch.randn(4, 8, generator=g))
            layer.bias.zero_()
        x = torch.randn(64, 8, generator=g)
        optimiser = torch.optim.Adam(layer.parameters(), lr=0.05)
        for _ in range(150):
            optimiser.zero_grad()
            objective(layer(x), layer(x + 0.3 * torch.randn(64, 8, generator=g))).backward()
            optimiser.step()
        ends.append(normalize(layer(x).detach()).std(0).mean().item())
    assert ends[0] < 0.35 * ends[1]
    assert ends[1] > 0.5 / sqrt(4)
