"""Observers: what a run tells, and to whom. Only the main rank has any."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from counterpoint.data import SkippedRow

Record = dict[str, Any]
"""One line of ``metrics.jsonl``: step, epoch, loss and more, all JSON values."""


@dataclass(frozen=True)
class TrainResult:
    """How a run ended.

    Attributes:
        steps: Optimiser steps taken, over all sessions.
        loss: The last recorded loss; NaN before the first record.
        seconds: Time spent training, over all sessions.
        examples_per_second: Anchors per second in this session.
        interrupted: It was asked to stop before the last step; resuming continues it.
        skipped: Rows that could not be used and were passed over in this session, as far as ``BadRows`` allowed.
        cache_chunk: Rows that were encoded at a time, as given or found; None for the whole batch at once.
    """

    steps: int
    loss: float
    seconds: float
    examples_per_second: float
    interrupted: bool
    skipped: tuple[SkippedRow, ...] = ()
    cache_chunk: int | None = None


class Observer:
    """Told what happens in a run; every method does nothing unless overridden."""

    def on_start(self, step: int, total: int) -> None:
        """The run begins, or goes on, after ``step`` of ``total`` steps."""

    def on_notice(self, text: str) -> None:
        """Something that was decided for the user, told after :meth:`on_start`."""

    def on_log(self, record: Record) -> None:
        """A record is due."""

    def on_checkpoint(self, path: Path) -> None:
        """A checkpoint is whole at ``path``."""

    def on_end(self, result: TrainResult | None) -> None:
        """The run ended; None when an error ended it, be it in ``on_start``. Called once, whatever happened."""
