"""Several centres for every class: against a peer, and where it is another loss."""

import pytest
import torch
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import CentreMerging, CosFace, SoftTriple
from counterpoint.pairwise import SameKey, Weighted

N, D, K, C = 9, 5, 4, 3
LABELS = torch.tensor([0, 1, 2, 3, 3, 1, 0, 2, 2])


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).requires_grad_()


def agree(one, other, *leaves):
    torch.testing.assert_close(one, other)
    for left, right in zip(torch.autograd.grad(one, leaves), torch.autograd.grad(other, leaves), strict=True):
        torch.testing.assert_close(left, right)


def test_one_centre_is_cosface():
    z, w = drawn(N, D), drawn(K, D, seed=1)
    one = SoftTriple(temperature=0.1, margin=0.2, centres=1)(z, w, labels=LABELS)
    agree(one, CosFace(temperature=0.1, margin=0.2)(z, w, labels=LABELS), z, w)


def test_equal_centres_are_one():
    z, w = drawn(N, D), drawn(K, D, seed=1)
    several = SoftTriple(centres=C)(z, w.repeat_interleave(C, 0), labels=LABELS)
    torch.testing.assert_close(several, SoftTriple(centres=1)(z, w, labels=LABELS))


def test_merging_by_pdist():
    w = drawn(K, C, D)
    expected = sum(torch.pdist(normalize(one)).sum() for one in w) / (K * C * (C - 1))
    agree(CentreMerging()(w), expected, w)


@pytest.mark.parametrize(
    ("rows", "labels", "message"),
    [
        (K * C + 1, LABELS, f"candidates must be {C} rows per class, and {K * C + 1} is no multiple of {C}"),
        (K * C - C, LABELS, f"labels go up to 3, and candidates hold {K * C - C} rows, {C} per class"),
    ],
)
def test_centres_must_fit(rows, labels, message):
    with pytest.raises(InputError, match=message):
        SoftTriple(centres=C)(drawn(N, D), drawn(rows, D), labels=labels)


def test_pairs_cannot_be_weighed():
    relation = Weighted(
        SameKey(LABELS, torch.arange(K).repeat_interleave(C), prototypes=True), torch.full((N, K * C), 0.5)
    )
    with pytest.raises(InputError, match="relation weighs its pairs by more than 0 and 1, and SoftTriple cannot"):
        SoftTriple(centres=C)(drawn(N, D), drawn(K * C, D), relation=relation)


def test_a_class_of_weight_zero_takes_no_part():
    """Without class 3, whose own rows have no class left: the loss of the others among three classes."""
    z, w = drawn(N, D), drawn(K * C, D, seed=1)
    classes = torch.arange(K).repeat_interleave(C)
    relation = Weighted(SameKey(LABELS, classes, prototypes=True), (classes != 3).double().expand(N, -1))
    with pytest.warns(UserWarning, match="2 of 9 anchors have no positive"):
        found = SoftTriple(centres=C)(z, w, relation=relation)
    known = LABELS != 3
    torch.testing.assert_close(found, SoftTriple(centres=C)(z[known], w[: 3 * C], labels=LABELS[known]))
