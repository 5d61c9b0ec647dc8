"""One launch of a kernel: roles, flags, grids and buffers."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from counterpoint.pairwise.trace import Which
from counterpoint.pairwise.triton.availability import kernel
from counterpoint.pairwise.triton.blocks import Blocks, Tuning, splits
from counterpoint.pairwise.triton.pulls import Pull

CODES = {None: 0, Which.COMPARED: 1, Which.POSITIVE: 2, Which.NEGATIVE: 3}
"""How kernels spell who takes part, in two bits."""


@dataclass(frozen=True, eq=False)
class Side:
    """Embeddings `[N, D]`, contiguous, and their int64 keys `[N]`."""

    x: Tensor
    keys: Tensor


@dataclass(frozen=True, eq=False)
class Facing:
    """Two sides in their roles, and what is asked about their scores.

    Attributes:
        mine: Whose statistics or gradients are wanted.
        theirs: Whom they are compared with.
        first: My row i is their row ``first + i``; None when no row is compared with itself.
        which: Per ask, the entries that take part.
        scales: Per ask, float32 `[A]`.
        margin: Added to the scores of positives.
        tuning: Sizes.
    """

    mine: Side
    theirs: Side
    first: int | None
    which: tuple[Which | None, ...]
    scales: Tensor
    margin: float
    tuning: Tuning

    @property
    def swapped(self) -> Facing:
        """The same scores from the other side."""
        first = None if self.first is None else -self.first
        return replace(self, mine=self.theirs, theirs=self.mine, first=first)

    def only(self, asks: list[int]) -> Facing:
        """With some of the asks."""
        if len(asks) == len(self.which):
            return self
        return replace(
            self, which=tuple(self.which[ask] for ask in asks), scales=torch.stack([self.scales[ask] for ask in asks])
        )

    def flags(self) -> dict[str, Any]:
        """What kernels are compiled for."""
        packed = sum(CODES[one] << (2 * ask) for ask, one in enumerate(self.which))
        return {
            "ASKS": len(self.which),
            "LANES": 1 << (len(self.which) - 1).bit_length(),
            "WHICH": packed,
            "KEYED": self.margin != 0.0 or any(CODES[one] > 1 for one in self.which),
            "OWN": self.first is not None,
            "MARGINED": self.margin != 0.0,
        }

    def sizes(self, blocks: Blocks, share: int) -> tuple[float | int, ...]:
        """Numbers in the order of the kernels."""
        (n, width), m = self.mine.x.shape, len(self.theirs.x)
        return self.margin, n, m, width, self.first or 0, share * blocks.theirs


def log_sum_exp(facing: Facing) -> Tensor:
    """Per ask and row of mine `[A, N]`, float32; -inf where nothing takes part."""
    x, asks = facing.mine.x, len(facing.which)
    blocks = facing.tuning.forward
    owners, steps = -(-len(x) // blocks.mine), -(-len(facing.theirs.x) // blocks.theirs)
    shared = splits(owners, steps, facing.tuning.programs)
    parts = x.new_empty((shared, asks, len(x)), dtype=torch.float32)
    if parts.numel():  # a grid of no program cannot be launched
        run = kernel("forward", "log_sum_exp_kernel", x.device)
        with _on(x):
            run[(owners, shared)](
                *(parts, x, facing.theirs.x, facing.mine.keys, facing.theirs.keys, facing.scales),
                *facing.sizes(blocks, -(-steps // shared)),
                **facing.flags(),
                **_compiled_for(blocks, x.shape[1]),
            )
    return parts[0] if shared == 1 else parts.logsumexp(0)


def gradient(facing: Facing, mine: Pull, theirs: Pull, unit: Tensor, *, slopes: bool) -> tuple[Tensor, Tensor | None]:
    """Gradients of my rows `[N, D]` and, if wanted, of every ask's scale `[A]`.

    Args:
        facing: Who, and what is asked.
        mine: How strongly the loss pulls at log-sum-exps of my rows.
        theirs: The same for their rows.
        unit: float32 `[1]`, what pulls were divided by.
        slopes: Find the gradients of scales too.
    """
    x, asks = facing.mine.x, len(facing.which)
    blocks = facing.tuning.backward
    owners, steps = -(-len(x) // blocks.mine), -(-len(facing.theirs.x) // blocks.theirs)
    pieces = -(-x.shape[1] // blocks.out)
    shared = splits(owners * pieces, steps, facing.tuning.programs)
    # Shares are summed before they are rounded. There are as many as keep the device busy: a bounded number of blocks.
    grads = x.new_empty((shared, *x.shape), dtype=x.dtype if shared == 1 else torch.float32)
    found = x.new_empty((shared, asks, len(x) if slopes else 0), dtype=torch.float32)
    if grads.numel():
        run = kernel("backward", "gradient_kernel", x.device)
        with _on(x):
            run[(owners, pieces, shared)](
                *(grads, found, x, facing.theirs.x, facing.mine.keys, facing.theirs.keys),
                *(mine.pull, mine.lse, theirs.pull, theirs.lse, facing.scales, unit),
                *facing.sizes(blocks, -(-steps // shared)),
                **facing.flags(),
                **_compiled_for(blocks, x.shape[1]),
                **{"BY_MINE": mine.asked, "BY_THEIRS": theirs.asked, "SLOPES": slopes, "OUT": blocks.out},
            )
    grad = grads[0] if shared == 1 else grads.sum(0).to(x.dtype)
    return grad, found.sum((0, 2)) * unit if slopes else None


def _compiled_for(blocks: Blocks, width: int) -> dict[str, Any]:
    return {
        "HELD": blocks.held(width),
        "MINE": blocks.mine,
        "THEIRS": blocks.theirs,
        "DEPTH": blocks.depth,
        "num_warps": blocks.warps,
        "num_stages": blocks.stages,
    }


def _on(x: Tensor) -> AbstractContextManager[Any]:
    """Triton launches on the current device, whatever device its arguments are on."""
    return torch.cuda.device(x.device) if x.is_cuda else nullcontext()
