"""Learning from several views by a plain loop, for papers whose step is none that a recipe can name."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.encoders import ConvNet, Encoder, EncoderSpec, HeadSpec, ProjectionHead
from counterpoint.evaluation import knn_accuracy, space_measures
from counterpoint.experiments.judge import collect
from counterpoint.experiments.source import DataSource, load_data
from counterpoint.pairwise import Loss
from counterpoint.training import AdamW, CosineWarmup
from counterpoint.views import (
    ColourJitter,
    Compose,
    RandomResizedCrop,
    Rotation,
    Translate,
    View,
    fork,
    row_seeds,
)

ViewLoss = Callable[[list[Tensor], Tensor], Tensor]
"""From the projections `[N, D]` of every view and the row numbers int64 `[N]` to a scalar."""


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """Images `[N, C, H, W]` to learn from and to be judged on, with their classes."""

    train: Tensor
    train_label: np.ndarray
    test: Tensor
    test_label: np.ndarray


@dataclass(frozen=True, kw_only=True)
class ViewLoop:
    """What a run is made of besides its loss.

    Attributes:
        steps: Optimiser steps.
        batch_size: Examples a step.
        views: One entry per view of an example.
        encoder: What embeds the images.
        head: Projects embeddings to where they are compared.
        learning_rate: Of AdamW, at its peak.
    """

    steps: int
    batch_size: int
    views: tuple[View, ...] = field(default_factory=lambda: (varied_digits(),) * 2)
    encoder: EncoderSpec = field(default_factory=lambda: ConvNet(width=16))
    head: HeadSpec = field(default_factory=lambda: ProjectionHead(out_dim=64))
    learning_rate: float = 1e-3


def labelled_images(source: DataSource) -> LabelledImages:
    """Both parts of a set of labelled images.

    Raises:
        InputError: Nothing is held out, or there are no labels or no images.
    """
    data = load_data(source)
    if data.test is None:
        raise InputError(f"{source.data} holds nothing out")
    train, test = collect(data.train), collect(data.test)
    if train.label is None or test.label is None or not isinstance(train.anchor, Tensor):
        raise InputError(f"{source.data} has no labelled images")
    assert isinstance(test.anchor, Tensor)
    return LabelledImages(train.anchor, train.label.numpy(), test.anchor, test.label.numpy())


def stacked(objective: Loss) -> ViewLoss:
    """The loss of an objective that takes all views at once, `[N, V, D]`."""
    return lambda views, rows: objective(torch.stack(views, dim=1))


def grouped(objective: Loss) -> ViewLoss:
    """The loss of an objective that takes rows and labels: every view is a row, those of one example are positives."""
    return lambda views, rows: objective(torch.cat(views), labels=rows.repeat(len(views)))


@dataclass(frozen=True, eq=False)
class Learnt:
    """What training left."""

    encoder: Encoder
    head: nn.Module

    def judged(self, data: LabelledImages) -> dict[str, float]:
        """KNN accuracy of the embeddings; uniformity, effective rank and spread of the projections held out."""
        train, test = self.encoder.encode(data.train), self.encoder.encode(data.test)
        accuracy = knn_accuracy(train, data.train_label, test, data.test_label)
        return {one.name: one.value for one in (accuracy, *space_measures(self.projections(data.test)))}

    def projections(self, images: Tensor) -> np.ndarray:
        """`[N, D]`, in evaluation mode."""
        raw = torch.from_numpy(self.encoder.encode(images, normalize=False))
        with torch.no_grad():
            return self.head.eval()(raw).numpy()


def varied_digits() -> Compose:
    """Views of 8 x 8 digits that differ in place, size, turn and contrast, so that none of these tells them apart."""
    size = (8, 8)
    jitter = ColourJitter(brightness=0.4, contrast=0.4, saturation=0.0, hue=0.0)
    crop = RandomResizedCrop(size=size, scale=(0.5, 1.0))
    return Compose(views=(Translate(fraction=0.15), Rotation(degrees=15), crop, jitter))


def learn_from_views(images: Tensor, loss: ViewLoss, loop: ViewLoop, seed: int) -> Learnt:
    """Encoder and head after all steps; torch's global random state is left as it was found.

    Args:
        images: `[N, C, H, W]`.
        loss: What is made small; where it is a module, its parameters learn too.
        loop: The settings.
        seed: Decides weights, order and views.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = loop.encoder.build(images)
        head = loop.head.build(encoder.embedding_dim)
        learners = nn.ModuleList([encoder, head, *([loss] if isinstance(loss, nn.Module) else [])])
        optimiser, schedule = AdamW(learning_rate=loop.learning_rate).build(learners), CosineWarmup()
        for step, (rows, seeds) in enumerate(_batches(len(images), loop, seed)):
            for group in optimiser.param_groups:
                group["lr"] = loop.learning_rate * schedule.multiplier(step, loop.steps)
            views = [view(images[rows], fork(seeds, v)) for v, view in enumerate(loop.views)]
            optimiser.zero_grad()
            loss([head(encoder(encoder.collate(view))) for view in views], rows).backward()
            optimiser.step()
    return Learnt(encoder, head)


def _batches(rows: int, loop: ViewLoop, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Whole batches, epoch after epoch, with a seed for the views of every row."""
    rng = np.random.default_rng(seed)
    size, done, epoch = min(loop.batch_size, rows), 0, 0
    while done < loop.steps:
        order = torch.from_numpy(rng.permutation(rows))
        for start in range(0, min(rows - size + 1, (loop.steps - done) * size), size):
            batch = order[start : start + size]
            yield batch, row_seeds(batch, seed=seed, epoch=epoch)
            done += 1
        epoch += 1
