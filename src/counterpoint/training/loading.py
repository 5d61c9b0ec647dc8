"""Loading: batches prepared ahead of the step, the same ones whatever the number of workers."""

from collections.abc import Generator, Iterator
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from counterpoint.base.errors import CounterpointError, InputError
from counterpoint.data import BatchSampler, Learnable, SkippedRow
from counterpoint.methods.base import Method, Prepared
from counterpoint.training import ranks
from counterpoint.training.batches import with_places
from counterpoint.training.chunk import AUTO
from counterpoint.training.packing import Packed, pack, unpack
from counterpoint.training.seeds import sample_seeds
from counterpoint.training.settings import TrainSettings
from counterpoint.training.signals import leave_to_parent

Planned = tuple[int, np.ndarray]
"""An epoch and the rows of one of its batches."""


class Preparation(Dataset[Packed | CounterpointError]):
    """Rows to a packed batch, in whatever process asks.

    An error meant for the user comes back as a value: raised in a worker, the loader would bury it in a traceback.
    """

    def __init__(self, method: Method, examples: Learnable, settings: TrainSettings) -> None:
        self.method, self.examples = method, examples
        assert settings.cache_chunk != AUTO
        self.seed, self.chunk, self.batching = settings.seed, settings.cache_chunk, settings.batches
        world = ranks.current()
        self.start = world.index * (settings.batch_size // world.size)

    @torch.no_grad()
    def __getitem__(self, planned: Planned) -> Packed | CounterpointError:
        epoch, rows = planned
        try:
            batch = with_places(self.examples.batch(rows), rows, self.batching, start=self.start)
            seeds = sample_seeds(self.seed, epoch, batch.rows)
            return pack(self.method.prepare(batch, seeds, chunk=self.chunk), skipped=batch.skipped)
        except CounterpointError as error:
            return error


def load(
    preparation: Preparation,
    planned: Iterator[Planned],
    skipped: dict[int, SkippedRow],
    *,
    workers: int,
    device: torch.device,
) -> Generator[Prepared, None, None]:
    """Prepared batches on ``device``, in the planned order.

    Args:
        preparation: What turns rows into a batch.
        planned: Which rows, when.
        skipped: Filled with the rows that could not be used, wherever that was found.
        workers: Processes that prepare ahead; 0 for none.
        device: Where batches go.

    Raises:
        InputError: More rows cannot be used than the examples allow.
        CounterpointError: Whatever preparing a batch raised, in this process or in a worker.
    """
    loader: DataLoader[Any] = DataLoader(
        preparation,
        batch_size=None,
        sampler=planned,
        num_workers=workers,
        collate_fn=_as_is,
        worker_init_fn=leave_to_parent,
        generator=torch.Generator(),  # the loader would draw from the global one, and dropout would notice
        pin_memory=device.type == "cuda",
    )
    for item in loader:
        if isinstance(item, CounterpointError):
            raise item
        if item.skipped:
            skipped.update({one.row: one for one in item.skipped})
            _check_limit(skipped, preparation.examples.bad_rows.limit)
        yield unpack(item.to(device))


def _check_limit(skipped: dict[int, SkippedRow], limit: int) -> None:
    """Each worker counts for itself; the limit is for all of them together."""
    if len(skipped) > limit:
        last = next(reversed(skipped.values()))
        raise InputError(f"more than {limit} rows cannot be used; the last: {last.reason}")


def plan(sampler: BatchSampler, *, first: int, total: int) -> Iterator[Planned]:
    """Batches number ``first`` to ``total - 1`` of the run, epoch after epoch.

    Args:
        sampler: Its order is a pure function of its seed and the epoch.
        first: Batches already used.
        total: Batches of the whole run.
    """
    number = first
    while number < total:
        sampler.seek(number)
        epoch = number // len(sampler)
        for rows in sampler:
            yield epoch, rows
            number += 1
            if number == total:
                return


def _as_is(item: Any) -> Any:
    return item
