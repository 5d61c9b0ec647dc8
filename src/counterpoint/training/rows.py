"""Rows of a batch in whatever form an encoder takes: a tensor, or a tuple, list or dict of tensors."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from counterpoint.base.errors import InputError


def tensors_of(batch: Any) -> list[Tensor]:
    """All tensors of a batch."""
    if isinstance(batch, Mapping):
        return list(batch.values())
    return list(batch) if isinstance(batch, (tuple, list)) else [batch]


def slice_rows(batch: Any, start: int, end: int) -> Any:
    """Rows ``start`` to ``end`` of every tensor, in the same form."""
    if isinstance(batch, Mapping):
        return {name: tensor[start:end] for name, tensor in batch.items()}
    if isinstance(batch, tuple):
        return tuple(tensor[start:end] for tensor in batch)
    return [tensor[start:end] for tensor in batch] if isinstance(batch, list) else batch[start:end]


def rows_of(batch: Any, name: str) -> int:
    """How many rows every tensor of the batch has.

    Args:
        batch: In any of the forms.
        name: What the caller calls it.

    Raises:
        InputError: Something else than tensors, or their lengths differ, or there are no rows.
    """
    tensors = tensors_of(batch)
    if not tensors or not all(isinstance(one, Tensor) and one.ndim for one in tensors):
        raise InputError(f"{name} must be a tensor, or a tuple, list or dict of tensors, with rows in the first axis")
    lengths = {len(one) for one in tensors}
    if len(lengths) > 1 or 0 in lengths:
        raise InputError(f"{name} must have the same number of rows in every tensor, and some, got {sorted(lengths)}")
    return lengths.pop()


def check_one_device(batches: Iterable[Any]) -> torch.device:
    """The device that all tensors are on.

    Raises:
        InputError: There are several, whose random states would have to be replayed together.
    """
    devices = {one.device for batch in batches for one in tensors_of(batch)}
    if len(devices) > 1:
        raise InputError(f"all inputs must be on one device, got {', '.join(sorted(map(str, devices)))}")
    return devices.pop()
