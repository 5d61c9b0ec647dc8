"""What many objectives do with anchors and numbers: averages over anchors that have a positive, checked settings."""

import math
import warnings

import torch
from torch import Tensor

from counterpoint.base.errors import InputError


def mean_over_anchors(loss_N: Tensor, positives_N: Tensor) -> Tensor:
    """Mean of ``loss_N`` over the anchors that have a positive; the others are counted in a warning.

    Args:
        loss_N: `[N]`, anything where there is no positive.
        positives_N: `[N]` number of positives of each anchor.

    Raises:
        InputError: No anchor has a positive.
    """
    valid = positives_N > 0
    count = int(valid.sum())
    if count == 0:
        raise InputError(f"none of the {len(valid)} anchors has a positive: nothing to attract")
    if count < len(valid):
        warnings.warn(
            f"{len(valid) - count} of {len(valid)} anchors have no positive and are left out of the mean", stacklevel=2
        )
    return torch.where(valid, loss_N, 0.0).sum() / count


def check_positive(name: str, value: float | Tensor) -> None:
    """Refuse a setting that is not a positive, finite number; tensors come from a module that keeps them so."""
    if not isinstance(value, Tensor) and not (value > 0 and math.isfinite(value)):
        raise InputError(f"{name} must be a positive number, got {value}")


def check_finite(name: str, value: float | Tensor) -> None:
    """Refuse a setting that is NaN or infinite; tensors come from a module that keeps them so."""
    if not isinstance(value, Tensor) and not math.isfinite(value):
        raise InputError(f"{name} must be a finite number, got {value}")
