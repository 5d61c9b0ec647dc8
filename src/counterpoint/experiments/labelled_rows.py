"""For trials: rows and labels of a set as plain tensors."""

from dataclasses import dataclass

import torch
from torch import Tensor

from counterpoint.experiments.source import DataSource
from counterpoint.experiments.view_loop import labelled_images


@dataclass(frozen=True)
class Rows:
    """A labelled set as matrices, columns standardised by what there is to learn from.

    Attributes:
        train: `[N, P]`.
        train_labels: int64 `[N]`.
        test: `[M, P]`.
        test_labels: int64 `[M]`.
    """

    train: Tensor
    train_labels: Tensor
    test: Tensor
    test_labels: Tensor


def rows_of(source: DataSource) -> Rows:
    """Images as rows of pixels; a column that never varies becomes 0.

    Raises:
        InputError: Nothing is held out, or there are no labels or no images.
    """
    images = labelled_images(source)
    x, y = (part.float().flatten(1) for part in (images.train, images.test))
    mean, spread = x.mean(0), x.std(0)
    scale = torch.where(spread > 0, spread, torch.inf)
    known, new = (torch.from_numpy(labels) for labels in (images.train_label, images.test_label))
    return Rows((x - mean) / scale, known, (y - mean) / scale, new)
