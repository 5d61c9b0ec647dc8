"""Gates of pairs of classes."""

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.encoders import LearnableGate


def test_a_gate_is_made_of_the_mean_code_of_two_classes_whichever_comes_first():
    torch.manual_seed(0)
    gate = LearnableGate(code_dim=3, hidden_dim=5).build(4, 6).double()
    one, other = torch.tensor([0, 1, 2, 3]), torch.tensor([1, 1, 0, 2])
    gates = gate(one, other)
    assert gates.shape == (4, 6)
    assert ((gates > 0) & (gates < 1)).all()
    assert torch.equal(gates, gate(other, one))
    code = (gate.codes.weight[0] + gate.codes.weight[1]) / 2
    hidden = (gate.layers[0].weight @ code + gate.layers[0].bias).clamp_min(0)
    torch.testing.assert_close(gates[0], torch.sigmoid(gate.layers[2].weight @ hidden + gate.layers[2].bias))


def test_every_parameter_of_a_gate_learns():
    torch.manual_seed(0)
    gate = LearnableGate().build(3, 6)
    gate(torch.tensor([0, 1, 2]), torch.tensor([1, 2, 0])).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in gate.parameters())


def test_sizes_are_positive():
    with pytest.raises(InputError, match="code_dim and hidden_dim must be at least 1, got 0 and 128"):
        LearnableGate(code_dim=0)
