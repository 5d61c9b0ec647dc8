"""Settings of a training run: everything that is not data, model or objective."""

import math
from dataclasses import dataclass, field

from counterpoint.base.errors import InputError
from counterpoint.pairs.batches import Batching, Shuffled
from counterpoint.training.average import EMA
from counterpoint.training.chunk import CacheChunk, checked_chunk
from counterpoint.training.optimisers import AdamW, Optimiser
from counterpoint.training.precision import Precision
from counterpoint.training.schedules import CosineWarmup, Schedule

MAY_CHANGE = ("log_every", "diagnose_every", "checkpoint_every", "keep_checkpoints", "workers", "cpu")
"""Fields that a resumed run may set differently: they do not touch what is learned."""


@dataclass(frozen=True, kw_only=True)
class TrainSettings:
    """How long, how much at once, and how safely. Exactly one of ``steps`` and ``epochs`` is given.

    Attributes:
        steps: Optimiser steps.
        epochs: Passes over the training data; fractions are allowed.
        batch_size: Anchors that are compared with each other, over all ranks together.
        batches: Which rows share a batch.
        optimiser: What turns gradients into steps.
        schedule: What the learning rate is multiplied by.
        accumulate: Batches whose gradients are averaged before a step; they are not compared with each other.
        cache_chunk: Rows encoded at a time with gradient caching; None encodes the whole batch at once, and "auto"
            finds the number before the first step from free memory. A resumed run goes on with what was found.
        precision: Number format of the forward pass.
        ema: Average the weights over the steps; the average is what is evaluated and saved.
        clip_norm: Largest norm of the whole gradient; None does not clip.
        seed: Decides order, views and dropout.
        log_every: Steps between records.
        diagnose_every: Steps between looks at the space (collapse, rank, temperature), which go into the records; a
            fault is told once. None never looks.
        checkpoint_every: Steps between checkpoints; None writes one at the end and when stopped.
        keep_checkpoints: How many of the newest stay on disk.
        workers: Processes that prepare batches ahead; 0 prepares them in this one. Changes no number.
        cpu: Stay on the CPU even where there is a GPU.
    """

    steps: int | None = None
    epochs: float | None = None
    batch_size: int = 256
    batches: Batching = field(default_factory=Shuffled)
    optimiser: Optimiser = field(default_factory=AdamW)
    schedule: Schedule = field(default_factory=CosineWarmup)
    accumulate: int = 1
    cache_chunk: CacheChunk | None = None
    precision: Precision = Precision.NO
    ema: EMA | None = None
    clip_norm: float | None = None
    seed: int = 0
    log_every: int = 10
    diagnose_every: int | None = None
    checkpoint_every: int | None = 500
    keep_checkpoints: int = 2
    workers: int = 0
    cpu: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot run, before anything is loaded."""
        if (self.steps is None) == (self.epochs is None):
            raise InputError(f"give exactly one of steps and epochs, got steps={self.steps} and epochs={self.epochs}")
        if self.epochs is not None and not 0 < self.epochs < math.inf:
            raise InputError(f"epochs must be above 0, got {self.epochs}")
        for name in ("steps", "checkpoint_every", "diagnose_every"):
            _at_least(name, getattr(self, name), 1, optional=True)
        if self.cache_chunk is not None:
            checked_chunk(self.cache_chunk, "cache_chunk")
        for name in ("accumulate", "log_every", "keep_checkpoints"):
            _at_least(name, getattr(self, name), 1)
        _at_least("batch_size", self.batch_size, 2)
        _at_least("workers", self.workers, 0)
        _at_least("seed", self.seed, 0)
        if not isinstance(self.batches, Batching):
            raise InputError(f"batches must be a batching, such as ClassBalanced(), got {self.batches!r}")
        if self.clip_norm is not None and not self.clip_norm > 0:
            raise InputError(f"clip_norm must be above 0, got {self.clip_norm}")
        object.__setattr__(self, "precision", _precision(self.precision))

    def total_steps(self, batches_per_epoch: int) -> int:
        """Optimiser steps of the whole run.

        Args:
            batches_per_epoch: Batches that one pass over the data holds.

        Raises:
            InputError: They are fewer than those in which the schedule warms up.
        """
        total = self.steps
        if total is None:
            assert self.epochs is not None  # exactly one of the two is given
            total = max(1, math.ceil(round(self.epochs * batches_per_epoch, 6) / self.accumulate))
        rise = self.schedule.warmup_steps(total)
        if rise > total:
            raise InputError(f"schedule.warmup is {rise} steps, and training ends after {total}")
        return total


def _at_least(name: str, value: object, least: int, *, optional: bool = False) -> None:
    if value is None and optional:
        return
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InputError(f"{name} must be a whole number of at least {least}, got {value!r}")


def _precision(value: str) -> Precision:
    try:
        return Precision(value)
    except ValueError as error:
        raise InputError(f"precision must be one of {', '.join(Precision)}, got {value!r}") from error
