"""The loop: from a method and examples to a trained method, observable, stoppable and resumable bit for bit."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import numpy as np
import torch

from counterpoint.data import BatchSampler, Learnable
from counterpoint.methods.base import Method, Prepared
from counterpoint.training import ranks
from counterpoint.training.average import Average
from counterpoint.training.batches import fingerprint, plan_batches
from counterpoint.training.loading import Preparation, load, plan
from counterpoint.training.observers import Observer, TrainResult
from counterpoint.training.precision import Machine, open_machine
from counterpoint.training.resuming import identity, refuse_second_run, resume_from
from counterpoint.training.rng import random_state, seed_everything, set_random_state
from counterpoint.training.running import Run, run_steps
from counterpoint.training.seeds import sample_seeds
from counterpoint.training.settings import TrainSettings
from counterpoint.training.settling import settle_chunk
from counterpoint.training.signals import StopRequest
from counterpoint.training.state import TrainState
from counterpoint.training.watch import LossWatch

CHECKPOINTS = "checkpoints"


def train(
    method: Method,
    examples: Learnable,
    settings: TrainSettings,
    folder: Path,
    *,
    resume: bool = False,
    fall_back: bool = False,
    observers: Sequence[Observer] = (),
    stop: Callable[[], bool] | None = None,
) -> TrainResult:
    """Train ``method`` in place.

    Afterwards it is in evaluation mode and holds the averaged weights if ``settings.ema`` asked for them. The same
    arguments give the same weights and losses, whether or not the run was interrupted, killed and resumed, and
    whatever the number of workers. Python's, numpy's and torch's global generators are left as they were found.

    Ctrl-C and SIGTERM finish the step at hand, write a checkpoint and return. Under ``torchrun`` every process calls
    this; the batch is shared out among them, and to resume all must see the same ``folder``.

    Args:
        method: With the same initial weights at each attempt; those of rank 0 are used.
        examples: The training data.
        settings: How long, how much at once, how safely.
        folder: The run folder; ``checkpoints/`` goes there.
        resume: Continue from the newest checkpoint, or begin if there is none.
        fall_back: When resuming, take an earlier checkpoint if the newest is damaged.
        observers: Told about records and checkpoints.
        stop: Asked after every step; True stops as Ctrl-C does.

    Raises:
        InputError: The settings do not fit the data or the method, or the folder holds another run.
        CheckpointError: The checkpoint to resume from is damaged.
        StorageError: The disk is full or the folder not writable; earlier checkpoints are whole.
        DivergedError: The loss is not finite any more.
    """
    machine = open_machine(settings.precision, cpu=settings.cpu)
    with _random_generators_kept(machine.device), StopRequest() as request, torch.enable_grad():
        run = _open(method, examples, settings, Path(folder), machine)
        if resume:
            resume_from(run.root, run.state, run.identity, fall_back=fall_back)
        else:
            refuse_second_run(run.root)
        settle_chunk(run, examples)
        run.observers = list(observers) if ranks.is_main() else []
        batches = load(
            Preparation(method, examples, run.settings),
            plan(run.sampler, first=run.state.step * settings.accumulate, total=run.total * settings.accumulate),
            run.skipped,
            workers=settings.workers,
            device=machine.device,
        )
        with closing(batches):
            return _observed(run, batches, lambda: request.asked or (stop is not None and stop()))


def _open(method: Method, examples: Learnable, settings: TrainSettings, folder: Path, machine: Machine) -> Run:
    world = ranks.current()
    batches = plan_batches(examples, settings)
    sampler = BatchSampler(batches, rank=world.index, world=world.size)
    method.to(machine.device).train()
    ranks.broadcast_module(method)
    seed_everything(int(sample_seeds(settings.seed, -1, np.array([world.index]))))
    state = TrainState(
        method=method,
        optimiser=settings.optimiser.build(method),
        scaler=machine.scaler(),
        average=None if settings.ema is None else Average(method, settings.ema),
        loss_sum=torch.zeros((), device=machine.device),
        cache_chunk=settings.cache_chunk,
    )
    return Run(
        settings=settings,
        machine=machine,
        state=state,
        sampler=sampler,
        total=settings.total_steps(len(sampler)),
        root=folder / CHECKPOINTS,
        identity=identity(
            settings, examples=len(examples), world=world.size, batches=fingerprint(batches), outside=method.outside
        ),
        watch=LossWatch(machine.device),
    )


def _observed(run: Run, batches: Iterator[Prepared], asked: Callable[[], bool]) -> TrainResult:
    result: TrainResult | None = None
    with ExitStack() as ends:
        for observer in run.observers:
            ends.callback(lambda observer=observer: observer.on_end(result))
            observer.on_start(run.state.step, run.total)
            for text in run.notices:
                observer.on_notice(text)
        result = run_steps(run, batches, asked)
    return result


@contextmanager
def _random_generators_kept(device: torch.device) -> Iterator[None]:
    before = random_state(device)
    try:
        yield
    finally:
        set_random_state(before, device)
