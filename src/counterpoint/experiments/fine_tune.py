"""All weights of an encoder adapted to a few labels, on a fixed budget."""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from counterpoint.base.errors import InputError
from counterpoint.encoders import Encoder
from counterpoint.experiments.descend import descend


@dataclass(frozen=True, eq=False)
class FineTuned:
    """An adapted encoder with a linear head.

    Attributes:
        encoder: A copy; the one it was made from is as it was.
        head: From embeddings to class scores.
        classes: `[K]` labels.
    """

    encoder: Encoder
    head: nn.Linear
    classes: np.ndarray

    @torch.no_grad()
    def predict(self, images: Tensor) -> np.ndarray:
        """Labels `[N]` of images `[N, C, H, W]`."""
        embedded = torch.from_numpy(self.encoder.encode(images, normalize=False))
        return self.classes[self.head(embedded).argmax(1).numpy()]


def fine_tune(
    encoder: Encoder,
    images: Tensor,
    labels: np.ndarray,
    *,
    steps: int,
    batch_size: int = 64,
    learning_rate: float = 2e-3,
    seed: int = 0,
) -> FineTuned:
    """Adam on the cross-entropy of all weights and a new head; torch's global random state is left as it was found.

    Args:
        encoder: Where to start from.
        images: `[N, C, H, W]`.
        labels: `[N]`, integers or words.
        steps: Batches.
        batch_size: Images a step, or all where there are fewer.
        learning_rate: At the first step.
        seed: Decides the head and the batches.

    Raises:
        InputError: There is not a label for every image, or only one class.
    """
    classes, index = np.unique(labels, return_inverse=True)
    if len(labels) != len(images) or len(classes) < 2:
        raise InputError(f"{len(images)} images need as many labels of 2 classes or more, got {len(labels)}")
    wanted = torch.from_numpy(index)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        tuned, head = copy.deepcopy(encoder), nn.Linear(encoder.embedding_dim, len(classes))

        def step(_: int) -> Tensor:
            rows = torch.randperm(len(images))[:batch_size]
            return cross_entropy(head(tuned(tuned.collate(images[rows]))), wanted[rows])

        descend(nn.ModuleList([tuned, head]), step, steps=steps, learning_rate=learning_rate)
    return FineTuned(tuned, head, classes)
