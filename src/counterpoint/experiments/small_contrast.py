"""Contrast of two views on batches from a plan: for trials that are about which rows share a batch."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from counterpoint.encoders import ConvNet, Encoder, ProjectionHead
from counterpoint.experiments.descend import descend
from counterpoint.pairs.batches import BatchPlan
from counterpoint.pairwise import Objective
from counterpoint.views import View, fork, row_seeds


@dataclass(frozen=True, kw_only=True)
class SmallContrast:
    """What a run is made of besides its loss and its batches.

    Attributes:
        views: The view of the first and of the second side.
        steps: Optimiser steps.
        width: Channels of the first stage of a small residual network.
        out_dim: Dimensions of the projection.
        learning_rate: Of Adam, at its start.
    """

    views: tuple[View, View]
    steps: int
    width: int = 8
    out_dim: int = 32
    learning_rate: float = 2e-3


def learn_contrast(images: Tensor, objective: Objective, loop: SmallContrast, plan: BatchPlan, *, seed: int) -> Encoder:
    """The encoder after all steps; torch's global random state is left as it was found.

    Args:
        images: `[N, C, H, W]` in 0..1.
        objective: Compares the two views of a batch.
        loop: The settings.
        plan: The batches.
        seed: Decides weights and views.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = ConvNet(width=loop.width).build(images)
        head = ProjectionHead(out_dim=loop.out_dim).build(encoder.embedding_dim)

        def step(number: int) -> Tensor:
            epoch, place = divmod(number, plan.batches)
            rows = torch.from_numpy(plan.epoch(epoch)[place])
            seeds = row_seeds(rows, seed=seed, epoch=epoch)
            sides = [view(images[rows], fork(seeds, side)) for side, view in enumerate(loop.views)]
            return objective(*(head(encoder(encoder.collate(side))) for side in sides))

        descend(nn.ModuleList([encoder, head]), step, steps=loop.steps, learning_rate=loop.learning_rate)
    return encoder
