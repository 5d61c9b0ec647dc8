"""The chunk size of a run: as given, as its checkpoint says, or found now."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import torch

from counterpoint.data import Learnable
from counterpoint.methods.base import Inputs, Method
from counterpoint.training.batches import with_places
from counterpoint.training.caching import check_cacheable
from counterpoint.training.chunk import AUTO
from counterpoint.training.fitting import Fit, fit
from counterpoint.training.loading import plan
from counterpoint.training.probe import FEW, MORE, Portion, Sample, measure, untouched
from counterpoint.training.running import Run
from counterpoint.training.seeds import sample_seeds

LOOKED_AT = 32
"""Examples of the first batch that are prepared; of them those with most numbers are encoded, for texts differ."""

COPIES_OF_PARAMETERS = 4
"""Gradient and two moments, which come with the first step, and a gradient before it is added to the others."""


def settle_chunk(run: Run, examples: Learnable) -> None:
    """Decide how many rows are encoded at a time, if that was left to us and no checkpoint says it; a collective call.

    Args:
        run: At the step where it begins or goes on; its settings, state and notices are updated.
        examples: The training data, of which a few are encoded.

    Raises:
        InputError: Not even one row fits, or rows would see each other's chunk.
    """
    if run.state.cache_chunk == AUTO:
        found = _found(run, examples)
        run.state.cache_chunk = found.chunk
        run.notices.append(found.reason)
    elif run.settings.cache_chunk == AUTO:
        size = "the whole batch" if run.state.cache_chunk is None else f"{run.state.cache_chunk} rows"
        run.notices.append(f"{size} at a time, as when the run began")
    if run.state.cache_chunk is not None:
        check_cacheable(run.state.method)
    run.settings = replace(run.settings, cache_chunk=run.state.cache_chunk)


def _found(run: Run, examples: Learnable) -> Fit:
    method, device = run.state.method, run.machine.device
    with untouched([method], device):
        calls = tuple(measure(sample, run.machine.autocast) for sample in _samples(run, examples))
    learnt = sum(one.nbytes for one in method.parameters() if one.requires_grad)
    return fit(calls, reserved=COPIES_OF_PARAMETERS * learnt, device=device)


def _samples(run: Run, examples: Learnable) -> Iterator[Sample]:
    method, device = run.state.method, run.machine.device
    epoch, rows = next(plan(run.sampler, first=0, total=1))
    batch = with_places(examples.batch(rows[:LOOKED_AT]), rows[:LOOKED_AT], run.settings.batches)
    seeds = sample_seeds(run.settings.seed, epoch, batch.rows)
    with torch.no_grad():
        every, few, more = (method.prepare(batch, seeds, chunk=size) for size in (1, FEW, MORE))
    for call, single in enumerate(every.calls):
        # Anchors may have several candidates: as many for each in the whole batch as here.
        count = -(-len(single) * len(rows) // every.size)
        portions = (_portion(method, call, one.calls[call], device) for one in (few, more))
        yield Sample(*portions, rows=count)


def _portion(method: Method, call: int, chunks: list[Inputs], device: torch.device) -> Portion:
    """The chunk with the most numbers: texts are padded to the longest of their chunk."""
    largest = max(chunks, key=lambda chunk: sum(one.nbytes for one in chunk.values()))
    inputs = {name: one.to(device) for name, one in largest.items()}
    return Portion(partial(method.encode, call, inputs), list(inputs.values()))
