"""The plainest loop: it finds a minimum that is known, and leaves modules in evaluation mode."""

import torch
from torch import nn

from counterpoint.experiments.descend import descend


def test_it_finds_a_known_minimum():
    target, learner = torch.tensor([1.0, -2.0]), nn.Linear(2, 1, bias=False)
    descend(learner, lambda _: (learner.weight[0] - target).square().sum(), steps=400, learning_rate=0.1)
    torch.testing.assert_close(learner.weight[0].detach(), target, atol=1e-3, rtol=0)


def test_steps_are_numbered_and_the_module_ends_in_evaluation_mode():
    learner, seen = nn.Linear(2, 1), []

    def step(number: int) -> torch.Tensor:
        seen.append((number, learner.training))
        return learner.weight.square().sum()

    descend(learner, step, steps=3)
    assert seen == [(0, True), (1, True), (2, True)]
    assert not learner.training
