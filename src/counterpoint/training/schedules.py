"""Schedules: pure functions from a step to what the learning rate is multiplied by."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

from counterpoint.base.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Schedule(ABC):
    """A linear rise from near 0, then a shape.

    Attributes:
        warmup: A whole number is steps; a fraction (float in [0, 1)) is that part of all steps.
    """

    warmup: int | float = 0

    def __post_init__(self) -> None:
        """Refuse a warm-up that is neither steps nor a fraction."""
        whole = isinstance(self.warmup, int) and not isinstance(self.warmup, bool) and self.warmup >= 0
        fraction = isinstance(self.warmup, float) and 0 <= self.warmup < 1
        if not (whole or fraction):
            raise InputError(f"warmup must be a number of steps or a fraction in [0, 1), got {self.warmup!r}")

    def warmup_steps(self, total: int) -> int:
        """The length of the rise in steps."""
        return self.warmup if isinstance(self.warmup, int) else round(self.warmup * total)

    def multiplier(self, step: int, total: int) -> float:
        """The factor of update number ``step`` (from 0) of ``total``; never 0 at the first one."""
        rise = self.warmup_steps(total)
        if step < rise:
            return (step + 1) / rise
        return self.after(min(1.0, (step - rise) / max(1, total - rise)))

    @abstractmethod
    def after(self, progress: float) -> float:
        """The factor once warm; ``progress`` goes from 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class CosineWarmup(Schedule):
    """Rise, then half a cosine down to ``final`` (Loshchilov & Hutter 2017, arXiv:1608.03983, without restarts).

    Attributes:
        warmup: Steps (int) or fraction (float).
        final: The factor that the curve ends at.
    """

    warmup: int | float = 0.05
    final: float = 0.0

    def __post_init__(self) -> None:
        """Refuse an end outside [0, 1]."""
        super().__post_init__()
        if not 0 <= self.final <= 1:
            raise InputError(f"final must be in [0, 1], got {self.final}")

    def after(self, progress: float) -> float:
        """``final + (1 - final) * (1 + cos(pi * progress)) / 2``."""
        return self.final + (1 - self.final) * (1 + math.cos(math.pi * progress)) / 2


@dataclass(frozen=True, kw_only=True)
class Constant(Schedule):
    """Rise, then stay.

    Attributes:
        warmup: Steps (int) or fraction (float).
    """

    def after(self, progress: float) -> float:
        """Always 1."""
        return 1.0
