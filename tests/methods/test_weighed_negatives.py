"""Negatives that weigh what a network learns, or how strong their community is."""

import pytest
import torch
from torch.nn.functional import cross_entropy, normalize
from weighed_work import SHARES, D, N, adaptive, outcomes, strength, views, work

from counterpoint.base.errors import InputError
from counterpoint.methods import AdaptiveNegatives, TeamUp
from counterpoint.objectives import CLIP
from counterpoint.pairwise import DENSE, Plan
from processes import together


def printed(module, anchors, candidates):
    """``-log(e^{l_ii} / sum_j w_ij e^{l_ij})``, the network applied to the sum of every two rows."""
    a, b = normalize(anchors), normalize(candidates)
    w = torch.sigmoid(module.outer(torch.tanh(module.inner(a[:, None] + b))))[:, :, 0]
    if module.loss.levelled:
        own = torch.eye(len(a), dtype=torch.bool)
        w = torch.where(own, 1.0, w / (w.masked_fill(own, 0).sum(1, keepdim=True) / (len(a) - 1)))
    logits = a @ b.T / module.temperature
    return ((w * logits.exp()).sum(1).log() - logits.diagonal()).mean(), w


@pytest.mark.parametrize("levelled", [False, True])
@pytest.mark.parametrize("plan", [DENSE, Plan(rows=3, cols=2)], ids=["dense", "tiled"])
def test_adaptive_negatives_are_the_equation_in_value_and_every_gradient(levelled, plan):
    module, x = adaptive(levelled=levelled), views().requires_grad_()
    found, (expected, weights) = module(x[0], x[1], plan=plan), printed(module, x[0], x[1])
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(module.weights(x[0], x[1]), weights)
    leaves = [x, *module.parameters()]
    for one, other in zip(torch.autograd.grad(found, leaves), torch.autograd.grad(expected, leaves), strict=True):
        torch.testing.assert_close(one, other)


def test_smaller_weights_are_a_way_to_a_lower_loss_unless_levelled():
    for levelled, moves in ((False, True), (True, False)):
        module, x = adaptive(levelled=levelled), views()
        before = module(x[0], x[1])
        with torch.no_grad():
            module.outer.weight.zero_()  # the same weight for all: what remains is its size
            even = module(x[0], x[1])
            module.outer.bias.fill_(-5.0)
        assert (module(x[0], x[1]) < even - 0.1) == moves
        assert before != even


def team(rows, other, s, g, t):
    """The Team-up objective as printed, in one direction."""
    logits = (normalize(rows) @ normalize(other).T + g * (s[:, None] + s)) / t
    return cross_entropy(logits, torch.arange(len(s)))


@pytest.mark.parametrize(("step", "g"), [(0, 0.0), (20, 0.0), (45, 0.5), (90, 0.8)])
def test_team_up_grows_after_its_warm_up_and_has_the_gradient_of_the_equation(step, g):
    x, s = views().requires_grad_(), strength()
    loss = TeamUp(s, temperature=0.3, warm=20, stride=50.0, most=0.8)
    assert loss.share(step) == pytest.approx(g)
    found = loss(x[0], x[1], step)
    expected = (team(x[0], x[1], s, g, 0.3) + team(x[1], x[0], s, g, 0.3)) / 2
    torch.testing.assert_close(found, expected + 2 * g / 0.3 * s.mean())  # strengths of positives are left out
    torch.testing.assert_close(*(torch.autograd.grad(one, x)[0] for one in (found, expected)))


def test_team_up_of_some_nodes_is_that_of_their_strengths():
    x, s, some = views(), strength(), torch.tensor([5, 0, 3])
    found = TeamUp(s)(x[0, some], x[1, some], 50, some)
    torch.testing.assert_close(found, TeamUp(s[some])(x[0, some], x[1, some], 50))
    torch.testing.assert_close(TeamUp(s, most=0.0)(*x, 50), CLIP(temperature=0.4)(*x))


def test_two_processes_equal_one():
    """Rows have their own gradients, parameters the mean over ranks."""
    whole, ranks = outcomes(slice(None)), together(work, 2)
    for name, (loss, rows, *learnt) in whole.items():
        for share, rank in zip(SHARES, ranks, strict=True):
            torch.testing.assert_close(rank[name][0], loss)
            torch.testing.assert_close(rank[name][1] / 2, rows[:, share])
        for k, one in enumerate(learnt, 2):
            torch.testing.assert_close(sum(rank[name][k] for rank in ranks) / 2, one)


def test_what_does_not_fit_is_one_clear_error():
    x = views()
    with pytest.raises(InputError, match=r"candidates must be \[N, 5\], got \[7, 4\]"):
        adaptive(levelled=False)(x[0], x[1, :, :4])
    with pytest.raises(InputError, match="two pairs or more"):
        adaptive(levelled=True)(x[0, :1], x[1, :1])
    with pytest.raises(InputError, match="dim and hidden must be at least 1"):
        AdaptiveNegatives(D, hidden=0)
    with pytest.raises(InputError, match="3 rows for 7 nodes"):
        TeamUp(strength())(x[0, :3], x[1, :3], 0)
    with pytest.raises(InputError, match="strength must be finite numbers"):
        TeamUp(torch.arange(N))
    with pytest.raises(InputError, match="warm must be"):
        TeamUp(strength(), warm=-1)
