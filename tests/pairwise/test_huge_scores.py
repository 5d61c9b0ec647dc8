"""Scores so large that their rounding is more than a unit: a softmax is its largest entry, streamed as dense."""

import pytest
import torch

from counterpoint.objectives import CLIP, InfoNCE, NTXent
from counterpoint.pairwise import DENSE, NegativeSquaredEuclidean, Plan

NEAR = NegativeSquaredEuclidean()


def found(objective, scale: float, dtype: torch.dtype, plan: Plan) -> list[torch.Tensor]:
    g = torch.Generator().manual_seed(0)
    a, b = ((scale * torch.randn(7, 4, generator=g)).to(dtype).requires_grad_() for _ in range(2))
    loss = objective(a, b, plan=plan)
    return [loss.detach(), *torch.autograd.grad(loss, (a, b))]


@pytest.mark.parametrize("plan", [DENSE, Plan(rows=2, cols=3), Plan(rows=3, cols=2, keep=40)], ids=str)
@pytest.mark.parametrize("scale", [1e4, 1e7, 1e10, 1e14, 1e15, 3e15, 1e16])
@pytest.mark.parametrize("objective", [one(similarity=NEAR) for one in (InfoNCE, CLIP, NTXent)], ids=str)
def test_value_and_gradient_are_those_of_float64(objective, scale, plan):
    for one, expected in zip(
        found(objective, scale, torch.float32, plan), found(objective, scale, torch.float64, DENSE), strict=True
    ):
        assert torch.isfinite(one).all()
        size = expected.abs().max().item()
        assert (one.double() - expected).abs().max().item() < 1e-4 * size


def test_moderate_scores_lose_nothing():
    """Where shares still mean something they are not touched: as many digits as the scores have."""
    streamed = found(InfoNCE(similarity=NEAR, temperature=1.0), 20.0, torch.float64, Plan(rows=2, cols=3))
    for one, expected in zip(
        streamed, found(InfoNCE(similarity=NEAR, temperature=1.0), 20.0, torch.float64, DENSE), strict=True
    ):
        torch.testing.assert_close(one, expected)
