"""Losses that label their own rows: SwAV against its public form, DEC against its own, and what both refuse."""

from math import log

import pytest
import torch
from law_cases import cases
from law_checks import outcome, same
from torch.nn.functional import kl_div, log_softmax, normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import DEC, SwAV, sinkhorn

N, V, K, D = 6, 3, 4, 5


def drawn(views: int = V) -> tuple[torch.Tensor, torch.Tensor]:
    g = torch.Generator().manual_seed(8)
    views_NVD = torch.randn(N, views, D, generator=g, dtype=torch.float64).requires_grad_()
    return views_NVD, torch.randn(K, D, generator=g, dtype=torch.float64).requires_grad_()


def agree(ours, theirs, *leaves):
    torch.testing.assert_close(ours, theirs)
    for one, other in zip(torch.autograd.grad(ours, leaves), torch.autograd.grad(theirs, leaves), strict=True):
        torch.testing.assert_close(one, other)


@torch.no_grad()
def public_codes(scores: torch.Tensor, epsilon: float, iterations: int) -> torch.Tensor:
    """As the authors have it: a K x N matrix of mass 1, scaled to marginals 1/K and 1/N in turns."""
    q = torch.exp(scores / epsilon).T
    q /= q.sum()
    for _ in range(iterations):
        q *= (1 / K / q.sum(1))[:, None]
        q *= (1 / N / q.sum(0))[None, :]
    return (q / q.sum(0, keepdim=True)).T


def test_swav_is_the_public_loss():
    views, prototypes = drawn()
    scores = [normalize(view) @ normalize(prototypes).T for view in views.unbind(1)]
    expected = torch.zeros((), dtype=torch.float64)
    for t in range(2):
        codes = public_codes(scores[t], 0.05, 3)
        others = [v for v in range(V) if v != t]
        expected = expected - sum((codes * log_softmax(scores[v] / 0.1, 1)).sum(1).mean() for v in others) / len(others)
    agree(SwAV()(views, prototypes), expected / 2, views, prototypes)


def test_codes_use_every_prototype_alike():
    scores = torch.randn(12, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    scores[:, 0] += 1.0  # without the constraint everything would go there
    codes = sinkhorn(scores, epsilon=0.5, iterations=200)
    torch.testing.assert_close(codes.sum(1), torch.ones(12, dtype=torch.float64))
    torch.testing.assert_close(codes.sum(0), torch.full((4,), 3.0, dtype=torch.float64))
    assert (scores.argmax(1) == 0).sum() > 6


def test_hard_codes_do_not_overflow():
    codes = sinkhorn(torch.randn(6, 4), epsilon=1e-4, iterations=3)
    assert torch.isfinite(codes).all()
    torch.testing.assert_close(codes.sum(1), torch.ones(6))


def test_swav_of_two_equal_views_over_as_many_prototypes():
    """Rows on their own prototype: codes are one-hot, the prediction a softmax of 1 and three 0 over 0.1."""
    eye = torch.eye(4, dtype=torch.float64)
    found = SwAV(epsilon=0.01)(torch.stack([eye, eye], 1), eye)
    assert found.item() == pytest.approx(
        log(1 + 3 * torch.exp(torch.tensor(-10.0, dtype=torch.float64)).item()), rel=1e-9
    )


def test_small_crops_predict_and_are_not_predicted():
    views, prototypes = drawn(views=4)
    moved = views.detach().clone()
    moved[:, 3] += 1.0
    s = SwAV().score(views, prototypes)
    held = SwAV().targets(SwAV().labelled(s))
    assert held.shape == (N, 2, K)
    torch.testing.assert_close(held, SwAV().targets(SwAV().labelled(SwAV().score(moved, prototypes))))
    assert SwAV()(moved, prototypes) != SwAV()(views, prototypes)


def test_dec_is_the_public_loss():
    views, centres = drawn(views=1)
    z = views[:, 0]
    q = 1 / (1 + torch.cdist(z, centres).square())
    q = q / q.sum(1, keepdim=True)
    p = q.detach() ** 2 / q.detach().sum(0)
    p = p / p.sum(1, keepdim=True)
    agree(DEC()(z, centres), kl_div(q.log(), p, reduction="batchmean"), views, centres)


def test_dec_of_several_views_is_their_mean():
    views, centres = drawn(views=2)
    each = [DEC()(view, centres) for view in views.unbind(1)]
    agree(DEC()(views, centres), sum(each) / 2, views, centres)


@pytest.mark.parametrize("loss", [SwAV(), DEC()], ids=str)
def test_mutants_are_rejected(loss):
    """Targets with a gradient, the wrong sign, and targets of each rank's rows alone are other losses."""
    kind = type(loss)
    (case, *_) = cases(loss)
    expected = outcome(loss, case)

    def other(**methods):
        return outcome(type("Mutant", (kind,), methods)(), case)

    same(other(), expected)
    for mutant in (
        {"losses": lambda self, s, q: -kind.losses(self, s, q)},
        {"losses": lambda self, s, q: kind.losses(self, (s + s.detach()) / 2, q)},
        {"targets": lambda self, s: torch.cat([kind.targets(self, part) for part in s.split(3)])},
    ):
        with pytest.raises(AssertionError):
            same(other(**mutant), expected)


@pytest.mark.parametrize("loss", [SwAV(), DEC()], ids=str)
def test_weights_count_rows_in_the_mean_and_not_in_targets(loss):
    views, prototypes = drawn(views=2)
    weights = torch.tensor([1.0, 0.0, 2.0, 0.0, 1.0, 0.0])
    found = loss(views, prototypes, weights=weights)
    s = loss.score(views, prototypes)
    with torch.no_grad():
        targets = loss.targets(loss.labelled(s))
    torch.testing.assert_close(found, (loss.losses(s, targets) * weights).sum() / 4)


def test_a_temperature_is_learnt_and_the_entropy_of_codes_is_not():
    views, prototypes = drawn()
    temperature = torch.tensor(0.1, requires_grad=True)
    SwAV()(views, prototypes, temperature=temperature).backward()
    assert temperature.grad.abs() > 0
    assert SwAV().numbers() == ("temperature",)
    with pytest.raises(InputError, match="SwAV has no number 'epsilon' to learn; it has \\['temperature'\\]"):
        SwAV()(views, prototypes, epsilon=temperature)


def test_bad_calls():
    views, prototypes = drawn()
    with pytest.raises(InputError, match=r"SwAV compares views: give two or more, \[N, V, D\]"):
        SwAV()(views[:, 0], prototypes)
    with pytest.raises(InputError, match="candidates must be the prototypes"):
        SwAV()(views)
    with pytest.raises(InputError, match="SwAV assigns 4 views, and there are 3"):
        SwAV(assigned=4)(views, prototypes)
    with pytest.raises(InputError, match="candidates has D = 4, but the anchors have D = 5"):
        SwAV()(views, prototypes[:, :4])
    with pytest.raises(InputError, match="labels cannot be used here: SwAV labels its rows itself"):
        SwAV()(views, prototypes, labels=torch.arange(N))
    with pytest.raises(InputError, match="epsilon must be a positive number"):
        SwAV(epsilon=0.0)
    with pytest.raises(InputError, match="iterations must be a whole number, at least 1, got 0"):
        SwAV(iterations=0)


def test_what_would_not_fit_is_refused():
    small = type("Small", (SwAV,), {"most_entries": 10})()
    with pytest.raises(InputError, match=r"keeps a score for every row .*, here 72; it goes up to 10"):
        small(*drawn())
