"""Step predictors: which rows they compare, and CPC's score."""

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.encoders import StepPredictors

N, T, C, D = 2, 5, 3, 4


def sequences():
    g = torch.Generator().manual_seed(0)
    return torch.randn(N, T, C, generator=g), torch.randn(N, T, D, generator=g)


def test_predictions_meet_what_comes_k_steps_later():
    context, latent = sequences()
    heads = StepPredictors(C, D, steps=2)
    for k, (predicted, later) in enumerate(heads(context, latent), start=1):
        scores = predicted @ later.T
        for row, (n, t) in enumerate((n, t) for n in range(N) for t in range(T - k)):
            expected = latent[n, t + k] @ heads.maps[k - 1].weight @ context[n, t]
            torch.testing.assert_close(scores[row, row], expected)


def test_every_step_learns():
    heads = StepPredictors(C, D, steps=3)
    sum((predicted * later).sum() for predicted, later in heads(*sequences())).backward()
    assert all(head.weight.grad.abs().max() > 0 for head in heads.maps)
    assert len(list(heads.parameters())) == 3


def test_bad_input():
    context, latent = sequences()
    with pytest.raises(InputError, match="at least 1 dimension and 1 step"):
        StepPredictors(C, D, steps=0)
    with pytest.raises(InputError, match="context and latent must be"):
        StepPredictors(C, D, steps=1)(context[:, :4], latent)
    with pytest.raises(InputError, match="5 steps ahead need sequences longer than that, got T = 5"):
        StepPredictors(C, D, steps=5)(context, latent)
