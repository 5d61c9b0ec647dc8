"""Layers that several encoders and heads are made of."""

from collections.abc import Sequence
from itertools import pairwise

from torch import nn


def perceptron(widths: Sequence[int], *, batch_norm: bool, dropout: float = 0.0) -> nn.Sequential:
    """Linear maps between ``widths``, with batch normalisation, ReLU and dropout between them, none at the end."""
    layers: list[nn.Module] = []
    for index, (inner, outer) in enumerate(pairwise(widths)):
        last = index == len(widths) - 2
        # a bias would be taken away again by the normalisation that follows
        layers.append(nn.Linear(inner, outer, bias=last or not batch_norm))
        if not last:
            layers += [nn.BatchNorm1d(outer)] if batch_norm else []
            layers.append(nn.ReLU(inplace=True))
            layers += [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(*layers)
