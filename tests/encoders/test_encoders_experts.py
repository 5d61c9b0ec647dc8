import copy

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.encoders import SmallBert, StaticText
from counterpoint.encoders.experts import ATTENTION, add_experts

TEXTS = ["a small dog", "two men play the guitar in the rain", "snow"]


def encoder():
    torch.manual_seed(0)
    return SmallBert(dim=16, layers=2, vocabulary_size=300, min_frequency=1, dropout=0.0).build(TEXTS)


@pytest.mark.parametrize("parts", [("intermediate", "output"), ATTENTION])
def test_experts_begin_as_the_encoder_and_part_when_one_learns(parts):
    whole = encoder()
    routed = copy.deepcopy(whole)
    router = add_experts(routed, 3, parts=parts)
    inputs = whole.collate(TEXTS)
    for number in range(3):
        router.choose(number)
        torch.testing.assert_close(routed(inputs), whole(inputs))
    router.choose(1)
    routed(inputs).square().sum().backward()
    touched = {name for name, one in routed.named_parameters() if one.grad is not None and one.grad.abs().sum() > 0}
    assert {name.split("copies.")[1][0] for name in touched if "copies." in name} == {"1"}
    optimiser = torch.optim.SGD(routed.parameters(), lr=0.1)
    before = [_with(router, routed, inputs, number) for number in range(2)]
    assert torch.equal(*before)
    for name, one in routed.named_parameters():
        if "copies." not in name:
            one.grad = None
    optimiser.step()
    zero, one = (_with(router, routed, inputs, number) for number in range(2))
    assert torch.equal(zero, before[0])
    assert not torch.allclose(one, before[1])


def _with(router, encoder, inputs, number):
    router.choose(number)
    return encoder(inputs).detach()


def test_what_cannot_be_routed_is_refused():
    with pytest.raises(InputError, match="at least 2, got 1"):
        add_experts(encoder(), 1)
    with pytest.raises(InputError, match="need layers with mixer"):
        add_experts(encoder(), 2, parts=("mixer",))
    with pytest.raises(InputError, match="numbered 0 to 1, got 2"):
        add_experts(encoder(), 2).choose(2)
    static = StaticText(dim=4, min_frequency=1).build(TEXTS)
    static.model = None
    with pytest.raises(InputError, match="NoneType has none"):
        add_experts(static, 2)
