"""Freezing, and what gradient caching must know about a module."""

import copy

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from counterpoint.encoders.contract import Encoder


def freeze(encoder: Encoder) -> Encoder:
    """Stop ``encoder`` from learning: no gradients, and evaluation mode that ``train()`` does not undo."""
    encoder.frozen = True
    encoder.requires_grad_(False)
    return encoder.eval()


def unfreeze(encoder: Encoder) -> Encoder:
    """Undo :func:`freeze`: every parameter learns again, in training mode."""
    encoder.frozen = False
    encoder.requires_grad_(True)
    return encoder.train()


def without_dropout(encoder: Encoder) -> Encoder:
    """A copy of ``encoder`` with every dropout rate at 0: two passes over an example are then the same."""
    still = copy.deepcopy(encoder)
    for part in still.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
    return still


def has_batch_statistics(module: nn.Module) -> bool:
    """Whether the module would now normalise a row by the other rows of its batch.

    True for batch normalisation (synchronised too: it still sees only the chunk at hand) in training mode or without
    running statistics. Such a module gives other embeddings when a batch is encoded in chunks.
    """
    return any(
        isinstance(part, _BatchNorm) and (part.training or part.running_mean is None) for part in module.modules()
    )
