"""Contrast with clusters on a few rows; and on a share of them, for one of two processes."""

from dataclasses import replace

import numpy as np
import torch

from counterpoint.data import Batch, Supervision
from counterpoint.encoders import MLP, LinearHead
from counterpoint.experiments.recipe import Recipe
from counterpoint.methods import ClusterContrast, ClusterStep, ToCentres, ToMembers
from counterpoint.objectives import DEC, InfoNCE
from counterpoint.pairwise import AnchorCosine
from counterpoint.training import Constant, TrainSettings
from counterpoint.training.caching import backward
from counterpoint.training.ranks import average_gradients
from counterpoint.views import GaussianNoise

N, D, ROWS = 8, 5, 24
SEEDS = torch.arange(N, dtype=torch.int64) + 40
INTER = ClusterStep(
    clusters=3, target=ToMembers(negatives=4, pool=8), start=3, recentre=1, smallest=2, weight=0.25, seed=7
)
PROTO = InfoNCE(temperature=1.0, similarity=AnchorCosine())
STEPS = {
    "members": INTER,
    "centres": replace(INTER, target=ToCentres(), recentre=None, every=2),
    "concentration": replace(INTER, target=ToCentres(objective=PROTO, concentration=0.2), every=2),
    "self-labelled": replace(INTER, target=ToCentres(objective=DEC()), weight=1.0),
}
RECIPE = Recipe(
    encoder=MLP(hidden=(8,), dim=6, batch_norm=False), objective=InfoNCE(temperature=0.2),
    supervision=Supervision.VIEWS, views=(GaussianNoise(std=0.5), GaussianNoise(std=0.2)), head=LinearHead(out_dim=4),
    training=TrainSettings(steps=6, batch_size=N, schedule=Constant()), clustering=INTER,
)  # fmt: skip


def rows(n: int = ROWS) -> torch.Tensor:
    """Around three directions, so that clusters do not hang on the last bit."""
    centres = 3 * torch.eye(3, D).repeat(n // 3, 1)
    return centres + 0.3 * torch.randn(len(centres), D, generator=torch.Generator().manual_seed(3))


def built(step: ClusterStep) -> ClusterContrast:
    method = replace(RECIPE, clustering=step).build(rows(), examples=ROWS)
    assert isinstance(method, ClusterContrast)
    return method.train()


def batch_of(step: int, share: slice = slice(0, N)) -> Batch:
    numbers = (np.arange(N) + step * N)[share] % ROWS
    return Batch(rows=numbers, anchor=rows()[numbers])


SHARES = [slice(0, 5), slice(5, N)]


def trained(method: ClusterContrast, share: slice = slice(0, N), *, steps: int = 5) -> dict[str, torch.Tensor]:
    """Losses of steps of plain descent, and what is left."""
    found: dict[str, torch.Tensor] = {}
    for step in range(steps):
        output = backward(method, method.prepare(batch_of(step, share), SEEDS[share]))
        average_gradients(method)
        with torch.no_grad():
            for one in method.parameters():
                if one.grad is not None:
                    one.sub_(0.05 * one.grad)
        method.zero_grad()
        method.after_step(step)
        found[f"loss {step}"] = output.loss.detach()
    return found | {key: one.clone() for key, one in method.state_dict().items()}


def everything(share: slice = slice(0, N)) -> dict[str, torch.Tensor]:
    return {f"{name} {key}": one for name, step in STEPS.items() for key, one in trained(built(step), share).items()}


def work(rank: int, _: int) -> dict[str, torch.Tensor]:
    return everything(SHARES[rank])
