"""Heads over prototypes: by hand, and where one is another."""

from math import cos, exp, log, pi, sin

import pytest
import torch
from torch.nn.functional import cross_entropy, normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import (
    MLCD,
    ArcFace,
    CombinedMargin,
    CosFace,
    Harmonic,
    InfoNCE,
    ProxyAnchor,
    Sparsemax,
    TaylorSoftmax,
    ZLoss,
    sparsemax,
)
from counterpoint.pairs import Members
from counterpoint.pairwise import Dot, SameKey

N, K, D = 7, 4, 5
LABELS = torch.tensor([0, 1, 2, 3, 1, 0, 2])
HEADS = [
    CosFace(),
    ArcFace(),
    CombinedMargin(),
    ProxyAnchor(),
    ZLoss(),
    TaylorSoftmax(),
    Harmonic(),
    Sparsemax(),
    MLCD(),
]


def drawn() -> tuple[torch.Tensor, torch.Tensor]:
    g = torch.Generator().manual_seed(5)
    return tuple(torch.randn(n, D, generator=g, dtype=torch.float64).requires_grad_() for n in (N, K))


def agree(ours, theirs, *leaves):
    torch.testing.assert_close(ours, theirs)
    for one, other in zip(torch.autograd.grad(ours, leaves), torch.autograd.grad(theirs, leaves), strict=True):
        torch.testing.assert_close(one, other)


def worth(value):
    return pytest.approx(value, rel=1e-12)


# One anchor at 30 degrees from its own class, 60 from the only other one.
TILTED = torch.tensor([[cos(pi / 6), sin(pi / 6)]], dtype=torch.float64)
AXES = torch.eye(2, dtype=torch.float64)
OWN = torch.tensor([0])


def test_cos_face_by_hand():
    own, other = exp((cos(pi / 6) - 0.25) / 0.5), exp(0.5 / 0.5)
    assert CosFace(temperature=0.5, margin=0.25)(TILTED, AXES, labels=OWN).item() == worth(log(1 + other / own))


def test_arc_face_by_hand():
    own, other = exp(cos(pi / 6 + 0.4) / 0.5), exp(0.5 / 0.5)
    assert ArcFace(temperature=0.5, margin=0.4)(TILTED, AXES, labels=OWN).item() == worth(log(1 + other / own))


def test_arc_face_does_not_turn_back():
    """Past 180 degrees it goes on falling, in a straight line: a class on the far side is still pulled."""
    angles = torch.linspace(0, pi, 400, dtype=torch.float64)
    own = ArcFace(margin=0.5).handicapped(torch.cos(angles))
    assert (own.diff() < 0).all()
    assert own[-1].item() == worth(-1 - 0.5 * sin(0.5))


def test_arc_face_has_finite_gradients_at_both_ends():
    s = torch.tensor([1.0, -1.0, 0.3], requires_grad=True)
    (gradient,) = torch.autograd.grad(ArcFace().handicapped(s).sum(), s)
    assert torch.isfinite(gradient).all()
    assert gradient[0].item() == pytest.approx(cos(0.5))


def test_combined_margins_are_those_of_its_parts():
    z, w = drawn()
    for combined, alone in (
        (CombinedMargin(angle=0.0, cosine=0.35), CosFace(margin=0.35)),
        (CombinedMargin(angle=0.5, cosine=0.0), ArcFace(margin=0.5)),
    ):
        agree(combined(z, w, labels=LABELS), alone(z, w, labels=LABELS), z, w)


def test_without_a_margin_it_is_the_softmax_over_normalised_weights():
    """Which InfoNCE is, too, given prototypes; and ProxyNCA++ at half its temperature, which measures distances."""
    z, w = drawn()
    head = CosFace(margin=0.0, temperature=0.05)(z, w, labels=LABELS)
    relation = SameKey(LABELS, torch.arange(K), prototypes=True)
    agree(head, cross_entropy(normalize(z) @ normalize(w).T / 0.05, LABELS), z, w)
    agree(
        CosFace(margin=0.0, temperature=0.05)(z, w, labels=LABELS),
        InfoNCE(temperature=0.05)(z, w, relation=relation), z, w,
    )  # fmt: skip
    squared = torch.cdist(normalize(z), normalize(w)).square()
    agree(InfoNCE(temperature=0.05)(z, w, relation=relation), cross_entropy(-squared / 0.1, LABELS), z, w)


