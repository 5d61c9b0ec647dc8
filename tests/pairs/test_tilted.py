"""Weights of rows on either side of a softmax."""

import pytest
import torch
from torch.nn.functional import cross_entropy, normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import InfoNCE
from counterpoint.pairs import Tilted
from counterpoint.pairwise import Plan, SameKey

N, D = 6, 4
ROWS = torch.arange(N)
SAME = SameKey(ROWS, ROWS)


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_the_softmax_is_corrected_for_how_likely_a_candidate_was_drawn():
    """log Q is taken from every logit; of the positive's it leaves out a constant."""
    a, b, q = drawn(N, D), drawn(N, D, seed=1), torch.softmax(drawn(N, seed=2), 0)
    tilted = Tilted(inner=SAME, anchors=torch.zeros_like(q), candidates=-q.log())
    found = InfoNCE(temperature=0.2)(a, b, relation=tilted, plan=Plan(rows=4, cols=2))
    logits = normalize(a) @ normalize(b).T / 0.2 - q.log()
    torch.testing.assert_close(found, cross_entropy(logits, ROWS) - q.log().mean())


def test_what_an_anchor_weighs_moves_no_softmax_over_candidates():
    a, b, strength = drawn(N, D).requires_grad_(), drawn(N, D, seed=1), drawn(N, seed=2)
    tilted = Tilted(inner=SAME, anchors=strength, candidates=torch.zeros_like(strength), scale=3.0)
    found, plain = InfoNCE()(a, b, relation=tilted), InfoNCE()(a, b)
    torch.testing.assert_close(found, plain + 3 * strength.mean())
    torch.testing.assert_close(torch.autograd.grad(found, a), torch.autograd.grad(plain, a))


@pytest.mark.parametrize(
    ("anchors", "candidates", "scale", "message"),
    [
        (torch.zeros(N - 1), torch.zeros(N), 1.0, "anchors must be 6 finite numbers"),
        (torch.zeros(N), torch.zeros(N, dtype=torch.int64), 1.0, "candidates must be 6 finite numbers"),
        (torch.zeros(N), torch.full((N,), float("nan")), 1.0, "candidates must be 6 finite numbers"),
        (torch.full((N,), 50.0), torch.full((N,), -50.0), 1.0, "must stay below 80, .* it may reach 100"),
        (torch.ones(N), torch.ones(N), float("inf"), "must stay below 80"),
    ],
)
def test_numbers_must_fit(anchors, candidates, scale, message):
    with pytest.raises(InputError, match=message):
        Tilted(inner=SAME, anchors=anchors, candidates=candidates, scale=scale)
