"""Softmax losses whose special cases are other losses, and papers that are a relation or weights on top of one."""

import pytest
import torch
from torch.nn.functional import cross_entropy, kl_div, log_softmax, normalize, softmax

from counterpoint.objectives import (
    CLIP,
    DCL,
    DCLW,
    HCL,
    AdditiveMargin,
    DebiasedContrastive,
    DecoupledSoftmax,
    FocalContrastive,
    HardestNegatives,
    HardnessWeighted,
    InfoNCE,
    NTXent,
    SoftTargets,
    SupCon,
)
from counterpoint.pairwise import Explicit, Plan, SameKey, Weighted

LABELS = torch.tensor([0, 1, 0, 1, 2, 2, 0])


def draw(*shape: int, seed: int = 5) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).requires_grad_()


def views():
    return draw(7, 4, seed=1), draw(7, 4, seed=2)


def agree(one: torch.Tensor, other: torch.Tensor, *leaves: torch.Tensor) -> None:
    """Equal value and gradients."""
    torch.testing.assert_close(one, other)
    for left, right in zip(torch.autograd.grad(one, leaves), torch.autograd.grad(other, leaves), strict=True):
        torch.testing.assert_close(left, right)


@pytest.mark.parametrize(
    ("general", "special"),
    [
        (DecoupledSoftmax(temperature=0.3), InfoNCE(temperature=0.3)),
        (SoftTargets(temperature=0.3), InfoNCE(temperature=0.3)),
        (SoftTargets(temperature=0.3, symmetric=True), CLIP(temperature=0.3)),
        (FocalContrastive(temperature=0.3, gamma=0.0), InfoNCE(temperature=0.3)),
        (AdditiveMargin(temperature=0.3, margin=0.0), InfoNCE(temperature=0.3)),
        (HardestNegatives(temperature=0.3, k=6), InfoNCE(temperature=0.3)),
        (HardnessWeighted(temperature=0.3, alpha=0.0), InfoNCE(temperature=0.3)),
        (CLIP(temperature=0.3, row_weight=1.0), InfoNCE(temperature=0.3)),
        (SupCon(temperature=0.3, inside=True), NTXent(temperature=0.3)),
        (DebiasedContrastive(temperature=0.3, tau_plus=0.0), NTXent(temperature=0.3)),
        (HCL(temperature=0.3, beta=0.0, tau_plus=0.0), NTXent(temperature=0.3)),
        (HCL(temperature=0.3, beta=0.0, tau_plus=0.2), DebiasedContrastive(temperature=0.3, tau_plus=0.2)),
    ],
    ids=str,
)
def test_with_one_positive_it_is(general, special):
    a, b = views()
    agree(general(a, b), special(a, b), a, b)


@pytest.mark.parametrize(
    ("general", "special"),
    [
        (FocalContrastive(temperature=0.3, gamma=0.0), SupCon(temperature=0.3)),
        (SoftTargets(temperature=0.3), SupCon(temperature=0.3)),
        (AdditiveMargin(temperature=0.3, margin=0.0), SupCon(temperature=0.3)),
        (HardestNegatives(temperature=0.3, k=9), SupCon(temperature=0.3)),
        (HardnessWeighted(temperature=0.3, alpha=0.0), SupCon(temperature=0.3)),
        (HCL(temperature=0.3, beta=0.0), DebiasedContrastive(temperature=0.3)),
    ],
    ids=str,
)
def test_among_labelled_rows_it_is(general, special):
    z = draw(7, 4)
    agree(general(z, labels=LABELS), special(z, labels=LABELS), z)


def test_dclw_becomes_dcl_as_its_weights_become_even():
    a, b = views()
    assert DCLW(sigma=1e6)(a, b).item() == pytest.approx(DCL()(a, b).item(), rel=1e-5)
    assert DCLW()(a, b).item() != pytest.approx(DCL()(a, b).item(), rel=1e-3)


def test_dclw_by_the_first_public_definition():
    """Weights 2 - N softmax(s+ / sigma), and a log-sum-exp over the negatives of both views, one view at a time."""
    a, b = views()
    x, y = normalize(a), normalize(b)

    def one_way(x, y):
        positive = (x * y).sum(1)
        weight = 2 - len(x) * softmax(positive / 0.5, 0)
        away = torch.eye(len(x), dtype=torch.bool).repeat(1, 2)
        others = (torch.cat([x @ x.T, x @ y.T], 1) / 0.1).masked_fill(away, -torch.inf)
        return (-weight * positive / 0.1 + others.logsumexp(1)).mean()

    agree(DCLW()(a, b), (one_way(x, y) + one_way(y, x)) / 2, a, b)


