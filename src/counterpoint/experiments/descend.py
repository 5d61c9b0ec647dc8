"""The plainest training loop there is, for trials whose step is none that a recipe can name."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

Step = Callable[[int], Tensor]
"""From the number of a step to the loss on its batch, a scalar."""


def descend(learners: nn.Module, step: Step, *, steps: int, learning_rate: float = 1e-3) -> None:
    """Adam on a loss, with a learning rate that falls to 0 as a cosine.

    Args:
        learners: Whose parameters learn; left in evaluation mode.
        step: Gives the loss of every batch.
        steps: How many.
        learning_rate: At the first of them.
    """
    optimiser = torch.optim.Adam(learners.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=steps)
    learners.train()
    for number in range(steps):
        optimiser.zero_grad()
        step(number).backward()
        optimiser.step()
        schedule.step()
    learners.eval()
