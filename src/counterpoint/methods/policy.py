"""Policy gradients relative to a group of samples, for choices that a contrastive reward judges."""

import torch
from torch import Tensor

from counterpoint.base.errors import InputError


def group_advantages(reward_NG: Tensor) -> Tensor:
    """How much better each sample of a group is than the others, in standard deviations, `[N, G]`.

    Shao and others, "DeepSeekMath" (2024), arXiv:2402.03300, Section 4.1 (GRPO). Formula:
    ``(r_ig - mean_g r_ig) / std_g r_ig``; 0 where all samples of a group are alike.

    Args:
        reward_NG: G samples, two or more, for each of N inputs.

    Raises:
        InputError: Not a matrix, or one sample a group.
    """
    if reward_NG.ndim != 2 or reward_NG.shape[1] < 2:
        raise InputError(f"rewards must be [N, G] with two or more samples a group, got {list(reward_NG.shape)}")
    spread = reward_NG.std(1, keepdim=True)
    return torch.where(spread > 0, (reward_NG - reward_NG.mean(1, keepdim=True)) / spread.clamp_min(1e-12), 0.0)


def policy_loss(log_prob_NG: Tensor, reward_NG: Tensor, divergence_N: Tensor, *, stay: float = 0.0) -> Tensor:
    """Minus the advantage-weighted log-likelihood of the samples, plus the cost of leaving the first policy; a scalar.

    Formula: ``-mean_ig A_ig log pi(sample_ig) + stay mean_i KL_i``, A as :func:`group_advantages` says, held constant:
    the gradient of GRPO on samples of the present policy.

    Args:
        log_prob_NG: Log-likelihood of each sample under the policy that learns.
        reward_NG: What each sample earned.
        divergence_N: KL divergence of the policy from the one it started as, in nats, of each input.
        stay: Weight of that, not negative.

    Raises:
        InputError: Shapes that do not fit, or a negative weight.
    """
    if log_prob_NG.shape != reward_NG.shape or divergence_N.shape != reward_NG.shape[:1] or stay < 0:
        raise InputError(
            f"log-likelihoods {list(log_prob_NG.shape)}, rewards {list(reward_NG.shape)} and divergences "
            f"{list(divergence_N.shape)} must be [N, G], [N, G] and [N], and stay not negative, got {stay}"
        )
    return stay * divergence_N.mean() - (group_advantages(reward_NG.detach()) * log_prob_NG).mean()
