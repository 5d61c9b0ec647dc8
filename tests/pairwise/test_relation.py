"""Relations: any tile is the same part of the whole, and errors are clear."""

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.pairwise import Greater, Others, Ranks, SameKey

ALONE = Ranks(0, 1)
KEYS = torch.tensor([0, 1, -1, 0, 2])
RELATIONS = {
    "same key": SameKey(KEYS, torch.tensor([1, 0, -1, 0, 7, 2, 2])),
    "greater": Greater(torch.tensor([3.0, 1.0, 2.0]), torch.tensor([2.0, 2.0, 0.0, 3.0])),
    "others": Others(SameKey(KEYS, KEYS)),
    "others further on": Others(SameKey(KEYS[:2], KEYS), first=2),
}


def whole(relation):
    return relation.tile(slice(None), slice(None))


@pytest.mark.parametrize("relation", RELATIONS.values(), ids=RELATIONS)
def test_tiles_are_parts_of_the_whole(relation):
    n, m = relation.shape
    everything = whole(relation)
    assert everything.positive.shape == everything.negative.shape == (n, m)
    assert everything.positive.dtype == everything.negative.dtype == torch.bool
    assert not (everything.positive & everything.negative).any()
    for i in range(0, n, 2):
        for j in range(0, m, 3):
            rows, cols = slice(i, min(i + 2, n)), slice(j, min(j + 3, m))
            tile = relation.tile(rows, cols)
            assert torch.equal(tile.positive, everything.positive[rows, cols])
            assert torch.equal(tile.negative, everything.negative[rows, cols])


@pytest.mark.parametrize("relation", RELATIONS.values(), ids=RELATIONS)
def test_one_process_sees_the_same_relation(relation):
    again = whole(relation.across(ALONE))
    assert torch.equal(again.positive, whole(relation).positive)
    assert torch.equal(again.negative, whole(relation).negative)


def test_same_key_by_hand():
    tile = whole(SameKey(torch.tensor([0, 1, -1]), torch.tensor([1, 0, -1, 0])))
    assert tile.positive.int().tolist() == [[0, 1, 0, 1], [1, 0, 0, 0], [0, 0, 0, 0]]
    assert tile.negative.int().tolist() == [[1, 0, 1, 0], [0, 1, 1, 1], [1, 1, 1, 1]]
    assert tile.compared.all()


def test_greater_by_hand():
    tile = whole(Greater(torch.tensor([2.0, 1.0]), torch.tensor([1.0, 2.0, 0.0])))
    assert tile.positive.int().tolist() == [[1, 0, 1], [0, 0, 1]]
    assert not tile.negative.any()
    assert torch.equal(tile.compared, tile.positive)


def test_others_leaves_out_a_row_with_itself():
    tile = whole(RELATIONS["others further on"])
    assert tile.compared.int().tolist() == [[1, 1, 0, 1, 1], [1, 1, 1, 0, 1]]


@pytest.mark.parametrize("keys", [torch.tensor([0.5, 1.0]), torch.tensor([[0, 1]]), torch.tensor([0j])], ids=str)
def test_keys_are_integers(keys):
    good = torch.tensor([0, 1])
    with pytest.raises(InputError, match="candidate_keys must be a vector of integers"):
        SameKey(good, keys)
    with pytest.raises(InputError, match="anchor_keys must be a vector of integers"):
        SameKey(keys, good)
