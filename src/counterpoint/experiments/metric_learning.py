"""Metric learning as it is judged: learn from some classes, retrieve images of others."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from counterpoint.base.errors import InputError
from counterpoint.data import Table, named
from counterpoint.encoders import ConvNet, Encoder, Prototypes
from counterpoint.evaluation import knn_accuracy_leave_one_out
from counterpoint.experiments.descend import descend
from counterpoint.pairs.batches import ClassBalanced, KnownRows
from counterpoint.pairwise import Objective, SameKey

MetricLoss = Callable[[Tensor, Tensor], Tensor]
"""From embeddings `[N, D]` and labels int64 `[N]` to a scalar; where it is a module, its parameters learn too."""


@dataclass(frozen=True, eq=False)
class ClassImages:
    """Images `[N, C, H, W]` in 0..1 with the number of their class, int64 `[N]`, from 0 on."""

    images: Tensor
    labels: Tensor


@dataclass(frozen=True, kw_only=True)
class MetricLoop:
    """What a run is made of besides its loss: batches of a few images of some classes.

    Attributes:
        steps: Optimiser steps.
        batch_size: Images a step.
        per_class: Images of a class in a batch.
        learning_rate: Of Adam, at its start.
        width: Channels of the network's first stage.
        dim: Dimensions of the embedding, a linear map of the features of a small residual network.
    """

    steps: int
    batch_size: int = 64
    per_class: int = 4
    learning_rate: float = 2e-3
    width: int = 16
    dim: int = 64


class AgainstClasses(nn.Module):
    """The loss of an objective over prototypes, which learns one row per class.

    Args:
        objective: Compares rows with classes.
        classes: How many.
        dim: Dimensions of the embedding.
    """

    def __init__(self, objective: Objective, classes: int, dim: int) -> None:
        super().__init__()
        self.objective, self.rows = objective, Prototypes(classes, dim)

    def forward(self, z_ND: Tensor, labels_N: Tensor) -> Tensor:
        """The loss, a scalar."""
        relation = SameKey(labels_N, torch.arange(len(self.rows())), prototypes=True)
        return self.objective(z_ND, self.rows(), relation=relation)


def omniglot_characters(learnt: int, unseen: int, *, seed: int, size: int = 20) -> tuple[ClassImages, ClassImages]:
    """Characters to learn from and characters of other alphabets to retrieve, 20 drawings each, ink as 1.

    Args:
        learnt: Characters drawn from the background set, at most 964.
        unseen: Characters drawn from the evaluation set, at most 659.
        seed: Decides which.
        size: Height and width that images are brought to by averaging.

    Raises:
        InputError: There are fewer characters than that, or the set is not on this machine.
    """
    found = named("omniglot")
    assert found.test is not None
    rng = np.random.default_rng(seed)
    return _drawn(found.train, learnt, size, rng), _drawn(found.test, unseen, size, rng)


def learn_metric(data: ClassImages, loss: MetricLoss, loop: MetricLoop, *, seed: int) -> nn.Sequential:
    """The network after all steps; torch's global random state is left as it was found.

    Args:
        data: What is learnt from.
        loss: What is made small.
        loop: The settings.
        seed: Decides weights and batches.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = ConvNet(width=loop.width).build(data.images)
        network = nn.Sequential(_Images(encoder), nn.Linear(encoder.embedding_dim, loop.dim))
        learners = nn.ModuleList([network, *([loss] if isinstance(loss, nn.Module) else [])])
        rows = KnownRows(n=len(data.labels), classes=data.labels.numpy())
        plan = ClassBalanced(per_class=loop.per_class).plan(rows, batch_size=loop.batch_size, seed=seed)

        def step(number: int) -> Tensor:
            chosen = torch.from_numpy(plan.epoch(number // plan.batches)[number % plan.batches])
            return loss(network(data.images[chosen]), data.labels[chosen])

        descend(learners, step, steps=loop.steps, learning_rate=loop.learning_rate)
    return network


@torch.no_grad()
def embedded(network: nn.Module, data: ClassImages, *, at_once: int = 500) -> np.ndarray:
    """Embeddings float32 `[N, D]`."""
    return torch.cat([network(part) for part in data.images.split(at_once)]).numpy()


def recall_at_1(z_ND: np.ndarray, labels_N: Tensor | np.ndarray) -> float:
    """Share of rows whose nearest other row by cosine is of their class."""
    return knn_accuracy_leave_one_out(z_ND, np.asarray(labels_N), k=1).value


class _Images(nn.Module):
    """An encoder of images as a module of tensors."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, images: Tensor) -> Tensor:
        return self.encoder(self.encoder.collate(images))


def class_images(table: Table, rows: np.ndarray | None = None) -> ClassImages:
    """All rows of a table of grey images, or some of them.

    Args:
        table: With columns ``image``, uint8 `[N, H, W]`, and ``label``.
        rows: Which rows; None for all.
    """
    held = table.take(np.arange(len(table)) if rows is None else rows, ["image", "label"])
    images = torch.from_numpy(np.asarray(held["image"])).float()[:, None] / 255
    return ClassImages(images, torch.from_numpy(np.unique(np.asarray(held["label"]), return_inverse=True)[1]))


def _drawn(table: Table, count: int, size: int, rng: np.random.Generator) -> ClassImages:
    names = np.array(table.take(np.arange(len(table)), ["label"])["label"])
    known = np.unique(names)
    if not 2 <= count <= len(known):
        raise InputError(f"{table.description} has {len(known)} classes, and {count} are asked for")
    chosen = rng.choice(known, count, replace=False)
    rows = np.flatnonzero(np.isin(names, chosen))
    found = class_images(table, rows)
    return ClassImages(interpolate(1 - found.images, size=(size, size), mode="area"), found.labels)
