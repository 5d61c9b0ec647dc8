"""A teacher that follows a student: the exponential moving average of its weights."""

import math
from dataclasses import dataclass

import torch
from torch import nn

from counterpoint.base.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Momentum:
    """How slowly a teacher follows (Grill and others 2020, arXiv:2006.07733, Section 3.3).

    Formula: ``teacher <- m teacher + (1 - m) student`` after every step, ``m = 1 - (1 - base) (cos(pi k / K) + 1) / 2``
    at step k of K: from ``base`` to 1.

    Attributes:
        base: The momentum at first, in [0, 1]; 0.996.
        steps: K, after which the teacher stands still; None keeps ``base`` throughout.
    """

    base: float = 0.996
    steps: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is no share, or no number of steps."""
        if not 0 <= self.base <= 1:
            raise InputError(f"base must be between 0 and 1, got {self.base}")
        if self.steps is not None and self.steps < 1:
            raise InputError(f"steps must be at least 1, got {self.steps}")

    def at(self, step: int) -> float:
        """The momentum after update number ``step`` (from 0)."""
        if self.steps is None:
            return self.base
        return 1 - (1 - self.base) * (math.cos(math.pi * min(1.0, step / self.steps)) + 1) / 2


@torch.no_grad()
def follow(teacher: nn.Module, student: nn.Module, momentum: float) -> None:
    """Move every parameter of ``teacher`` towards its counterpart; buffers are each module's own."""
    pairs = list(zip(teacher.parameters(), student.parameters(), strict=True))
    if pairs:
        theirs, ours = (list(side) for side in zip(*pairs, strict=True))
        torch._foreach_lerp_(theirs, ours, 1 - momentum)  # pyright: ignore[reportPrivateImportUsage]