def test_debiased_and_hard_by_their_public_definition():
    """Exponentials of both views stacked, the estimate clamped at N exp(-1/t); the prior makes some rows reach it."""
    a = draw(7, 4, seed=1)
    b = (a.detach() + 0.5 * draw(7, 4, seed=2).detach()).requires_grad_()
    keep = ~(torch.eye(14, dtype=torch.bool) | torch.eye(14, dtype=torch.bool).roll(7, 0))
    for beta, prior, objective in (
        (0.0, 0.2, DebiasedContrastive(tau_plus=0.2)),
        (1.5, 0.4, HCL(beta=1.5, tau_plus=0.4)),
    ):
        z = normalize(torch.cat([a, b]))
        negative = torch.exp(z @ z.T / 0.5)[keep].view(14, 12)
        positive = torch.exp((z[:7] * z[7:]).sum(1) / 0.5).repeat(2)
        importance = negative**beta
        hard = (importance * negative).sum(1) / importance.mean(1)
        raw = (-prior * 12 * positive + hard) / (1 - prior)
        estimate = raw.clamp(min=12 * torch.exp(torch.tensor(-2.0, dtype=torch.float64)))
        assert 0 < int((raw < estimate).sum()) < 14
        agree(objective(a, b), -torch.log(positive / (positive + estimate)).mean(), a, b)


def test_debiasing_at_a_prior_of_0_learns_the_prior():
    a, b = views()
    prior = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(DebiasedContrastive(temperature=0.01)(a, b, tau_plus=prior), prior)
    assert torch.isfinite(slope)


def test_the_in_form_is_never_larger():
    z = draw(7, 4)
    within = SupCon(temperature=0.3, inside=True)(z, labels=LABELS)
    assert within < SupCon(temperature=0.3)(z, labels=LABELS)
    s = (normalize(z) @ normalize(z).T / 0.3).fill_diagonal_(-torch.inf)
    same = (LABELS[:, None] == LABELS).fill_diagonal_(False)
    shares = (softmax(s, 1) * same).sum(1) / same.sum(1)
    agree(within, -torch.log(shares).mean(), z)


def test_focal_by_the_public_definition_but_for_its_divisor():
    z = draw(7, 4)
    s = (normalize(z) @ normalize(z).T / 0.07).fill_diagonal_(-torch.inf)
    same = (LABELS[:, None] == LABELS).fill_diagonal_(False)
    log_q = torch.where(same, log_softmax(s, 1), 0.0)
    losses = -((1 - log_q.exp()) * log_q).sum(1) / same.sum(1)
    agree(FocalContrastive()(z, labels=LABELS), losses.mean(), z)


def test_a_positive_alone_among_candidates_is_no_loss_to_the_focal_one():
    z = draw(2, 3).float().detach().requires_grad_()
    loss = FocalContrastive(gamma=0.5)(z, labels=torch.tensor([0, 0]))
    (gradient,) = torch.autograd.grad(loss, z)
    assert loss.item() == 0
    assert (gradient == 0).all()


def test_asymmetric_supcon_has_anchors_of_the_current_task_alone():
    """Co2L: the loss of every row as SupCon has it, averaged over those of the current classes."""
    z = draw(7, 4)
    current = (LABELS < 2).double()
    s = (normalize(z) @ normalize(z).T / 0.1).fill_diagonal_(-torch.inf)
    same = (LABELS[:, None] == LABELS).fill_diagonal_(False)
    losses = -torch.where(same, log_softmax(s, 1), 0.0).sum(1) / same.sum(1)
    agree(SupCon()(z, labels=LABELS, weights=current), (current * losses).sum() / current.sum(), z)


def test_symmetric_past_and_present_negatives():
    """Each of plasticity and stability has one positive, and the negatives of both models."""
    anchor, present, past = draw(5, 4, seed=1), draw(5, 4, seed=2), draw(5, 4, seed=3).detach()
    i = torch.arange(5)
    loss = 2 * DecoupledSoftmax(temperature=0.2)(
        anchor, torch.cat([present, past]), relation=SameKey(i, torch.cat([i, i]))
    )
    x, k, f = (normalize(one) for one in (anchor, present, past))
    away = torch.eye(5, dtype=torch.bool).repeat(1, 2)
    negative = torch.cat([x @ k.T, x @ f.T], 1).masked_fill(away, -torch.inf)
    plastic, stable = (torch.cat([(x * to).sum(1, keepdim=True), negative], 1) / 0.2 for to in (k, f))
    zeros = torch.zeros(5, dtype=torch.int64)
    agree(loss, cross_entropy(plastic, zeros) + cross_entropy(stable, zeros), anchor, present)


