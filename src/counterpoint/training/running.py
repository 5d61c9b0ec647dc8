"""The steps of a run, and what is due between them: records, checkpoints, an early end."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from counterpoint.base.errors import DivergedError
from counterpoint.data import BatchSampler, SkippedRow
from counterpoint.methods.base import Prepared
from counterpoint.training import ranks
from counterpoint.training.checkpoint import list_checkpoints, prune_checkpoints, write_checkpoint
from counterpoint.training.diagnosing import diagnose_step
from counterpoint.training.monitor import monitor
from counterpoint.training.observers import Observer, Record, TrainResult
from counterpoint.training.precision import Machine
from counterpoint.training.settings import TrainSettings
from counterpoint.training.state import TrainState, capture
from counterpoint.training.step import Stepped, learning_rate, take_step
from counterpoint.training.watch import LossWatch


@dataclass
class Run:
    """The parts of one run, wired together.

    Attributes:
        settings: As given, with the chunk size that was found.
        machine: Device and precision.
        state: What changes from step to step.
        sampler: The order of the data.
        total: Steps of the whole run.
        root: The folder of checkpoints.
        identity: What a resumed run must share.
        watch: Sees every loss.
        observers: Of this process.
        skipped: Rows that could not be used, by number.
        notices: Decisions to tell the user of.
        told: Faults of the space that the user knows of.
    """

    settings: TrainSettings
    machine: Machine
    state: TrainState
    sampler: BatchSampler
    total: int
    root: Path
    identity: dict[str, Any]
    watch: LossWatch
    observers: list[Observer] = field(default_factory=list)
    skipped: dict[int, SkippedRow] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    told: set[str] = field(default_factory=set)


class Pace:
    """Time and speed.

    Args:
        before: Seconds trained in earlier sessions.
        first: Steps taken in earlier sessions.
        batch: Anchors used by one step.
    """

    def __init__(self, *, before: float, first: int, batch: int) -> None:
        self.before, self.first, self.batch = before, first, batch
        self._began = self._marked = time.perf_counter()
        self._step = first

    def seconds(self) -> float:
        """Time spent training over all sessions."""
        return self.before + time.perf_counter() - self._began

    def overall(self, step: int) -> float:
        """Anchors per second in this session, up to ``step``."""
        return (step - self.first) * self.batch / max(time.perf_counter() - self._began, 1e-9)

    def since_last(self, step: int) -> float:
        """Anchors per second since the last call."""
        now = time.perf_counter()
        rate = (step - self._step) * self.batch / max(now - self._marked, 1e-9)
        self._marked, self._step = now, step
        return rate


def run_steps(run: Run, batches: Iterator[Prepared], asked: Callable[[], bool]) -> TrainResult:
    """Take the steps that are left, unless asked to stop.

    Args:
        run: Its state may stand at any step.
        batches: Those of the steps that are left.
        asked: Whether to stop after the step at hand.
    """
    state, settings = run.state, run.settings
    pace = Pace(before=state.seconds, first=state.step, batch=settings.batch_size * settings.accumulate)
    loss, interrupted = math.nan, False
    while state.step < run.total and not interrupted:
        done = state.step + 1
        log_due = done in (1, run.total) or done % settings.log_every == 0 or _multiple(done, settings.diagnose_every)
        rate = learning_rate(settings, state.step, run.total)
        stepped = take_step(state, batches, settings, run.machine, rate=rate, want_norm=log_due)
        _count(run, stepped)
        if log_due or run.machine.device.type == "cpu":
            _check_finite(run)
        if log_due:
            loss = _log(run, stepped, rate, pace)
        interrupted = done < run.total and ranks.agree(asked(), run.machine.device)
        if interrupted or done == run.total or _multiple(done, settings.checkpoint_every):
            _check_finite(run)
            state.seconds = pace.seconds()
            _checkpoint(run)
    if state.average is not None:
        state.average.copy_to(state.method)
    state.method.eval()
    return TrainResult(
        steps=state.step,
        loss=loss,
        seconds=pace.seconds(),
        examples_per_second=pace.overall(state.step),
        interrupted=interrupted,
        skipped=_skipped(run),
        cache_chunk=state.cache_chunk if isinstance(state.cache_chunk, int) else None,
    )


def _skipped(run: Run) -> tuple[SkippedRow, ...]:
    """Rows that any rank passed over; a collective call."""
    everywhere = {row: one for found in ranks.gather_objects(run.skipped) for row, one in found.items()}
    return tuple(everywhere[row] for row in sorted(everywhere))


def _count(run: Run, stepped: Stepped) -> None:
    state = run.state
    state.step += 1
    state.losses += 1
    state.loss_sum += stepped.loss
    run.watch.see(stepped.loss, state.step)


def _multiple(step: int, every: int | None) -> bool:
    return every is not None and step % every == 0


def _check_finite(run: Run) -> None:
    step = run.watch.first_bad()
    if step is None:
        return
    rate = learning_rate(run.settings, step - 1, run.total)
    saved = list_checkpoints(run.root)
    where = f"{saved[-1]} is from before it and whole" if saved else "there is no checkpoint from before it"
    raise DivergedError(
        f"the loss is not finite at step {step} of {run.total} (learning rate {rate:.3g}); {where}. "
        f"Lower the learning rate, set clip_norm, or look for broken values in the data"
    )


def _log(run: Run, stepped: Stepped, rate: float, pace: Pace) -> float:
    """Tell the observers; the loss is the mean since the last record."""
    state = run.state
    loss = float(state.loss_sum) / state.losses
    record: Record = {
        "step": state.step,
        "epoch": state.step * run.settings.accumulate / len(run.sampler),
        "loss": loss,
        "learning_rate": rate,
        **monitor(stepped.output, temperature=stepped.output.temperature),
        "examples_per_second": pace.since_last(state.step),
        "time": pace.seconds(),
    }
    if stepped.gradient_norm is not None and math.isfinite(norm := float(stepped.gradient_norm)):
        record["gradient_norm"] = norm
    if _multiple(state.step, run.settings.diagnose_every):
        record |= _diagnosed(run, stepped)
    state.loss_sum.zero_()
    state.losses = 0
    for observer in run.observers:
        observer.on_log(record)
    return loss


def _diagnosed(run: Run, stepped: Stepped) -> Record:
    """Numbers about the space; a fault is told when it is first seen."""
    numbers, faults = diagnose_step(stepped.output)
    for fault in faults:
        if fault.name not in run.told:
            run.told.add(fault.name)
            for observer in run.observers:
                observer.on_notice(f"warning: step {run.state.step}: {fault.name}. {fault.change}")
    return numbers


def _checkpoint(run: Run) -> None:
    """Write the state as it is; every rank takes part, the main one writes."""
    state = run.state
    epoch, batch = divmod(state.step * run.settings.accumulate, len(run.sampler))
    state.sampler = {"epoch": epoch, "batch": batch}  # not the sampler's own: the loader has asked ahead
    contents = capture(state, run.identity)
    if not ranks.is_main():
        return
    path = write_checkpoint(run.root, state.step, contents)
    prune_checkpoints(run.root, run.settings.keep_checkpoints)
    for observer in run.observers:
        observer.on_checkpoint(path)
