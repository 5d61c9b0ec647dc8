import numpy as np
import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.base.marks import ABSENT
from counterpoint.encoders import ItemSequences, Role, load_encoder, next_item_encoder
from counterpoint.encoders.sequences import LearntItems, SequenceEncoder, padded

SPEC = ItemSequences(dim=8, longest=4, layers=2)
SEQUENCES = [np.array([3, 1, 4, 1, 5, 2]), np.array([0]), np.array([], dtype=np.int64)]
NAMES = {"user_names": ["ann", "bob", "7"], "item_names": list("abcdef")}


@pytest.fixture
def network():
    torch.manual_seed(0)
    items = LearntItems(6, dim=8)
    with torch.no_grad():
        items.table *= torch.tensor([0.1, 3, 1, 0.5, 2, 1]).unsqueeze(1)
    return SequenceEncoder(items, dim=8, longest=4, layers=2, from_end=True).eval()


@pytest.fixture
def encoder(network):
    return next_item_encoder(SPEC, network, SEQUENCES, **NAMES)


def test_cosines_order_items_as_the_network_scores_them(network, encoder, tmp_path):
    with torch.no_grad():
        scores = (network.last(padded(SEQUENCES[:2], 4)) @ network.items().T).numpy()
    encoder.save(tmp_path)
    for one in (encoder, load_encoder(tmp_path)):
        users = one.encode(["ann", "bob"], role=Role.QUERY)
        items = one.encode(NAMES["item_names"], role=Role.DOCUMENT)
        assert users.shape == (2, 9)
        cosines = users @ items.T
        np.testing.assert_array_equal(np.argsort(-cosines), np.argsort(-scores))
        ratio = cosines / scores
        np.testing.assert_allclose(ratio, ratio[:, :1].repeat(6, axis=1), rtol=1e-3)
        np.testing.assert_array_equal(one.encode(["c"]), items[[2]])


def test_users_are_their_items_and_the_last_of_them_count(encoder):
    known = encoder.encode(["ann", "bob"], role=Role.QUERY, normalize=False)
    asked = encoder.encode_sequences([list("dbebfc"), ["a"]], normalize=False)
    np.testing.assert_allclose(asked, known, atol=1e-6)
    np.testing.assert_allclose(encoder.encode_sequences([list("ebfc")], normalize=False), known[:1], atol=1e-6)
    one_by_one = encoder.encode_sequences([list("dbebfc"), ["a"]], batch_size=1)
    np.testing.assert_allclose(np.linalg.norm(one_by_one, axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(one_by_one * np.linalg.norm(known, axis=1, keepdims=True), known, atol=1e-5)
    assert encoder.encode_sequences([]).shape == (0, 9)
    assert encoder.encode_numbers([SEQUENCES[2]]).shape == (1, 9), "nobody is known by nothing, and this is a state too"


@pytest.mark.parametrize(
    ("sequences", "told"),
    [
        ([["a", "x", "y"], ["z"]], r"items: 'x' \(and 2 more\) was not there in training; 6 are known, such as 'a'"),
        ([["a"], []], "at least one item each, got none in sequence 1"),
        (["a", "b"], r"lists of items, such as \[\['a'\]\], got the string 'a'"),
    ],
)
def test_what_is_no_sequence_of_known_items_is_one_error(encoder, sequences, told):
    with pytest.raises(InputError, match=told):
        encoder.encode_sequences(sequences)


def test_who_is_not_known_or_has_nothing_is_one_error(encoder):
    with pytest.raises(InputError, match="users: 'zoe' was not there in training; 3 are known, such as 'ann'"):
        encoder.encode(["zoe"], role=Role.QUERY)
    with pytest.raises(InputError, match="users: '7' has no items to go on from"):
        encoder.encode(["bob", "7"], role=Role.QUERY)
    with pytest.raises(InputError, match="batch_size must be at least 1, got 0"):
        encoder.encode_sequences([["a"]], batch_size=0)


def test_content_teaches_it_nothing_and_every_row_needs_a_name(network):
    with pytest.raises(InputError, match="train on interactions with times"):
        SPEC.build(["ann"])
    with pytest.raises(InputError, match="sequences must be one a name, got 2 for 3 names"):
        next_item_encoder(SPEC, network, SEQUENCES[:2], **NAMES)
    with pytest.raises(InputError, match="items must be one a name, got 6 for 2 names"):
        next_item_encoder(SPEC, network, SEQUENCES, user_names=NAMES["user_names"], item_names=["a", "b"])


def test_from_the_end_the_last_item_has_the_last_place(network):
    long, short = network(torch.tensor([[5, 3, 1, 2]])), network(torch.tensor([[3, 1, 2, ABSENT], [2, ABSENT, 4, 4]]))
    with torch.no_grad():
        network.place[3] += 1
    moved = network(torch.tensor([[3, 1, 2, ABSENT], [2, ABSENT, ABSENT, ABSENT]]))
    torch.testing.assert_close(moved[0, :2], short[0, :2])
    assert not torch.allclose(moved[0, 2], short[0, 2])
    assert not torch.allclose(moved[1, 0], short[1, 0])
    assert long.shape == (1, 4, 8)
