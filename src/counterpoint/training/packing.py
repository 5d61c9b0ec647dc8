"""Packing: a prepared batch as one flat tensor per type, cheap to send between processes and to a device.

A batch in chunks is hundreds of small tensors. Sent one by one, each costs a file descriptor between processes and a
copy to the device; packed, there are two or three in all.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from counterpoint.data import SkippedRow
from counterpoint.methods.base import Prepared

ALIGNMENT = 64
"""Bytes: the alignment of freshly allocated tensors, kept inside the flat ones so that kernels take the same path."""


@dataclass(frozen=True)
class Slot:
    """Where one tensor lies: in which flat tensor, from which element, in which shape."""

    dtype: torch.dtype
    start: int
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Packed:
    """A :class:`Prepared` with its tensors laid end to end.

    Attributes:
        flat: One vector per dtype.
        calls: As in Prepared, with slots for tensors.
        targets: As in Prepared, with slots for tensors.
        size: Number of anchors.
        skipped: Rows that were asked for and could not be used.
    """

    flat: dict[torch.dtype, Tensor]
    calls: list[list[dict[str, Slot]]]
    targets: dict[str, Slot]
    size: int
    skipped: tuple[SkippedRow, ...] = ()

    def pin_memory(self) -> "Packed":
        """The same in page-locked memory, from which copies to a GPU run in the background."""
        return replace(self, flat={dtype: one.pin_memory() for dtype, one in self.flat.items()})

    def to(self, device: torch.device) -> "Packed":
        """The same on ``device``: one copy per dtype."""
        flat = {dtype: one.to(device, non_blocking=True) for dtype, one in self.flat.items()}
        return replace(self, flat=flat)


def pack(prepared: Prepared, *, skipped: tuple[SkippedRow, ...] = ()) -> Packed:
    """Lay all tensors end to end.

    Args:
        prepared: On the CPU.
        skipped: Passed along.
    """
    slots: dict[int, Slot] = {}
    lengths: dict[torch.dtype, int] = {}
    for tensor in _tensors(prepared):
        if id(tensor) not in slots:
            start = lengths.get(tensor.dtype, 0)
            slots[id(tensor)] = Slot(tensor.dtype, start, tuple(tensor.shape))
            step = max(1, ALIGNMENT // tensor.element_size())
            lengths[tensor.dtype] = start + -(-tensor.numel() // step) * step
    flat = {dtype: torch.zeros(length, dtype=dtype) for dtype, length in lengths.items()}
    for tensor in _tensors(prepared):
        _view(flat, slots[id(tensor)]).copy_(tensor)
    calls = [[{name: slots[id(one)] for name, one in chunk.items()} for chunk in call] for call in prepared.calls]
    targets = {name: slots[id(one)] for name, one in prepared.targets.items()}
    return Packed(flat, calls, targets, prepared.size, skipped)


def unpack(packed: Packed) -> Prepared:
    """The prepared batch again; its tensors are windows on the flat ones."""
    calls = [
        [{name: _view(packed.flat, slot) for name, slot in chunk.items()} for chunk in call] for call in packed.calls
    ]
    targets = {name: _view(packed.flat, slot) for name, slot in packed.targets.items()}
    return Prepared(calls=calls, targets=targets, size=packed.size)


def _view(flat: dict[torch.dtype, Tensor], slot: Slot) -> Tensor:
    return flat[slot.dtype][slot.start : slot.start + math.prod(slot.shape)].view(slot.shape)


def _tensors(prepared: Prepared) -> Iterator[Tensor]:
    for call in prepared.calls:
        for chunk in call:
            yield from chunk.values()
    yield from prepared.targets.values()
