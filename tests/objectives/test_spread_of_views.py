"""Losses of spread, by closed forms, public definitions and what they do to points that are free to move."""

from math import exp, log, sqrt

import pytest
import torch
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import pdist, squareform
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import (
    Dispersive,
    DispersiveHinge,
    KoLeo,
    Orthogonality,
    SpanningTree,
    Uniformity,
    UnitLength,
    WeightedSum,
)
from counterpoint.pairwise import NegativeEuclidean, NegativeSquaredEuclidean

EYE = torch.eye(4, dtype=torch.float64)


def worth(value):
    return pytest.approx(value, rel=1e-12)


def points(n: int = 9, d: int = 3, seed: int = 2):
    g = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=g, dtype=torch.float64).requires_grad_()


def agree(one, other, *leaves):
    torch.testing.assert_close(one, other)
    for left, right in zip(torch.autograd.grad(one, leaves), torch.autograd.grad(other, leaves), strict=True):
        torch.testing.assert_close(left, right)


EVERY = [KoLeo(), Dispersive(), DispersiveHinge(), Orthogonality(), SpanningTree()]


@pytest.mark.parametrize("objective", EVERY, ids=lambda one: type(one).__name__)
def test_views_are_spread_each_by_itself(objective):
    x, y = points(seed=1), points(seed=2)
    agree(objective(x, y), (objective(x) + objective(y)) / 2, x, y)
    agree(objective(torch.stack([x, y], 1)), (objective(x) + objective(y)) / 2, x, y)


@pytest.mark.parametrize("objective", EVERY, ids=lambda one: type(one).__name__)
def test_labels_change_nothing_and_one_row_is_refused(objective):
    x = points()
    assert objective(x, labels=torch.arange(9)).item() == objective(x).item()
    with pytest.raises(InputError, match=f"{type(objective).__name__} needs at least two rows to compare"):
        objective(x[:1])
    with pytest.raises(InputError, match="negatives cannot be used here"):
        objective(x, negatives=x)


def test_koleo_by_the_public_definition():
    """The nearest neighbour by inner products of unit rows, then minus the logarithm of the distance to it."""
    x = points()
    z = normalize(x)
    nearest = (z @ z.T).fill_diagonal_(-1).argmax(1)
    agree(KoLeo()(x), -torch.log((z - z[nearest]).norm(dim=1)).mean(), x)


def test_koleo_weighs_anchors():
    x = points()
    z = normalize(x)
    nearest = (z @ z.T).fill_diagonal_(-1).max(1).values
    losses, weights = -torch.log(2 - 2 * nearest) / 2, torch.arange(9.0, dtype=torch.float64)
    agree(KoLeo()(x, weights=weights), (weights * losses).sum() / weights.sum(), x)


def test_koleo_of_duplicates_is_finite_and_does_not_move_them():
    x = EYE[[0, 0, 1]].clone().requires_grad_()
    loss = KoLeo()(x)
    (gradient,) = torch.autograd.grad(loss, x)
    assert loss.item() == worth((2 * -log(1e-6) - log(sqrt(2))) / 3)
    assert (gradient[1] == 0).all()


def test_dispersion_by_the_public_definition():
    """All N^2 pairs, of squared distances over D; the pairs i = j are what is left out here."""
    x = points()
    squares = torch.pdist(x).square() / 3
    public = torch.log(torch.exp(-torch.cat([squares, squares, squares.new_zeros(9)])).mean())
    ours = Dispersive(similarity=NegativeSquaredEuclidean(), temperature=3.0)(x)
    agree(torch.log((8 * ours.exp() + 1) / 9), public, x)


def test_dispersion_of_unit_rows_is_uniformity():
    x = points()
    agree(Dispersive(similarity=NegativeSquaredEuclidean(), temperature=0.25)(normalize(x)), Uniformity(t=4.0)(x), x)
    agree(Dispersive(temperature=0.25)(x) - 4, Uniformity(t=2.0)(x), x)


def test_hinge_leaves_pairs_beyond_the_margin_alone():
    near = torch.tensor([[0.0], [0.5], [9.0]], dtype=torch.float64)
    hinge = DispersiveHinge(similarity=NegativeSquaredEuclidean(), margin=1.0)
    assert hinge(near).item() == worth(2 * (1 - 0.25) ** 2 / 6)
    assert hinge(4 * near).item() == 0


def test_orthogonality_in_its_four_forms():
    z = torch.tensor([[1.0, 0.0], [0.6, 0.8], [-0.6, 0.8]], dtype=torch.float64)
    pairs = [0.6, -0.6, 0.28]
    assert Orthogonality()(z).item() == worth(sum(map(abs, pairs)) / 3)
    assert Orthogonality(squared=True)(z).item() == worth(sum(s * s for s in pairs) / 3)
    assert Orthogonality(one_sided=True)(z).item() == worth((0.6 + 0.28) / 3)
    assert Orthogonality(squared=True, one_sided=True)(z).item() == worth((0.36 + 0.28**2) / 3)


@pytest.mark.parametrize("n", [2, 9, 40])
def test_the_tree_is_as_long_as_scipys(n):
    x = points(n).detach()
    assert SpanningTree()(x).item() == pytest.approx(-minimum_spanning_tree(squareform(pdist(x))).sum() / n, rel=1e-9)


def test_equal_rows_are_joined_by_edges_of_no_length():
    z = torch.tensor([[0.0], [0.0], [0.0], [2.0]], dtype=torch.float64)
    assert SpanningTree()(z).item() == worth(-0.5)


def test_only_edges_of_the_tree_are_stretched():
    """On a line the tree joins neighbours: the ends are pushed out, and what is between stays."""
    z = torch.tensor([[0.0], [1.0], [3.0], [7.0]], dtype=torch.float64, requires_grad=True)
    SpanningTree()(z).backward()
    assert z.grad is not None
    torch.testing.assert_close(z.grad[:, 0], torch.tensor([0.25, 0, 0, -0.25], dtype=torch.float64))


def test_the_tree_of_too_many_rows_is_refused():
    with pytest.raises(InputError, match="SpanningTree needs the whole matrix at once"):
        SpanningTree()(torch.zeros(5000, 1))


def spread_from(start: torch.Tensor, objective, steps: int) -> torch.Tensor:
    z = start.clone().requires_grad_()
    optimiser = torch.optim.Adam([z], lr=0.05)
    for _ in range(steps):
        optimiser.zero_grad()
        objective(z).backward()
        optimiser.step()
    return z.detach()


@pytest.mark.parametrize(
    "objective",
    [
        KoLeo(),
        Dispersive(),
        WeightedSum(losses=(SpanningTree(similarity=NegativeEuclidean()), UnitLength()), weights=(1.0, 10.0)),
    ],
    ids=["koleo", "dispersive", "tree"],
)
def test_points_that_have_nearly_collapsed_come_apart(objective):
    g = torch.Generator().manual_seed(0)
    start = torch.tensor([1.0, 0.0, 0.0]) + 0.02 * torch.randn(16, 3, generator=g)
    before, after = (torch.linalg.svdvals(normalize(z)) for z in (start, spread_from(start, objective, 200)))
    assert before[1] < 0.1
    assert after[2] > 0.5 * after[0]
    assert torch.pdist(normalize(spread_from(start, objective, 200))).min() > 10 * torch.pdist(normalize(start)).min()


def test_potential_of_orthogonal_rows():
    assert Dispersive(similarity=NegativeSquaredEuclidean(), temperature=2.0)(EYE).item() == worth(log(exp(-1)))
