"""One optimiser step: gradients of a few batches, averaged over ranks, clipped, applied."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from counterpoint.methods.base import Method, Prepared, StepOutput
from counterpoint.training import ranks
from counterpoint.training.caching import backward, cached_backward
from counterpoint.training.precision import Machine
from counterpoint.training.settings import TrainSettings
from counterpoint.training.state import TrainState


@dataclass
class Stepped:
    """What one step leaves behind.

    Attributes:
        loss: Scalar on the device, the mean over the accumulated batches.
        output: Of the last of them.
        gradient_norm: Euclidean norm of the whole gradient before clipping; None if nobody asked.
    """

    loss: Tensor
    output: StepOutput
    gradient_norm: Tensor | None


def learning_rate(settings: TrainSettings, step: int, total: int) -> float:
    """The rate of update number ``step`` (from 0)."""
    return settings.optimiser.learning_rate * settings.schedule.multiplier(step, total)


def take_step(
    state: TrainState,
    batches: Iterator[Prepared],
    settings: TrainSettings,
    machine: Machine,
    *,
    rate: float,
    want_norm: bool,
) -> Stepped:
    """Use the next ``settings.accumulate`` batches for one update of everything in ``state`` but its counters.

    Args:
        state: Updated in place.
        batches: On the device.
        settings: Accumulation, caching, clipping.
        machine: Autocast.
        rate: The learning rate.
        want_norm: Measure the gradient even if it is not clipped.
    """
    state.optimiser.zero_grad(set_to_none=True)
    outputs = (_differentiate(state, next(batches), settings, machine) for _ in range(settings.accumulate))
    loss = torch.zeros_like(state.loss_sum)
    for output in outputs:
        loss += output.loss.detach() / settings.accumulate
    norm = _apply(state, settings, rate, want_norm)
    return Stepped(loss, output, norm)


def _differentiate(state: TrainState, batch: Prepared, settings: TrainSettings, machine: Machine) -> StepOutput:
    run = backward if settings.cache_chunk is None else cached_backward

    def scale(loss: Tensor) -> Tensor:
        return state.scaler.scale(loss / settings.accumulate)

    return run(state.method, batch, autocast=machine.autocast, scale=scale)


def _apply(state: TrainState, settings: TrainSettings, rate: float, want_norm: bool) -> Tensor | None:
    ranks.average_gradients(state.method)
    state.scaler.unscale_(state.optimiser)
    norm = None
    if settings.clip_norm is not None or want_norm:
        norm = _clip(state.method, settings.clip_norm)
    for group in state.optimiser.param_groups:
        group["lr"] = rate
    state.scaler.step(state.optimiser)
    state.scaler.update()
    if state.average is not None:
        state.average.update(state.method, state.step)
    state.method.after_step(state.step)
    return norm


def _clip(method: Method, limit: float | None) -> Tensor:
    gradients = [one.grad for one in method.parameters() if one.grad is not None]
    norm = torch.nn.utils.get_total_norm(gradients)
    if limit is not None:
        torch.nn.utils.clip_grads_with_norm_(method.parameters(), limit, norm)
    return norm
