"""SigLIP, alignment and uniformity worked out by hand."""

from math import exp, log, log1p, sqrt

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.objectives import Alignment, SigLIP, Uniformity
from counterpoint.pairwise import DENSE, Plan

EYE = torch.eye(4, dtype=torch.float64)


def worth(value):
    return pytest.approx(value, rel=1e-12)


def test_siglip_of_orthogonal_pairs():
    """Positives at logit 0 cost log 2, the three negatives of a row at logit -10 cost log(1 + exp(-10)) each."""
    assert SigLIP()(EYE, EYE).item() == worth(log(2) + 3 * log1p(exp(-10)))


def test_siglip_of_wrong_pairs():
    assert SigLIP(scale=2.0, bias=-1.0)(EYE, EYE.roll(1, 0)).item() == worth(
        log1p(exp(1)) + log1p(exp(1)) + 2 * log1p(exp(-1))
    )


def test_siglip_is_exact_far_from_zero():
    """softplus as torch has it turns linear beyond 20, off by 2e-9."""
    z = EYE[:1].clone().requires_grad_()
    scale = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    loss = SigLIP(bias=-31.0)(z, EYE[:1], scale=scale)
    assert loss.item() == worth(30 + log1p(exp(-30)))
    loss.backward()
    assert scale.grad is not None
    assert scale.grad.item() == pytest.approx(-1 / (1 + exp(-30)), rel=1e-15)


def test_siglip_without_positives_only_repels():
    found = SigLIP(scale=1.0, bias=0.0)(EYE, labels=torch.arange(4))
    assert found.item() == worth(3 * log(2))


@pytest.mark.parametrize(("alpha", "expected"), [(1.0, sqrt(2)), (2.0, 2.0), (3.0, 2 * sqrt(2))])
def test_alignment_of_orthogonal_pairs(alpha, expected):
    assert Alignment(alpha=alpha)(EYE, EYE.roll(1, 0)).item() == worth(expected)


def test_alignment_weighs_anchors_alike():
    """An anchor with two positives counts as much as one with one."""
    z, y = EYE[[0, 0, 1, 2, 2]], torch.tensor([0, 0, 0, 1, 1])
    assert Alignment()(z, labels=y).item() == worth((1 + 1 + 2 + 0 + 0) / 5)


@pytest.mark.parametrize("plan", [DENSE, Plan(rows=2, cols=3)], ids=["dense", "tiled"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0])
def test_alignment_of_equal_rows_has_a_finite_gradient(alpha, dtype, plan):
    g = torch.Generator().manual_seed(0)
    a = torch.randn(4, 3, generator=g, dtype=dtype).requires_grad_()
    b = a.detach().clone().requires_grad_()
    loss = Alignment(alpha=alpha)(a, b, plan=plan)
    loss.backward()
    assert loss < 0.1
    assert a.grad is not None
    assert torch.isfinite(a.grad).all()
    assert a.grad.abs().max() < 10


def test_uniformity_of_orthogonal_rows():
    assert Uniformity(t=3.0)(EYE).item() == worth(-6)


def test_uniformity_of_equal_rows_is_the_largest():
    assert Uniformity()(EYE[[0, 0, 0]]).item() == pytest.approx(0, abs=1e-11)


def test_uniformity_is_the_mean_of_potentials():
    """Two equal rows and one orthogonal: of three pairs one is at distance 0, two at squared distance 2."""
    assert Uniformity(t=2.0)(EYE[[0, 0, 1]]).item() == worth(log((1 + 2 * exp(-4)) / 3))


def test_uniformity_takes_two_views_together():
    both = Uniformity()(EYE[:2], EYE[2:])
    assert both.item() == worth(Uniformity()(EYE).item())


def test_uniformity_of_one_row():
    with pytest.raises(InputError, match="Uniformity needs at least two rows to compare"):
        Uniformity()(EYE[:1])


@pytest.mark.parametrize(("objective", "name"), [(SigLIP, "scale"), (Alignment, "alpha"), (Uniformity, "t")])
def test_settings_are_positive(objective, name):
    with pytest.raises(InputError, match=f"{name} must be a positive number, got 0"):
        objective(**{name: 0})


def test_bias_is_finite():
    with pytest.raises(InputError, match="bias must be a finite number, got nan"):
        SigLIP(bias=float("nan"))


@pytest.mark.parametrize("objective", [Alignment, Uniformity])
def test_the_sphere_is_part_of_the_definition(objective):
    with pytest.raises(TypeError, match="similarity"):
        objective(similarity=None)
