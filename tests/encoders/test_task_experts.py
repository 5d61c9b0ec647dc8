"""Experts as a spec: each text is read by its own, and what is saved comes back."""

import copy

import numpy as np
import pytest
import torch

from counterpoint.base.errors import CheckpointError, InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.encoders import Role, SmallBert, load_encoder
from counterpoint.encoders.experts import ATTENTION, add_experts
from counterpoint.encoders.task_experts import TaskExperts

TEXTS = ["a small dog", "two men play the guitar in the rain", "snow"]
INNER = SmallBert(dim=16, layers=2, vocabulary_size=300, min_frequency=1, dropout=0.0)


def stirred(**settings):
    """Experts that differ."""
    torch.manual_seed(0)
    made = TaskExperts(inner=INNER, **settings).build(TEXTS).eval()
    with torch.no_grad():
        for name, weight in made.named_parameters():
            if "copies." in name:
                weight.add_(torch.randn_like(weight) * 0.5)
    return made


@pytest.mark.parametrize("settings", [{"experts": 3}, {"parts": ATTENTION}, {"by_role": True}])
def test_every_expert_is_saved(tmp_path, settings):
    made = stirred(**settings)
    made.save(tmp_path)
    found = load_encoder(tmp_path)
    assert found.spec == made.spec == from_json(to_json(made.spec))
    weights, again = made.state_dict(), found.state_dict()
    assert weights.keys() == again.keys()
    assert all(torch.equal(weights[name], again[name]) for name in weights)
    for role in Role:
        np.testing.assert_array_equal(found.encode(TEXTS, role=role), made.encode(TEXTS, role=role))


def test_the_one_that_is_chosen_reads():
    made = stirred(experts=3)
    by_hand = []
    for number in range(3):
        made.choose(number)
        inputs = made.collate(TEXTS)
        assert inputs["expert"].tolist() == [number] * 3
        other = copy.deepcopy(made.inner)
        for layer in other.model.encoder.layer:
            layer.intermediate = layer.intermediate.copies[number]
            layer.output = layer.output.copies[number]
        del inputs["expert"]
        by_hand.append(other(inputs))
        torch.testing.assert_close(made(made.collate(TEXTS)), by_hand[-1])
    assert not torch.allclose(by_hand[0], by_hand[1])


def test_texts_of_several_experts_in_one_batch_are_each_read_by_their_own():
    made = stirred(experts=3)
    alone = []
    for number in range(3):
        made.choose(number)
        alone.append(made(made.collate(TEXTS)))
    mixed = {**made.collate(TEXTS), "expert": torch.tensor([2, 0, 1])}
    expected = torch.stack([alone[2][0], alone[0][1], alone[1][2]])
    torch.testing.assert_close(made(mixed), expected)


def test_the_side_of_a_text_may_decide():
    made = stirred(by_role=True)
    experts = {role: made.collate(TEXTS, role=role)["expert"].tolist() for role in Role}
    assert experts == {Role.PLAIN: [0] * 3, Role.QUERY: [0] * 3, Role.DOCUMENT: [1] * 3}
    assert not np.allclose(made.encode(TEXTS, role=Role.QUERY), made.encode(TEXTS, role=Role.DOCUMENT))
    with pytest.raises(InputError, match="with by_role the side of a text decides"):
        made.choose(1)


def test_both_sides_learn_their_own_expert():
    made = stirred(by_role=True)
    pairs = made(made.collate(TEXTS, role=Role.QUERY)) * made(made.collate(TEXTS, role=Role.DOCUMENT))
    pairs.sum().backward()
    assert all(one.grad is not None and one.grad.any() for name, one in made.named_parameters() if "copies." in name)


def test_what_cannot_be_is_refused():
    with pytest.raises(InputError, match="experts must be at least 2, got 1"):
        TaskExperts(inner=INNER, experts=1)
    with pytest.raises(InputError, match="by_role needs experts = 2, one a side, got 3"):
        TaskExperts(inner=INNER, experts=3, by_role=True)
    with pytest.raises(InputError, match="need layers with mixer"):
        TaskExperts(inner=INNER, parts=("mixer",)).build(TEXTS)
    with pytest.raises(InputError, match="numbered 0 to 1, got 2"):
        TaskExperts(inner=INNER).build(TEXTS).choose(2)


def test_experts_that_no_spec_knows_of_do_not_come_back_and_the_way_is_said(tmp_path):
    plain = INNER.build(TEXTS)
    add_experts(plain, 2)
    plain.save(tmp_path)
    message = r"12 are missing \(such as model.*24 are none of its own \(such as model.*copies.*as TaskExperts does"
    with pytest.raises(CheckpointError, match=message):
        load_encoder(tmp_path)