def test_proxy_anchor_by_hand():
    """Two rows of class 0, none of class 1: one proxy pulls, and both push."""
    found = ProxyAnchor(temperature=0.5, margin=0.1)(AXES, AXES, labels=torch.tensor([0, 0]))
    pull = log(1 + exp(-(1 - 0.1) / 0.5) + exp(0.1 / 0.5))
    push = (log(1) + log(1 + exp(0.1 / 0.5) + exp((1 + 0.1) / 0.5))) / 2
    assert found.item() == worth(pull + push)


def test_proxy_anchor_pushes_rows_of_no_class():
    z, w = drawn()
    with_more = ProxyAnchor()(torch.cat([z, z[:1]]), w, labels=torch.cat([LABELS, torch.tensor([-1])]))
    assert with_more > ProxyAnchor()(z, w, labels=LABELS)


def test_z_loss_does_not_see_shift_and_scale():
    g = torch.Generator().manual_seed(1)
    outputs = torch.randn(N, K, generator=g, dtype=torch.float64)
    relation = SameKey(LABELS, torch.arange(K), prototypes=True)
    plain = ZLoss(similarity=Dot())(outputs, torch.eye(K).double(), relation=relation)
    moved = ZLoss(similarity=Dot())(3 * outputs + 7, torch.eye(K).double(), relation=relation)
    torch.testing.assert_close(plain, moved)
    z = (outputs - outputs.mean(1, keepdim=True)) / outputs.std(1, keepdim=True, correction=0)
    expected = torch.nn.functional.softplus(2 - z[torch.arange(N), LABELS]).mean()
    torch.testing.assert_close(plain, expected)


def test_z_loss_of_equal_outputs_is_that_of_the_mean():
    assert ZLoss(a=1.0, b=2.0)(AXES[:1], AXES[[1, 1]], labels=OWN).item() == worth(log(1 + exp(2)))


def test_taylor_softmax_is_a_softmax_for_small_outputs():
    z, w = drawn()
    relation = SameKey(LABELS, torch.arange(K), prototypes=True)
    taylor = TaylorSoftmax(temperature=100.0)(z, w, labels=LABELS)
    # Third-order terms are what is missing: 1e-6.
    assert taylor.item() == pytest.approx(InfoNCE(temperature=100.0)(z, w, relation=relation).item(), abs=1e-6)


def test_harmonic_loss_does_not_see_a_common_scale_or_shift():
    z, w = drawn()
    found = Harmonic(exponent=3.0)(z, w, labels=LABELS)
    torch.testing.assert_close(found, Harmonic(exponent=3.0)(10 * z, 10 * w, labels=LABELS))
    torch.testing.assert_close(found, Harmonic(exponent=3.0)(z + 1, w + 1, labels=LABELS))


def test_harmonic_loss_is_cross_entropy_of_logarithms_of_distances():
    z, w = drawn()
    agree(Harmonic(exponent=3.0)(z, w, labels=LABELS), cross_entropy(-3 * torch.cdist(z, w).log(), LABELS), z, w)


def test_harmonic_loss_is_zero_at_the_centre():
    assert Harmonic()(AXES, AXES, labels=torch.arange(2)).item() == pytest.approx(0.0, abs=1e-12)


def test_sparsemax_is_the_projection_onto_the_simplex():
    """Of all points of a grid on the simplex, none is nearer."""
    g = torch.Generator().manual_seed(2)
    z = torch.randn(5, 3, generator=g, dtype=torch.float64)
    p = sparsemax(z)
    steps = torch.arange(101, dtype=torch.float64) / 100
    a, b = torch.meshgrid(steps, steps, indexing="ij")
    grid = torch.stack([a, b, 1 - a - b], -1).flatten(0, 1)
    grid = grid[grid[:, 2] >= 0]
    assert (p >= 0).all()
    torch.testing.assert_close(p.sum(1), torch.ones(5, dtype=torch.float64))
    distance = torch.cdist(z, grid).amin(1)
    assert ((z - p).norm(dim=1) <= distance + 1e-12).all()
    assert (p == 0).any()


