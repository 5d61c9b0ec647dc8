"""Adam on the loss of each step, told step by step, until somebody has seen enough."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

Told = Callable[[int, float], bool]
"""Told of the number of a step, from 1 on, and its loss; True ends training."""


def descend_watched(
    learners: nn.Module,
    step: Callable[[int], Tensor],
    *,
    steps: int,
    learning_rate: float,
    decay: float = 0.0,
    told: Told | None = None,
) -> None:
    """Train in place, at a rate that stays.

    Args:
        learners: Whose parameters learn.
        step: From the number of a step, from 0 on, to its loss, a scalar.
        steps: At most.
        learning_rate: Of Adam.
        decay: Its weight decay.
        told: Told after every step.
    """
    optimiser = torch.optim.Adam(learners.parameters(), lr=learning_rate, weight_decay=decay)
    for number in range(steps):
        optimiser.zero_grad()
        loss = step(number)
        loss.backward()
        optimiser.step()
        if told is not None and told(number + 1, float(loss.detach())):
            break
