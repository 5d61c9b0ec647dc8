"""How large the blocks of a kernel are: a pure function of width and dtype, nothing measured at run time.

Bounds: operands of the pipelined loops within 96 KB of shared memory, so that every GPU since 2020 can run them;
accumulators within 128 of a thread's 255 registers; no side below 16, the least that ``tl.dot`` takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

WHOLE = 128
"""Up to this width, rows of half precision are held whole."""


@dataclass(frozen=True)
class Blocks:
    """Sizes of one kernel; powers of two.

    Attributes:
        mine: Rows a program owns.
        theirs: Rows of the other side in one step.
        depth: Columns of the embeddings multiplied at once.
        out: Columns of the gradients a program owns.
        warps: Groups of 32 threads in a program.
        stages: Steps whose loads are under way at the same time.
    """

    mine: int
    theirs: int
    depth: int
    out: int
    warps: int
    stages: int

    def held(self, width: int) -> bool:
        """Rows are read once and stay."""
        return width <= self.depth == self.out


@dataclass(frozen=True)
class Tuning:
    """Everything a launch may choose.

    Attributes:
        forward: Blocks of the forward pass.
        backward: Blocks of the backward pass.
        programs: How many programs keep the device busy; with fewer blocks than that, several share one.
    """

    forward: Blocks
    backward: Blocks
    programs: int

    @staticmethod
    def of(x: Tensor) -> Tuning:
        """For embeddings like these on their device."""
        width = x.shape[1]
        device = cast(Any, torch.cuda.get_device_properties(x.device) if x.is_cuda else None)  # pyright: ignore[reportUnknownMemberType]
        programs = 1 if device is None else int(device.multi_processor_count)
        return Tuning(forward_blocks(width, x.dtype), backward_blocks(width, x.dtype), programs)


def forward_blocks(width: int, dtype: torch.dtype) -> Blocks:
    """Sizes for log-sum-exps."""
    if dtype is torch.float32:
        # Products outside the tensor cores: a small tile leaves each of the 128 threads a patch of 32 scores.
        depth = min(32, _power(width))
        return Blocks(mine=64, theirs=64, depth=depth, out=depth, warps=4, stages=2)
    if width <= WHOLE:
        depth = _power(width)
        return Blocks(mine=128, theirs=128, depth=depth, out=depth, warps=8, stages=2)
    return Blocks(mine=128, theirs=128, depth=64, out=64, warps=8, stages=3)


def backward_blocks(width: int, dtype: torch.dtype) -> Blocks:
    """Sizes for gradients: as wide a piece of a row as the accumulator can be, for each one makes the scores again."""
    if dtype is torch.float32:
        depth, out = min(32, _power(width)), min(128, _power(width))
        return Blocks(mine=64, theirs=32, depth=depth, out=out, warps=4, stages=2)
    if width <= WHOLE:
        depth = _power(width)
        return Blocks(mine=128, theirs=64, depth=depth, out=depth, warps=8, stages=2)
    return Blocks(mine=128, theirs=64, depth=64, out=256, warps=8, stages=2)


def splits(owners: int, steps: int, programs: int) -> int:
    """How many programs share the walk of one owner, so that few owners keep the whole device busy.

    Args:
        owners: Programs there would be without sharing.
        steps: Steps of one walk.
        programs: How many programs the device can run at once.
    """
    return max(1, min(steps, programs // max(1, owners)))


def _power(width: int) -> int:
    """The next power of two, 16 at least."""
    return max(16, 1 << (width - 1).bit_length())
