import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.methods.policy import group_advantages, policy_loss


def test_advantages_are_standardised_in_each_group_alone():
    reward = torch.tensor([[1.0, 2.0, 3.0], [10.0, 10.0, 10.0]])
    torch.testing.assert_close(group_advantages(reward), torch.tensor([[-1.0, 0.0, 1.0], [0.0, 0.0, 0.0]]))
    torch.testing.assert_close(group_advantages(reward * 5 + 2), group_advantages(reward))


def test_the_expected_gradient_raises_what_is_rewarded():
    """All outcomes sampled once: the gradient on logits is that of the log-likelihoods weighted by advantages."""
    logits = torch.zeros(1, 3, dtype=torch.float64, requires_grad=True)
    reward = torch.tensor([[0.0, 0.0, 1.0]], dtype=torch.float64)
    policy_loss(logits.log_softmax(1), reward, torch.zeros(1, dtype=torch.float64)).backward()
    advantage = group_advantages(reward)[0]
    expected = -(advantage - advantage.sum() / 3) / 3
    torch.testing.assert_close(logits.grad, expected[None])
    assert logits.grad[0].argmin() == 2


def test_staying_costs_divergence():
    reward, divergence = torch.ones(2, 2), torch.tensor([1.0, 3.0])
    assert policy_loss(torch.zeros(2, 2), reward, divergence, stay=0.5).item() == 1.0


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="two or more samples a group"):
        group_advantages(torch.ones(3, 1))
    with pytest.raises(InputError, match=r"must be \[N, G\], \[N, G\] and \[N\]"):
        policy_loss(torch.ones(2, 3), torch.ones(2, 3), torch.ones(3))
    with pytest.raises(InputError, match="stay not negative"):
        policy_loss(torch.ones(2, 3), torch.ones(2, 3), torch.ones(2), stay=-1.0)
