"""Pairs weighed by quality, replicated, and seen through gates."""

import pytest
import torch
from queue_work import drawn
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import InfoNCE
from counterpoint.pairs import class_pair_keys, gated_pairs, quality_weights, replicated, view_quality
from counterpoint.pairwise import SameKey

N, D = 6, 4


def test_quality_is_foregrounds_less_backgrounds():
    """Maps from 0 to 1, normalised over the view, as the public code has them."""
    first, second, direction = drawn(N, 5, D, seed=0), drawn(N, 7, D, seed=1), drawn(D, seed=2)
    for i, found in enumerate(view_quality(first, second, direction)):
        parts = []
        for tokens in (first[i], second[i]):
            height = tokens @ direction
            front = (height - height.min()) / (height.max() - height.min())
            parts.append((front / front.sum() @ tokens, (1 - front) / (1 - front).sum() @ tokens))
        (a, b), (c, d) = parts
        expected = normalize(a, dim=0) @ normalize(c, dim=0) - normalize(b, dim=0) @ normalize(d, dim=0)
        torch.testing.assert_close(found, expected)


def test_a_view_that_keeps_the_object_on_a_new_background_is_better_than_one_that_loses_it():
    thing, grass, sand = torch.eye(3, dtype=torch.float64)
    view = torch.stack([thing, grass, grass])
    kept, lost = torch.stack([thing, sand, sand]), torch.stack([sand, grass, grass])
    good, bad = view_quality(torch.stack([view, view]), torch.stack([kept, lost]), thing)
    assert good > 0.9 > bad
    flat = torch.ones(1, 3, 3)
    assert view_quality(flat, flat, thing.float()).item() == pytest.approx(0, abs=1e-6)


def test_weights_are_a_softmax_that_is_one_on_average():
    quality = drawn(N, seed=0).requires_grad_()
    weights = quality_weights(quality, sharpness=2.0)
    torch.testing.assert_close(weights, N * (2 * quality.detach()).softmax(0))
    assert not weights.requires_grad
    assert torch.equal(quality_weights(quality, sharpness=0.0), torch.ones(N, dtype=torch.float64))
    a, b = drawn(N, D, seed=1), drawn(N, D, seed=2)
    s = normalize(a) @ normalize(b).T / 0.1
    expected = (weights * (s.logsumexp(1) - s.diagonal())).mean()
    torch.testing.assert_close(InfoNCE(temperature=0.1)(a, b, weights=weights), expected)


def test_replicated_pairs_count_as_copies_do():
    a, b = drawn(N, D, seed=1).requires_grad_(), drawn(N, D, seed=2).requires_grad_()
    times = torch.tensor([3, 1, 1, 2, 1, 1])
    rows = torch.arange(N).repeat_interleave(times)
    expected = InfoNCE()(a[rows], b[rows], relation=SameKey(rows, rows))
    found = replicated(a, b, times).under(InfoNCE())
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(torch.autograd.grad(found, (a, b)), torch.autograd.grad(expected, (a, b)))
    torch.testing.assert_close(replicated(a, b, torch.ones(N)).under(InfoNCE()), InfoNCE()(a, b))


def test_rows_are_seen_through_the_gate_of_their_pair():
    a, b = drawn(N, D, seed=1), drawn(N, D, seed=2)
    gates = drawn(N, D, seed=3).sigmoid().requires_grad_()
    s = normalize(gates * a) @ normalize(gates * b).T / 0.07
    expected = (s.logsumexp(1) - s.diagonal()).mean()
    found = gated_pairs(a, b, gates).under(InfoNCE())
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(torch.autograd.grad(found, gates), torch.autograd.grad(expected, gates))


def test_open_gates_change_nothing_and_closed_features_do_not_count():
    a, b = drawn(N, D, seed=1), drawn(N, D, seed=2)
    torch.testing.assert_close(gated_pairs(a, b, torch.ones(D)).under(InfoNCE()), InfoNCE()(a, b))
    half = torch.tensor([1.0, 1.0, 0.0, 0.0])
    torch.testing.assert_close(gated_pairs(a, b, half).under(InfoNCE()), InfoNCE()(a[:, :2], b[:, :2]))


def test_pairs_of_the_same_two_classes_share_a_key():
    first, second = torch.cartesian_prod(torch.arange(3), torch.arange(3)).T
    keys = class_pair_keys(first, second, classes=3)
    assert torch.equal(keys, class_pair_keys(second, first, classes=3))
    assert len(keys.unique()) == 6
    a, b = drawn(9, D, seed=1), drawn(9, D, seed=2)
    found = gated_pairs(a, b, torch.ones(9, D), keys).under(InfoNCE())
    torch.testing.assert_close(found, InfoNCE()(a, b, labels=keys))


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda x: view_quality(x, x, x[0]), r"must be \[N, L, D\]"),
        (lambda x: view_quality(x[None], x[None], x[0, :2]), r"direction must be \[4\]"),
        (lambda x: quality_weights(x), r"quality must be \[N\] and finite"),
        (lambda x: quality_weights(x[0] / 0), "finite"),
        (lambda x: quality_weights(x[0], sharpness=-1.0), "sharpness must be at least 0"),
        (lambda x: replicated(x, x, torch.zeros(N)), "times must be 6 positive numbers"),
        (lambda x: gated_pairs(x, x, x[:2]), r"gates \[N, D\] or \[D\]"),
        (lambda x: class_pair_keys(torch.tensor([0]), torch.tensor([3]), classes=3), "from 0 to 2, got 0 to 3"),
    ],
)
def test_bad_calls(call, why):
    with pytest.raises(InputError, match=why):
        call(drawn(N, D, seed=0))
