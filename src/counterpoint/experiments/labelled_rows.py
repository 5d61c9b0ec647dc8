"""For trials: rows and labels of a set as plain tensors."""

from dataclasses import dataclass

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.experiments.judge import collect
from counterpoint.experiments.source import DataSource, load_data


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
    """Images become rows of pixels; a column that never varies becomes 0.

    Raises:
        InputError: The set has no labels, or holds nothing out.
    """
    data = load_data(source)
    if data.test is None:
        raise InputError(f"{source.data} holds nothing out")
    train, test = collect(data.train), collect(data.test)
    if train.label is None or test.label is None:
        raise InputError(f"{source.data} has no labels")
    x, y = (torch.as_tensor(part.anchor).float().flatten(1) for part in (train, test))
    mean, spread = x.mean(0), x.std(0)
    scale = torch.where(spread > 0, spread, torch.inf)
    return Rows((x - mean) / scale, train.label, (y - mean) / scale, test.label)
