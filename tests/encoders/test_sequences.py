import numpy as np
import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.base.marks import ABSENT, HIDDEN
from counterpoint.encoders.sequences import DescribedItems, GivenItems, LearntItems, SequenceEncoder, padded


def encoder(items=None):
    torch.manual_seed(0)
    return SequenceEncoder(items or LearntItems(9, dim=8), dim=8, longest=6, layers=2).eval()


def test_no_place_sees_what_comes_after_it_or_what_another_sequence_pads():
    model = encoder()
    states = model(torch.tensor([[3, 1, 4, 1]]))
    changed = model(torch.tensor([[3, 1, 7, 2], [3, 1, ABSENT, ABSENT]]))
    torch.testing.assert_close(changed[:, :2], states[:, :2].expand(2, -1, -1))
    assert not torch.allclose(changed[0, 2], states[0, 2])
    torch.testing.assert_close(model.last(torch.tensor([[3, 1, ABSENT]])), states[:, 1])


def test_a_hidden_item_is_like_no_item_and_order_counts():
    model = encoder()
    plain, hidden, turned = (model.last(torch.tensor([one])) for one in ([3, 1, 4], [3, HIDDEN, 4], [1, 3, 4]))
    assert not torch.allclose(plain, hidden)
    assert not torch.allclose(plain, turned)


def test_nobody_is_given_the_first_item_for_want_of_history():
    model = encoder()
    before = model.last(torch.tensor([[ABSENT]]))
    with torch.no_grad():
        model.items.table[0] += 1
    torch.testing.assert_close(model.last(torch.tensor([[ABSENT]])), before)


def test_the_last_items_are_kept():
    rows = padded([np.arange(5), np.array([7]), np.array([], dtype=np.int64)], 3)
    assert rows.tolist() == [[2, 3, 4], [7, ABSENT, ABSENT], [ABSENT] * 3]


def test_items_of_the_same_attributes_are_the_same():
    torch.manual_seed(0)
    items = DescribedItems([np.array([0, 2]), np.array([1]), np.array([2, 0]), np.array([], dtype=np.int64)], dim=4)
    rows = items()
    assert rows.shape == (4, 4)
    torch.testing.assert_close(rows[0], rows[2])
    assert not torch.allclose(rows[0], rows[1])
    rows.sum().backward()
    assert items.bag.weight.grad.abs().sum() > 0


def test_given_vectors_do_not_learn_and_their_map_does():
    items = GivenItems(torch.eye(5)[:, :3] + 1, dim=4)
    assert [name for name, _ in items.named_parameters()] == ["map.weight", "map.bias"]
    assert items().shape == (5, 4)


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="heads divide dim, got dim=8"):
        SequenceEncoder(LearntItems(2, dim=8), dim=8, heads=3)
    with pytest.raises(InputError, match="no item has any"):
        DescribedItems([np.array([], dtype=np.int64)], dim=4)
