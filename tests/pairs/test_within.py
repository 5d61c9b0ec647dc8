"""Negatives of the same group alone or weighed by groupings, and a covariance with a memory."""

import pytest
import torch
from torch.nn.functional import cross_entropy, normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import InfoNCE, NTXent, TiCo
from counterpoint.pairs import Apart, RunningTiCo, Within
from counterpoint.pairwise import Plan, SameKey

N, D = 6, 4


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_other_groups_are_left_out_of_the_softmax():
    a, b, groups, i = drawn(N, D), drawn(N, D, seed=1), torch.tensor([0, 0, 1, 1, 0, 1]), torch.arange(N)
    found = InfoNCE(temperature=0.2)(a, b, relation=Within(SameKey(i, i), groups, groups), plan=Plan(rows=4, cols=2))
    logits = normalize(a) @ normalize(b).T / 0.2
    apart = (groups[:, None] != groups[None, :]) & (i[:, None] != i[None, :])
    torch.testing.assert_close(found, cross_entropy(logits.masked_fill(apart, -torch.inf), i))


def test_several_groupings_must_all_agree():
    keys = torch.arange(4)
    groups = torch.tensor([[0, 0], [0, 1], [0, 0], [-1, 0]])
    everything = slice(None)
    tile = Within(SameKey(keys, keys), groups, groups).tile(everything, everything)
    expected = torch.zeros(4, 4, dtype=torch.bool)
    expected[0, 2] = expected[2, 0] = True
    assert torch.equal(tile.negative, expected)
    assert torch.equal(tile.positive, torch.eye(4, dtype=torch.bool))


def test_stacked_views_and_a_batch_of_one_group():
    z, other = drawn(N, D), drawn(N, D, seed=1)
    keys, groups = torch.arange(N).repeat(2), torch.zeros(2 * N, dtype=torch.int64)
    found = NTXent()(z, other, relation=Within(SameKey(keys, keys), groups, groups))
    torch.testing.assert_close(found, NTXent()(z, other))


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (torch.zeros(N), "anchor_groups must be integers"),
        (torch.zeros(N - 1, dtype=torch.int64), r"anchor_groups must be integers \[6\]"),
        (torch.zeros(N, 2, dtype=torch.int64), "of as many groupings"),
    ],
)
def test_groups_must_fit(groups, message):
    i = torch.arange(N)
    with pytest.raises(InputError, match=message):
        Within(SameKey(i, i), groups, torch.zeros(N, dtype=torch.int64))


def test_negatives_weigh_the_share_of_groupings_that_tell_them_apart():
    """MEOW's contrast, written out: what every grouping holds together takes no part."""
    a, b, i = drawn(N, D), drawn(N, D, seed=1), torch.arange(N)
    groups = torch.tensor([[0, 0], [0, 0], [0, 1], [1, 1], [-1, 1], [-1, 0]])
    found = InfoNCE(temperature=0.2)(a, b, relation=Apart(SameKey(i, i), groups, groups), plan=Plan(rows=4, cols=2))
    logits = normalize(a) @ normalize(b).T / 0.2
    weights = torch.zeros(N, N, dtype=torch.float64)
    for p in range(N):
        for q in range(N):
            together = [bool(groups[p, g] == groups[q, g] and groups[p, g] >= 0) for g in range(2)]
            weights[p, q] = 1.0 if p == q else 1 - sum(together) / 2
    assert weights[0, 1] == 0
    assert weights[4, 5] == 1  # nobody's group, and different ones
    expected = ((weights * logits.exp()).sum(1).log() - logits.diagonal()).mean()
    torch.testing.assert_close(found, expected)


def test_without_a_grouping_nothing_changes():
    a, b, i = drawn(N, D), drawn(N, D, seed=1), torch.arange(N)
    none = torch.zeros(N, 0, dtype=torch.int64)
    torch.testing.assert_close(InfoNCE()(a, b, relation=Apart(SameKey(i, i), none, none)), InfoNCE()(a, b))


def test_a_first_batch_is_the_loss_without_memory():
    a, b = drawn(N, D), drawn(N, D, seed=1)
    torch.testing.assert_close(RunningTiCo(D, rho=5.0, beta=0.8)(a, b), TiCo(rho=5.0, beta=0.8)(a, b))


def test_the_memory_is_all_earlier_rows():
    """z^T C z is the mean squared cosine with everything seen, older batches by powers of beta."""
    state, beta = RunningTiCo(D, rho=3.0, beta=0.6).double(), 0.6
    batches = [drawn(N, D, seed=s) for s in range(4)]
    losses = [state(z, z) for z in batches]
    z = normalize(batches[3])
    expected = sum(
        (1 - beta) * beta ** (3 - k) * (z @ normalize(one).T).square().mean() for k, one in enumerate(batches)
    )
    torch.testing.assert_close(losses[3], 3.0 * expected)
    assert state.moment.trace().item() == pytest.approx(1 - beta**4)


def test_evaluation_leaves_the_memory_alone_and_a_checkpoint_holds_it():
    state = RunningTiCo(D)
    state(drawn(N, D), drawn(N, D, seed=1))
    before = state.moment.clone()
    state.eval()(drawn(N, D, seed=2), drawn(N, D, seed=3))
    assert torch.equal(state.moment, before)
    again = RunningTiCo(D)
    again.load_state_dict(state.state_dict())
    assert torch.equal(again.moment, before)


def test_earlier_batches_get_no_gradient():
    state, first = RunningTiCo(D).double(), drawn(N, D).requires_grad_()
    state(first, first)
    second = drawn(N, D, seed=1).requires_grad_()
    state(second, second).backward()
    assert first.grad is None
    assert second.grad is not None


@pytest.mark.parametrize(("width", "message"), [(D + 1, r"\[N, 4\] of one shape"), (1, r"\[N, 4\] of one shape")])
def test_views_must_fit(width, message):
    with pytest.raises(InputError, match=message):
        RunningTiCo(D)(drawn(N, width), drawn(N, width))


@pytest.mark.parametrize("setting", [{"rho": 0.0}, {"beta": 1.0}, {"beta": -0.1}])
def test_settings_are_checked(setting):
    with pytest.raises(InputError, match="dim and rho must be positive"):
        RunningTiCo(D, **setting)
