import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.experiments.task_gradients import gradient_agreement


def test_the_mean_cosine_of_pairs_of_tasks():
    weight, unused = torch.nn.Parameter(torch.zeros(2)), torch.nn.Parameter(torch.ones(3))
    aims = [torch.tensor(aim) for aim in ([1.0, 0.0], [0.0, 2.0], [-3.0, 0.0])]
    losses = [lambda aim=aim: weight @ aim for aim in aims]
    assert gradient_agreement(losses[:2], [weight, unused]) == pytest.approx(0)
    assert gradient_agreement(losses, [weight, unused]) == pytest.approx(-1 / 3)
    assert gradient_agreement([losses[0], losses[0]], [weight]) == pytest.approx(1)
    assert weight.grad is None


def test_all_weights_count_and_what_no_task_minds_is_zero():
    one, other = (torch.nn.Parameter(torch.zeros(1)) for _ in range(2))
    losses = [lambda: (one + other).sum(), lambda: one.sum()]
    assert gradient_agreement(losses, [one, other]) == pytest.approx(0.5**0.5)
    assert gradient_agreement([lambda: one.sum(), lambda: one.sum() * 0], [one]) == 0


def test_it_takes_two():
    weight = torch.nn.Parameter(torch.zeros(1))
    with pytest.raises(InputError, match="losses must be at least 2"):
        gradient_agreement([lambda: weight.sum()], [weight])
    with pytest.raises(InputError, match="shared at least 1"):
        gradient_agreement([lambda: weight.sum()] * 2, [])