def test_cwcl():
    """Targets by the cosines of a frozen tower, normalised by row; nothing weighs in the denominator."""
    a, b = views()
    frozen = normalize(draw(7, 3, seed=3).detach())
    w = (1 + frozen @ frozen.T) / 2
    for plan in (None, Plan(2, 3)):
        log_q = log_softmax(normalize(a) @ normalize(b).T / 0.07, 1)
        expected = (-(w * log_q).sum(1) / w.sum(1)).mean()
        agree(SoftTargets()(a, b, relation=Explicit.graded(w), plan=plan), expected, a, b)


def test_soft_targets_of_mixed_rows_in_both_directions():
    a, b = views()
    w = 0.7 * torch.eye(7, dtype=torch.float64) + 0.3 * torch.eye(7, dtype=torch.float64).roll(1, 0)
    logits = normalize(a) @ normalize(b).T / 0.2
    expected = (cross_entropy(logits, w) + cross_entropy(logits.T, w.T)) / 2
    objective = SoftTargets(temperature=0.2, symmetric=True)
    agree(objective(a, b, relation=Explicit.graded(w)), expected, a, b)


def test_soft_targets_of_0_and_1_are_multiple_positives():
    a, b = views()
    w = (LABELS[:, None] == LABELS).double()
    agree(SoftTargets()(a, b, relation=Explicit.graded(w)), InfoNCE()(a, b, labels=LABELS), a, b)


def test_soft_targets_of_a_teacher_are_distillation():
    a, b = views()
    teacher = softmax(draw(7, 7, seed=4).detach(), 1)
    log_q = log_softmax(normalize(a) @ normalize(b).T / 0.07, 1)
    entropy = -(teacher * teacher.log()).sum(1).mean()
    divergence = kl_div(log_q, teacher, reduction="batchmean")
    agree(SoftTargets()(a, b, relation=Explicit.graded(teacher)) - entropy, divergence, a, b)


def test_graded_pairs_are_weights_of_anchors():
    """GCL: the cross-entropies of both directions, each pair's times its weight."""
    a, b = views()
    w = torch.linspace(0.1, 1, 7, dtype=torch.float64)
    logits, i = normalize(a) @ normalize(b).T / 0.07, torch.arange(7)
    both = (cross_entropy(logits, i, reduction="none") + cross_entropy(logits.T, i, reduction="none")) / 2
    agree(CLIP()(a, b, weights=w), (w * both).sum() / w.sum(), a, b)


def test_convirt_weighs_its_directions():
    a, b = views()
    logits, i = normalize(a) @ normalize(b).T / 0.1, torch.arange(7)
    expected = 0.75 * cross_entropy(logits, i) + 0.25 * cross_entropy(logits.T, i)
    agree(CLIP(temperature=0.1, row_weight=0.75)(a, b), expected, a, b)


def test_hardness_weights_are_weights_of_pairs_that_have_no_gradient():
    a, b = views()
    w = torch.exp(9 * (normalize(a) @ normalize(b).T).detach()).fill_diagonal_(1.0)
    i = torch.arange(7)
    expected = InfoNCE(temperature=0.3)(a, b, relation=Weighted(SameKey(i, i), w))
    agree(HardnessWeighted(temperature=0.3, alpha=9.0)(a, b), expected, a, b)


def test_dual_view_with_a_queue_of_hard_negatives():
    a, b = views()
    queue = draw(20, 4, seed=3).detach()

    def one_way(x, y):
        s = normalize(x) @ normalize(torch.cat([y, queue])).T / 0.07
        own = s[:, :7].diagonal()
        rest = s.masked_fill(torch.eye(7, 27, dtype=torch.bool), -torch.inf).topk(5, 1).values
        return (torch.cat([own[:, None], rest], 1).logsumexp(1) - own).mean()

    hard = HardestNegatives(k=5)
    loss = 0.6 * hard(a, b, negatives=queue) + 0.4 * hard(b, a, negatives=queue)
    agree(loss, 0.6 * one_way(a, b) + 0.4 * one_way(b, a), a, b)


def test_the_margin_is_taken_from_the_diagonal():
    a, b = views()
    s = normalize(a) @ normalize(b).T - 0.3 * torch.eye(7, dtype=torch.float64)
    agree(AdditiveMargin()(a, b), cross_entropy(s / 0.07, torch.arange(7)), a, b)
