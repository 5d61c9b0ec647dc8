"""Momentum contrast and a cross-batch memory on a few rows; and on a share of them, for one of two processes."""

from dataclasses import replace

import numpy as np
import torch

from counterpoint.data import Batch, Supervision
from counterpoint.encoders import MLP, LinearHead
from counterpoint.experiments.recipe import Recipe
from counterpoint.methods import Momentum, QueueContrast, QueueStep
from counterpoint.objectives import InfoNCE
from counterpoint.training import Constant, TrainSettings
from counterpoint.training.caching import backward
from counterpoint.training.ranks import average_gradients
from counterpoint.views import GaussianNoise

N, D = 8, 5
SEEDS = torch.arange(N, dtype=torch.int64) + 40
NOISE = (GaussianNoise(std=0.5), GaussianNoise(std=0.2))
MOCO = Recipe(
    encoder=MLP(hidden=(8,), dim=6, batch_norm=False), objective=InfoNCE(temperature=0.2),
    supervision=Supervision.VIEWS, views=NOISE, head=LinearHead(out_dim=4),
    training=TrainSettings(steps=6, batch_size=N, schedule=Constant()),
    queue=QueueStep(size=12, teacher=Momentum(base=0.9)),
)  # fmt: skip
MEMORY = replace(MOCO, supervision=Supervision.LABELS, queue=QueueStep(size=12, teacher=None))


def rows(n: int = N, seed: int = 3) -> torch.Tensor:
    return torch.randn(n, D, generator=torch.Generator().manual_seed(seed))


BATCH = Batch(rows=np.arange(N), anchor=rows(), label=torch.arange(N) % 3)


def built(recipe: Recipe, *, filled: int = 10) -> QueueContrast:
    method = recipe.build(rows(30, seed=1))
    assert isinstance(method, QueueContrast)
    if method.teacher is not None:
        with torch.no_grad():
            for one in method.teacher.parameters():
                one.add_(0.3 * torch.randn(one.shape, generator=torch.Generator().manual_seed(2)))
    method.queue.push(torch.randn(filled, 4, generator=torch.Generator().manual_seed(5)), torch.arange(filled) % 3)
    return method.train()


SHARES = [slice(0, 5), slice(5, N)]


def steps(share: slice = slice(0, N)) -> dict[str, torch.Tensor]:
    """Losses, gradients and state of two steps of plain descent, of every kind of recipe."""
    found: dict[str, torch.Tensor] = {}
    everything = replace(MOCO, queue=replace(MOCO.queue, reverse=0.5, hardest=3))
    for name, recipe in (("moco", MOCO), ("both ways", everything), ("memory", MEMORY)):
        method = built(recipe, filled=0)
        for step in range(2):
            batch = Batch(rows=np.arange(N)[share], anchor=rows(seed=step)[share], label=BATCH.label[share])
            output = backward(method, method.prepare(batch, SEEDS[share]))
            average_gradients(method)
            with torch.no_grad():
                for one in method.parameters():
                    if one.grad is not None:
                        one.sub_(0.5 * one.grad)
            method.zero_grad()
            method.after_step(step)
            found[f"{name} loss {step}"] = output.loss.detach()
        found |= {f"{name} {key}": one.clone() for key, one in method.state_dict().items()}
    return found


def work(rank: int, _: int) -> dict[str, torch.Tensor]:
    return steps(SHARES[rank])
