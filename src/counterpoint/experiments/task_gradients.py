"""Whether tasks pull the weights that they share in one direction."""

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import torch
from torch import Tensor

from counterpoint.base.errors import InputError


def gradient_agreement(losses: Sequence[Callable[[], Tensor]], shared: Sequence[Tensor]) -> float:
    """Mean cosine, over pairs of tasks, of their gradients on weights that all of them use.

    1 where tasks want the same, 0 where one does not mind the other, below 0 where they conflict (Yu, Kumar, Gupta,
    Levine, Hausman and Finn, "Gradient Surgery for Multi-Task Learning", 2020, arXiv:2001.06782, Definition 1). A
    gradient of 0 agrees with none.

    Args:
        losses: One of each task, two at least, called once each; scalars.
        shared: Weights that need gradients. Their ``grad`` is left alone.

    Raises:
        InputError: Fewer than two tasks, or no weights.
    """
    if len(losses) < 2 or not shared:
        raise InputError(f"losses must be at least 2 and shared at least 1, got {len(losses)} and {len(shared)}")
    found = [_gradient(loss(), shared) for loss in losses]
    return float(np.mean([float(torch.cosine_similarity(a, b, dim=0)) for a, b in combinations(found, 2)]))


def _gradient(loss: Tensor, shared: Sequence[Tensor]) -> Tensor:
    parts = torch.autograd.grad(loss, shared, allow_unused=True, materialize_grads=True)
    return torch.cat([part.flatten() for part in parts])
