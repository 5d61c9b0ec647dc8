"""Transport along a graph: the plan's masses, the loss at its smallest, and soft targets made of a plan."""

import pytest
import torch
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import SIGROT, SoftTargets
from counterpoint.objectives.transport import transport_plan, unbalanced_plan
from counterpoint.pairwise import Explicit

N, M, D = 6, 8, 5


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def similarities() -> torch.Tensor:
    return normalize(drawn(N, D)) @ normalize(drawn(M, D, seed=1)).T


def everything() -> torch.Tensor:
    return torch.ones(N, M, dtype=torch.bool)


def test_a_tight_plan_keeps_all_masses():
    plan = unbalanced_plan(similarities() / 0.2, everything(), iterations=200, fidelity=1.0).exp()
    torch.testing.assert_close(plan.sum(1), torch.ones(N, dtype=torch.float64))
    torch.testing.assert_close(plan.sum(0), torch.full((M,), N / M, dtype=torch.float64))
    balanced = transport_plan(similarities() / 0.2, everything(), iterations=200, fidelity=1.0).exp()
    torch.testing.assert_close(plan, balanced)


def test_a_loose_plan_is_a_minimum():
    """No plan nearby costs less: cost, entropy and both divergences from the masses as the paper has them."""
    epsilon, rho, s = 0.2, 0.5, similarities()

    def price(plan):
        def divergence(mass, wanted):
            return (mass * torch.log(mass / wanted) - mass + wanted).sum()

        entropy = -(plan * (torch.log(plan) - 1)).sum()
        kept = divergence(plan.sum(1), 1 / N) + divergence(plan.sum(0), 1 / M)
        return (plan * (1 - s)).sum() - epsilon * entropy + rho * kept

    found = unbalanced_plan((s - 1) / epsilon, everything(), iterations=300, fidelity=rho / (rho + epsilon)).exp() / N
    found.requires_grad_()
    (slope,) = torch.autograd.grad(price(found), found)
    assert slope.abs().max() < 1e-9


def test_the_graph_of_the_plan_itself_costs_nothing():
    a, b, t = drawn(N, D), drawn(N, D, seed=1), 0.2
    logits = (normalize(a) @ normalize(b).T - 1) / t
    plan = unbalanced_plan(logits, torch.ones(N, N, dtype=torch.bool), iterations=400, fidelity=1 - 1e-9).exp()
    loss = SIGROT(temperature=t, relaxation=t * 1e9, smoothing=0.0, iterations=400)
    assert loss(a, b, relation=Explicit.graded(plan)).abs() < 1e-6
    assert loss(a, b, relation=Explicit.graded(plan.flip(1))) > 0.1


def test_an_impossible_graph_is_refused():
    with pytest.raises(InputError, match="SIGROT needs a positive weight for every pair"):
        SIGROT(smoothing=0.0)(drawn(4, D), drawn(4, D, seed=1))


def test_a_plan_can_be_soft_targets():
    """Entropic and unbalanced plans of a teacher as targets of a softmax: a cross-entropy with their rows."""
    a, b, s = drawn(N, D, seed=2), drawn(M, D, seed=3), similarities()
    plan = unbalanced_plan(s / 0.1, everything(), iterations=50, fidelity=0.8).exp()
    found = SoftTargets(temperature=0.3)(a, b, relation=Explicit.graded(plan))
    target = plan / plan.sum(1, keepdim=True)
    expected = -(target * torch.log_softmax(normalize(a) @ normalize(b).T / 0.3, 1)).sum(1).mean()
    torch.testing.assert_close(found, expected)