def test_sparsemax_jacobian_is_that_of_its_support():
    z = torch.tensor([1.0, 0.7, 0.5, -2.0], dtype=torch.float64)
    s = (sparsemax(z) > 0).double()
    assert s.sum() == 3
    expected = torch.diag(s) - s[:, None] * s / s.sum()
    torch.testing.assert_close(torch.autograd.functional.jacobian(sparsemax, z), expected)


def test_sparsemax_loss_has_the_gradient_of_its_paper():
    """Sparsemax minus the target, whatever the number of labels."""
    g = torch.Generator().manual_seed(3)
    outputs = torch.randn(4, 5, generator=g, dtype=torch.float64).requires_grad_()
    classes = torch.tensor([[0, 1], [2, -1], [4, 3], [1, -1]])
    loss = Sparsemax(temperature=1.0, similarity=Dot())
    found = loss(outputs, torch.eye(5).double(), relation=Members(classes, 5))
    target = torch.tensor([[0.5, 0.5, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0.5, 0.5], [0, 1, 0, 0, 0]])
    (gradient,) = torch.autograd.grad(found, outputs)
    torch.testing.assert_close(gradient, (sparsemax(outputs.detach()) - target) / 4)


def test_a_sparsemax_loss_is_zero_once_the_class_leads_by_one():
    outputs = torch.tensor([[2.0, 1.0, -3.0]])
    assert Sparsemax(temperature=1.0, similarity=Dot())(outputs, torch.eye(3), labels=OWN).item() == 0.0


def test_mlcd_judges_positives_and_negatives_apart():
    """The gradient of a positive class does not see the negatives."""
    outputs = torch.tensor([[0.5, -0.2, 0.1, 0.9]], dtype=torch.float64)
    classes = Members(torch.tensor([[0, 1]]), 4)

    def gradient(changed: float) -> torch.Tensor:
        moved = (outputs + torch.tensor([0, 0, changed, 0])).requires_grad_()
        loss = MLCD(temperature=1.0, similarity=Dot())(moved, torch.eye(4).double(), relation=classes)
        return torch.autograd.grad(loss, moved)[0]

    assert torch.equal(gradient(0.0)[:, :2], gradient(3.0)[:, :2])
    by_hand = log(1 + exp(0.1) + exp(0.9)) + log(1 + exp(-0.5) + exp(0.2))
    loss = MLCD(temperature=1.0, similarity=Dot())(outputs, torch.eye(4).double(), relation=classes)
    assert loss.item() == worth(by_hand)


@pytest.mark.parametrize("head", HEADS, ids=str)
def test_rows_without_a_class_are_left_out_of_means_over_rows(head):
    if isinstance(head, ProxyAnchor):
        pytest.skip("its means are over proxies")
    z, w = drawn()
    some = torch.tensor([0, 2, 5])
    labels = torch.full((N,), -1)
    labels[some] = LABELS[some]
    with pytest.warns(UserWarning, match="4 of 7 anchors have no positive"):
        found = head(z, w, labels=labels)
    torch.testing.assert_close(found, head(z[some], w, labels=LABELS[some]))


@pytest.mark.parametrize("head", HEADS, ids=str)
def test_bad_calls(head):
    z, w = drawn()
    with pytest.raises(InputError, match="labels go up to 3, and candidates hold 2 rows"):
        head(z, w[:2], labels=LABELS)
    with pytest.raises(InputError, match="candidates must be one row per class"):
        head(z, labels=LABELS)
    with pytest.raises(InputError, match=r"none of the \d anchors has a positive"):
        head(z, w, labels=torch.full((N,), -1))


def test_a_margin_can_be_learnt():
    z, w = drawn()
    margin = torch.tensor(0.5, requires_grad=True)
    ArcFace()(z, w, labels=LABELS, margin=margin).backward()
    assert margin.grad > 0


@pytest.mark.parametrize(("make", "name"), [(CosFace, "temperature"), (ZLoss, "a"), (Harmonic, "exponent")])
def test_settings_that_must_be_positive(make, name):
    with pytest.raises(InputError, match=f"{name} must be a positive number"):
        make(**{name: 0.0})
