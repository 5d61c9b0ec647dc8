"""Contrast on planned batches: rows are those of the plan, and a seed says everything."""

import numpy as np
import torch

from counterpoint.experiments.small_contrast import SmallContrast, learn_contrast
from counterpoint.objectives import NTXent
from counterpoint.pairs.batches import BatchPlan
from counterpoint.views import Identity

LOOP = SmallContrast(views=(Identity(), Identity()), steps=3, width=4, out_dim=4)


def test_batches_are_those_of_the_plan_epoch_after_epoch():
    images, asked = torch.rand(8, 1, 8, 8, generator=torch.Generator().manual_seed(0)), []

    def draw(epoch: int) -> np.ndarray:
        asked.append(epoch)
        return np.arange(8).reshape(2, 4)

    plan = BatchPlan(batches=2, batch_size=4, draw=draw)
    state = torch.random.get_rng_state()
    first, second = (learn_contrast(images, NTXent(), LOOP, plan, seed=0).encode(images) for _ in range(2))
    assert asked == [0, 0, 1] * 2
    assert np.array_equal(first, second)
    assert torch.equal(state, torch.random.get_rng_state())
