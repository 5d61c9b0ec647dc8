"""All that a run is at one step, and its form in a checkpoint."""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from counterpoint.base.errors import CheckpointError
from counterpoint.methods.base import Method
from counterpoint.training import ranks
from counterpoint.training.average import Average
from counterpoint.training.checkpoint import Contents
from counterpoint.training.chunk import CacheChunk
from counterpoint.training.optimiser_state import join_state, split_state
from counterpoint.training.rng import parts_to_state, random_state, set_random_state, state_to_parts

FORMAT = 2
BUFFER = "buffer/"


@dataclass
class TrainState:
    """What changes from step to step.

    Attributes:
        method: Its parameters and buffers.
        optimiser: Its moments.
        scaler: The loss scale of float16.
        average: Averaged weights, if asked for.
        step: Optimiser steps taken.
        seconds: Time spent training, over all sessions.
        sampler: Position in the data: what ``BatchSampler.state_dict`` gives.
        loss_sum: Sum of the losses since the last record, float32 scalar on the device.
        losses: How many it sums.
        cache_chunk: Rows encoded at a time; once found it stays, so that a resumed run is the same run.
    """

    method: Method
    optimiser: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    average: Average | None
    loss_sum: Tensor
    losses: int = 0
    step: int = 0
    seconds: float = 0.0
    sampler: dict[str, Any] = field(default_factory=dict)
    cache_chunk: CacheChunk | None = None


def capture(state: TrainState, identity: dict[str, Any]) -> Contents:
    """Everything needed to go on, random generators of every rank included; a collective call.

    Args:
        state: The run.
        identity: JSON values that a resumed run must share, such as settings.
    """
    optimiser_tensors, optimiser_values = split_state(state.optimiser)
    tensors = {
        "model": {name: _copy(one) for name, one in unique_tensors(state.method).items()},
        "optimiser": optimiser_tensors,
    }
    tensors["loop"] = {"loss_sum": _copy(state.loss_sum)}
    if state.average is not None:
        tensors["average"] = {name: _copy(value) for name, value in state.average.values.items()}
    random_tensors, random_values = state_to_parts(random_state(state.loss_sum.device))
    buffers = _buffers(state.method) if not ranks.is_main() else {}
    everyone = ranks.gather_objects((random_tensors | buffers, random_values))
    tensors |= {f"rank-{rank}": one[0] for rank, one in enumerate(everyone)}
    values = {
        "format": FORMAT,
        "step": state.step,
        "seconds": state.seconds,
        "sampler": state.sampler,
        "losses": state.losses,
        "cache_chunk": state.cache_chunk,
        "scaler": state.scaler.state_dict(),
        "optimiser": optimiser_values,
        "random": [one[1] for one in everyone],
        "identity": identity,
    }
    return Contents(values=values, tensors=tensors)


def restore(state: TrainState, contents: Contents) -> None:
    """Put a run back to where :func:`capture` saw it; every rank reads the same checkpoint and takes its own part.

    Raises:
        CheckpointError: It was written by another version, or holds another model.
    """
    values, tensors = contents.values, contents.tensors
    if values.get("format") != FORMAT:
        raise CheckpointError(f"the checkpoint has format {values.get('format')}, this version reads {FORMAT}")
    load_weights(state.method, tensors["model"])
    join_state(state.optimiser, tensors["optimiser"], values["optimiser"])
    state.scaler.load_state_dict(values["scaler"])
    if state.average is not None:
        for name, average in state.average.values.items():
            average.copy_(tensors["average"][name])
    state.loss_sum.copy_(tensors["loop"]["loss_sum"])
    state.losses, state.step, state.seconds = values["losses"], values["step"], values["seconds"]
    state.sampler = values["sampler"]
    state.cache_chunk = values["cache_chunk"]
    rank = ranks.current().index
    own = tensors[f"rank-{rank}"]
    with torch.no_grad():
        for name, buffer in state.method.named_buffers():
            if BUFFER + name in own:
                buffer.copy_(own[BUFFER + name])
    set_random_state(parts_to_state(own, values["random"][rank]), state.loss_sum.device)


def load_weights(module: nn.Module, saved: dict[str, Tensor]) -> None:
    """Load what :func:`unique_tensors` gave.

    Raises:
        CheckpointError: Names or shapes differ.
    """
    own = unique_tensors(module)
    missing, unexpected = sorted(own.keys() - saved.keys()), sorted(saved.keys() - own.keys())
    if missing or unexpected:
        raise CheckpointError(
            f"the checkpoint holds another model: {len(missing)} tensors are missing {missing[:3]} and "
            f"{len(unexpected)} are not known here {unexpected[:3]}; was the recipe changed?"
        )
    for name, tensor in own.items():
        if tensor.shape != saved[name].shape:
            raise CheckpointError(
                f"the checkpoint holds another model: {name} is {list(saved[name].shape)} there and "
                f"{list(tensor.shape)} here; was the recipe changed?"
            )
        tensor.data.copy_(saved[name])


def unique_tensors(module: nn.Module) -> dict[str, Tensor]:
    """The state dict with tied tensors under their first name only, which safetensors requires.

    Raises:
        CheckpointError: A part keeps extra state that is not a tensor, which a checkpoint could not bring back.
    """
    first: dict[int, str] = {}
    state = module.state_dict(keep_vars=True)
    for name, value in state.items():
        if not isinstance(value, Tensor):
            raise CheckpointError(f"{name} is extra state of type {type(value).__name__}: only tensors can be saved")
        first.setdefault(id(value), name)
    return {name: state[name] for name in first.values()}


def _buffers(module: nn.Module) -> dict[str, Tensor]:
    return {BUFFER + name: _copy(value) for name, value in module.named_buffers()}


def _copy(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
