"""Functions of a tile fused by the compiler: on a GPU, a chain of pointwise operations is read and written once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

HELD = 64
"""How many compiled functions are kept; an objective has two or three."""


@lru_cache(maxsize=HELD)
def compiled(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The same function, compiled at its first call and once for tiles of every shape.

    Kept by identity: a function made anew at every step would be traced at every step, so pass one that lives as long
    as the objective. Compiling takes seconds; it pays from thousands of tiles on.

    Args:
        function: Of tensors alone, in torch operations that have no side effects.
    """
    # Ragged tiles at the edges of a matrix must not be compiled on their own.
    return torch.compile(function, dynamic=True)  # pyright: ignore[reportUnknownMemberType]
