"""Gradient caching: the gradient of a batch that does not fit in memory (Gao et al. 2021, arXiv:2101.06983).

Encode chunk by chunk without a graph; take the gradient of the objective with respect to the embeddings; then
encode each chunk again, with the random numbers it had the first time, and push its share of that gradient through.
Memory holds one chunk's activations; the price is a second forward pass.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.encoders import has_batch_statistics
from counterpoint.methods.base import Inputs, Method, Prepared, StepOutput
from counterpoint.training.rng import TorchState, set_torch_state, torch_state

Autocast = Callable[[], AbstractContextManager[object]]
Scale = Callable[[Tensor], Tensor]


def backward(
    method: Method, prepared: Prepared, *, autocast: Autocast = nullcontext, scale: Scale = lambda loss: loss
) -> StepOutput:
    """One pass over a batch in the plain way: every call encoded with its graph, then gradients are added up.

    Args:
        method: Encoders and objective.
        prepared: The batch on the right device; chunks of one call are encoded one after the other.
        autocast: A new context for the forward pass.
        scale: What is done to the loss before the backward pass (loss scaling, accumulation).
    """
    with autocast():
        embeddings = [
            torch.cat([method.encode(call, chunk) for chunk in chunks]) for call, chunks in enumerate(prepared.calls)
        ]
        output = method.objective(embeddings, prepared.targets)
    scale(output.loss).backward()
    return output


def cached_backward(
    method: Method, prepared: Prepared, *, autocast: Autocast = nullcontext, scale: Scale = lambda loss: loss
) -> StepOutput:
    """The same gradients as :func:`backward` with the memory of one chunk.

    Parameters that only the objective uses, such as a temperature, receive theirs in the middle pass. A call that
    the objective does not differentiate (a teacher's) is not encoded again.

    Args:
        method: Encoders and objective; see :func:`check_cacheable`.
        prepared: The batch on the right device, in chunks.
        autocast: A new context for each forward pass: a context remembers the weights that it cast, and those of the
            pass without graph would cut the gradient of the next.
        scale: What is done to the loss before the backward pass.
    """
    device = _device(prepared)
    leaves: list[Tensor] = []
    states: list[list[TorchState]] = []
    for call, chunks in enumerate(prepared.calls):
        rows, at = _encode_without_graph(method, call, chunks, autocast, device)
        leaves.append(rows.requires_grad_(rows.is_floating_point()))
        states.append(at)
    with autocast():
        output = method.objective(leaves, prepared.targets)
    scale(output.loss).backward()
    after = torch_state(device)
    for call, (chunks, at) in enumerate(zip(prepared.calls, states, strict=True)):
        gradient = leaves[call].grad
        if gradient is not None:
            _encode_again(method, call, list(zip(chunks, at, strict=True)), gradient, autocast, device)
    set_torch_state(after, device)
    return output


def check_cacheable(module: nn.Module) -> None:
    """Refuse encoders in which rows see each other.

    Raises:
        InputError: There is batch normalisation that would compute statistics of chunks.
    """
    if has_batch_statistics(module):
        raise InputError(
            "gradient caching (cache_chunk) encodes a batch in chunks, and batch normalisation would use each chunk's "
            "statistics instead of the batch's: freeze it, choose an encoder with group or layer normalisation, or "
            "leave cache_chunk out"
        )


def _encode_without_graph(
    method: Method, call: int, chunks: list[Inputs], autocast: Autocast, device: torch.device
) -> tuple[Tensor, list[TorchState]]:
    rows, states = [], []
    for chunk in chunks:
        states.append(torch_state(device))
        with torch.no_grad(), autocast():
            rows.append(method.encode(call, chunk))
    return torch.cat(rows), states


def _encode_again(
    method: Method,
    call: int,
    chunks: list[tuple[Inputs, TorchState]],
    gradient: Tensor,
    autocast: Autocast,
    device: torch.device,
) -> None:
    start = 0
    for chunk, state in chunks:
        set_torch_state(state, device)
        with autocast():
            rows = method.encode(call, chunk)
        if not rows.requires_grad:
            return
        rows.backward(gradient[start : start + len(rows)])
        start += len(rows)


def _device(prepared: Prepared) -> torch.device:
    return next(iter(prepared.calls[0][0].values())).device
