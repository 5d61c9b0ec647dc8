"""Composed relations, entry by entry."""

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.pairwise import Explicit, Others, SameKey

# Positive, negative and ignored against each of them.
P = torch.tensor([[1, 1, 1, 0, 0, 0, 0, 0, 0]]).bool()
Q = torch.tensor([[0, 0, 0, 1, 1, 1, 0, 0, 0]]).bool()
A = Explicit(P, Q, torch.tensor([[2.0, 2, 2, 3, 3, 3, 1, 1, 1]]))
B = Explicit(
    torch.tensor([[1, 0, 0] * 3]).bool(), torch.tensor([[0, 1, 0] * 3]).bool(), torch.tensor([[5.0, 7, 1] * 3])
)


def entries(relation):
    tile = relation.tile(slice(None), slice(None))
    kinds = torch.where(tile.positive, 1, torch.where(tile.negative, -1, 0))[0].tolist()
    weight = [None if kind == 0 else one for kind, one in zip(kinds, tile.weight[0].tolist(), strict=True)]
    return kinds, weight


def test_either():
    assert entries(A | B) == ([1, 1, 1, 1, -1, 0, 1, 0, 0], [5, 2, 2, 5, 3, None, 5, None, None])


def test_both():
    assert entries(A & B) == ([1, -1, 0, -1, -1, 0, 0, 0, 0], [10, 14, None, 15, 21, None, None, None, None])


def test_restricted():
    assert entries(A * B) == ([1, 1, 0, -1, -1, 0, 0, 0, 0], [10, 14, None, 15, 21, None, None, None, None])


def test_opposite():
    assert entries(~A) == ([-1, -1, -1, 1, 1, 1, 0, 0, 0], [2, 2, 2, 3, 3, 3, None, None, None])
    assert entries(~~A) == entries(A)


def test_sparing():
    assert entries(A.sparing(B)) == ([1, 1, 1, 0, -1, -1, 0, 0, 0], [2, 2, 2, None, 3, 3, None, None, None])


def test_without_weights_there_are_none():
    keys = torch.tensor([0, 1, 0])
    one, other = SameKey(keys, keys), SameKey(keys + 1, keys)
    for relation in (one | other, one & other, one * other, ~one, one.sparing(other)):
        assert relation.tile(slice(None), slice(None)).weight is None


def test_a_composition_with_itself_is_itself():
    keys = torch.tensor([0, 1, 0, 2])
    same = SameKey(keys, keys)
    expected = same.tile(slice(None), slice(None))
    for relation in (same | same, same & same, same * same):
        tile = relation.tile(slice(None), slice(None))
        assert torch.equal(tile.positive, expected.positive)
        assert torch.equal(tile.negative, expected.negative)


def test_a_number_scales():
    assert entries(2 * A) == entries(A * 2.0) == ([1, 1, 1, -1, -1, -1, 0, 0, 0], [4, 4, 4, 6, 6, 6, None, None, None])
    assert entries(0.5 * A | B)[1][0] == 5
    keys = torch.tensor([0, 1])
    assert (SameKey(keys, keys) * 3).tile(slice(None), slice(None)).weight.eq(3).all()
    prototypes = SameKey(keys, keys, prototypes=True)
    assert (2 * prototypes).shared
    for factor in (0, -1.0, float("inf"), float("nan")):
        with pytest.raises(InputError, match="multiplied by a positive, finite number"):
            _ = A * factor


def test_what_is_no_relation_cannot_be_composed():
    for compose in (lambda: A | torch.ones(1, 9), lambda: A.sparing(None), lambda: A * torch.ones(1, 9)):
        with pytest.raises(InputError, match=r"a relation can be composed with another, got (Tensor|NoneType)"):
            compose()


def test_shapes_and_prototypes_must_fit():
    keys = torch.tensor([0, 1, 0])
    same, prototypes = SameKey(keys, keys), SameKey(keys, torch.arange(3), prototypes=True)
    with pytest.raises(InputError, match=r"shape \[3, 3\] and \[2, 3\] cannot be composed"):
        _ = same | SameKey(keys[:2], keys)
    with pytest.raises(InputError, match="a relation with prototypes cannot be composed with one between rows"):
        _ = same & prototypes
    assert (prototypes | prototypes).shared
    assert Others(prototypes).shared
    assert not (same | same).shared


def test_what_is_told_names_every_part():
    keys = torch.tensor([0, 1])
    rows, labels = SameKey(keys, keys, local=True), SameKey(keys, keys)
    assert ((rows | labels) & ~labels).told == (
        "Both(Either(SameKey of row numbers, SameKey of labels), Opposite(SameKey of labels))"
    )
