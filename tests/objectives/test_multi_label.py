"""Many positives: closed forms of the decoupled softmax, and what a soft top-k owes to its definition."""

from math import exp, log

import pytest
import torch
from torch.nn.functional import logsigmoid, normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import (
    DebiasedContrastive,
    DecoupledSoftmax,
    FocalContrastive,
    HardestNegatives,
    HardnessWeighted,
    InfoNCE,
    SoftTopK,
)
from counterpoint.objectives.multi_label import _threshold
from counterpoint.pairwise import SameKey

EYE = torch.eye(4, dtype=torch.float64)


def draw(*shape: int, seed: int = 5) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def worth(value):
    return pytest.approx(value, rel=1e-12)


def test_other_positives_are_not_in_the_denominator():
    """Anchor 0 has an equal positive, an orthogonal one, and an orthogonal negative."""
    candidates = EYE[[0, 1, 2]]
    relation = SameKey(torch.tensor([0]), torch.tensor([0, 0, -1]))
    found = DecoupledSoftmax(temperature=0.5)(EYE[:1], candidates, relation=relation)
    assert found.item() == worth((log1p_exp(-2) + log(2)) / 2)


def log1p_exp(x):
    return log(1 + exp(x))


def test_a_positive_is_never_pushed_away():
    """By InfoNCE the most similar of several positives is, as it takes the others' probability."""
    anchor = EYE[:1]
    candidates = normalize(EYE[[0, 1, 2]] + 0.1).requires_grad_()
    relation = SameKey(torch.tensor([0]), torch.tensor([0, 0, -1]))
    pull = {}
    for objective in (DecoupledSoftmax(temperature=0.1), InfoNCE(temperature=0.1)):
        (gradient,) = torch.autograd.grad(objective(anchor, candidates, relation=relation), candidates)
        pull[type(objective).__name__] = -gradient[0] @ (EYE[0] - candidates[0].detach())
    assert pull["DecoupledSoftmax"] > 0
    assert pull["InfoNCE"] < 0


def test_without_negatives_the_decoupled_softmax_is_0():
    z = EYE.float().requires_grad_()
    loss = DecoupledSoftmax()(z, labels=torch.zeros(4, dtype=torch.int64))
    (gradient,) = torch.autograd.grad(loss, z)
    assert loss.item() == 0
    assert (gradient == 0).all()


@pytest.mark.parametrize("k", [1, 2, 5, 8])
@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_activations_sum_to_k(k, scale):
    logits = scale * draw(6, 9)
    active = torch.sigmoid(logits + _threshold(logits, torch.ones(6, 9, dtype=torch.bool), k))
    torch.testing.assert_close(active.sum(1), torch.full((6,), float(k), dtype=torch.float64))


def test_the_threshold_has_the_gradient_of_an_implicit_function():
    logits, compared = draw(4, 7).requires_grad_(), torch.ones(4, 7, dtype=torch.bool)
    compared[0, 3] = compared[2, :2] = False
    assert torch.autograd.gradcheck(lambda x: _threshold(x, compared, 3), logits)
    (gradient,) = torch.autograd.grad(_threshold(logits, compared, 3).sum(), logits)
    torch.testing.assert_close(gradient.sum(1), -torch.ones(4, dtype=torch.float64))


def test_the_threshold_of_float32_keeps_its_digits_where_sigmoids_are_0_or_1():
    """The two largest of which one is to be chosen are 60 apart: halfway between, both sigmoids saturated."""
    logits = torch.tensor([[40.0, -20.0, -300.0, -300.0]])
    found = _threshold(logits, torch.ones(1, 4, dtype=torch.bool), 1)
    torch.testing.assert_close(found, torch.tensor([[-10.0]]), rtol=1e-5, atol=1e-5)


def test_soft_top_1_of_two_is_logistic():
    """Of two candidates one is chosen: the threshold is minus their mean."""
    a, b = draw(2, 3).requires_grad_(), draw(2, 3, seed=6).requires_grad_()
    s = normalize(a) @ normalize(b).T / 0.2
    expected = -logsigmoid(torch.stack([s[0, 0] - s[0, 1], s[1, 1] - s[1, 0]]) / 2).mean()
    found = SoftTopK(temperature=0.2, k=1)(a, b)
    torch.testing.assert_close(found, expected)
    for one, other in zip(torch.autograd.grad(found, (a, b)), torch.autograd.grad(expected, (a, b)), strict=True):
        torch.testing.assert_close(one, other)


def test_whoever_has_no_more_than_k_candidates_has_found_them():
    assert SoftTopK(k=4)(EYE, EYE.flip(0)).item() == 0
    assert SoftTopK(k=3)(EYE, EYE.flip(0)).item() > 0


@pytest.mark.parametrize("k", [0, -1, 2.0, True])
@pytest.mark.parametrize("kind", [SoftTopK, HardestNegatives])
def test_k_is_a_whole_number(kind, k):
    with pytest.raises(InputError, match="k must be a whole number, at least 1"):
        kind(k=k)


@pytest.mark.parametrize("prior", [-0.1, 1.0, float("nan")])
def test_a_prior_is_below_1(prior):
    with pytest.raises(InputError, match="tau_plus must be a number from 0 to below 1"):
        DebiasedContrastive(tau_plus=prior)


@pytest.mark.parametrize("setting", [(FocalContrastive, "gamma"), (HardnessWeighted, "alpha")])
def test_exponents_are_finite(setting):
    kind, name = setting
    with pytest.raises(InputError, match=f"{name} must be a finite number"):
        kind(**{name: float("inf")})
