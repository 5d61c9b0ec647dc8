"""Packing: a prepared batch as one flat tensor per type, cheap to send between processes and to a device.

A batch in chunks is hundreds of small tensors. Sent one by one, each costs a file descriptor between processes and a
copy to the device; packed, there are two or three in all.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

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
    """

    flat: dict[torch.dtype, Tensor]
    calls: list[list[dict[str, Slot]]]
    targets: dict[str, Slot]
    size: int

    def pin_memory(self) -> "Packed":
        """The same in page-locked memory, from which copies to a GPU run in the background."""
        return Packed(
            {dtype: one.pin_memory() for dtype, one in self.flat.items()}, self.calls, self.targets, self.size
        )

    def to(self, device: torch.device) -> "Packed":
        """The same on ``device``: one copy per dtype."""
        flat = {dtype: one.to(device, non_blocking=True) for dtype, one in self.flat.items()}
        return Packed(flat, self.calls, self.targets, self.size)


def pack(prepared: Prepared) -> Packed:
    """Lay all tensors end to end."""
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
    return Packed(flat, calls, {name: slots[id(one)] for name, one in prepared.targets.items()}, prepared.size)


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
