"""A perceptron trained on views of the digits in about a second, for trials that need many encoders."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from counterpoint.data import Table, named
from counterpoint.evaluation import alignment, knn_accuracy, uniformity
from counterpoint.pairwise import Loss
from counterpoint.views import light_images

DIM = 32
VIEWS = 16
"""Views of every digit, drawn once: drawing them anew would take most of the time."""


@dataclass(frozen=True)
class Digits:
    """Images as rows of numbers from -1 to 1, views of them, and labels.

    Attributes:
        rows: `[N, 64]`.
        views: `[16, N, 64]`, light changes of place and size.
        labels: int64 `[N]`.
    """

    rows: Tensor
    views: Tensor
    labels: np.ndarray


@cache
def digits(part: str) -> Digits:
    """The ``train``, ``validation`` or ``test`` part; the same views at every call."""
    table: Table = getattr(named("digits"), part)
    found = table.take(np.arange(len(table)))
    images = torch.from_numpy(np.asarray(found["image"]))[:, None] / 255
    seeds = torch.arange(VIEWS * len(images))
    viewed = light_images((8, 8))(images.repeat(VIEWS, 1, 1, 1), seeds)
    assert isinstance(viewed, Tensor)  # images stay images
    views = _rows(viewed).unflatten(0, (VIEWS, len(images)))
    return Digits(_rows(images), views, np.asarray(found["label"]))


def _rows(images: Tensor) -> Tensor:
    return 2 * images.flatten(1) - 1


@dataclass(frozen=True)
class Encoded:
    """Embeddings of what was learnt from and of what was held out.

    Attributes:
        train: `[N, D]`.
        test: `[M, D]`.
        test_view: `[M, D]`, of a view of what was held out.
        train_labels: `[N]`.
        test_labels: `[M]`.
    """

    train: np.ndarray
    test: np.ndarray
    test_view: np.ndarray
    train_labels: np.ndarray
    test_labels: np.ndarray

    def figures(self) -> dict[str, float]:
        """Alignment, uniformity and accuracy of nearest neighbours, held out."""
        return {
            "alignment": alignment(self.test, self.test_view).value,
            "uniformity": uniformity(self.test).value,
            "knn_accuracy": knn_accuracy(self.train, self.train_labels, self.test, self.test_labels).value,
        }


def train_digits(
    loss: Loss, *, steps: int, seed: int, learning_rate: float = 3e-3, batch: int = 128, unit: bool = False
) -> Encoded:
    """Learn from two views of every digit.

    Args:
        loss: Of two views `[batch, 32]`.
        steps: Batches.
        seed: Decides weights and batches.
        learning_rate: Of Adam.
        batch: Digits a step.
        unit: Give the loss rows of length 1, where its similarity does not see to that.
    """
    train, test = digits("train"), digits("test")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Linear(64, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, DIM))
        optimiser = torch.optim.Adam(model.parameters(), lr=learning_rate)
        for _ in range(steps):
            rows, (first, second) = torch.randperm(len(train.rows))[:batch], torch.randperm(VIEWS)[:2]
            # Both views in one call: batch statistics that differ between them would be a clue.
            both = model(torch.cat([train.views[first, rows], train.views[second, rows]]))
            optimiser.zero_grad()
            loss(*(normalize(both, dim=1) if unit else both).chunk(2)).backward()
            optimiser.step()
    model.eval()
    with torch.no_grad():
        embedded = [model(one).numpy() for one in (train.rows, test.rows, test.views[0])]
    return Encoded(embedded[0], embedded[1], embedded[2], train.labels, test.labels)
