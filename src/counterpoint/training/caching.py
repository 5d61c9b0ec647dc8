"""Gradient caching: the gradient of a batch that does not fit in memory (Gao et al. 2021, arXiv:2101.06983).

Encode chunk by chunk without a graph; take the gradient of the objective with respect to the embeddings; then
encode each chunk again, with the random numbers it had the first time, and push its share of that gradient through.
Memory holds one chunk's activations; the price is a second forward pass.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.encoders import has_batch_statistics
from counterpoint.methods.base import Method, Prepared, StepOutput
from counterpoint.training.rng import TorchState, set_torch_state, torch_state

Autocast = Callable[[], AbstractContextManager[object]]
Scale = Callable[[Tensor], Tensor]
Embeddings = Tensor | tuple[Tensor, ...]
"""What an encoder gives for n rows: `[n, ...]`, or several such tensors."""

Encode = Callable[[], Embeddings]
"""Encodes one chunk."""

Result = TypeVar("Result")


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

    def differentiate(embeddings: list[Embeddings]) -> StepOutput:
        with autocast():
            output = method.objective([parts_of(one)[0] for one in embeddings], prepared.targets)
        scale(output.loss).backward()
        return output

    calls = [[partial(method.encode, call, chunk) for chunk in chunks] for call, chunks in enumerate(prepared.calls)]
    return replay(calls, differentiate, device=_device(prepared), autocast=autocast)


def replay(
    calls: Sequence[Sequence[Encode]],
    differentiate: Callable[[list[Embeddings]], Result],
    *,
    device: torch.device,
    autocast: Autocast,
) -> Result:
    """Encode without graph, let the embeddings be differentiated, and encode again to pass their gradients on.

    Args:
        calls: For each encoder call its chunks, in row order.
        differentiate: Given one result of a whole batch for each call, leaves gradients on them by a backward pass.
        device: Whose random state is replayed, besides the CPU's.
        autocast: A new context for each forward pass.

    Returns:
        What ``differentiate`` returned.
    """
    if [len(chunks) for chunks in calls] == [1]:  # all there is: a second pass would save nothing
        with autocast():
            embeddings = calls[0][0]()
        return differentiate([embeddings])
    passes = [_encode_without_graph(chunks, autocast, device) for chunks in calls]
    # Weights that were cast without a graph, in a context around all this, would cut the gradient of the next pass.
    torch.clear_autocast_cache()
    result = differentiate([one.embeddings for one in passes])
    after = torch_state(device)
    for chunks, first in zip(calls, passes, strict=True):
        _encode_again(chunks, first, autocast, device)
    set_torch_state(after, device)
    return result


def check_cacheable(module: nn.Module) -> None:
    """Refuse encoders in which rows see each other.

    Raises:
        InputError: There is batch normalisation that would compute statistics of chunks.
    """
    if has_batch_statistics(module):
        raise InputError(
            "gradient caching (cache_chunk) encodes a batch in chunks, and batch normalisation would use each chunk's "
            "statistics instead of the batch's: freeze it, choose an encoder with group or layer normalisation, or "
            "do without gradient caching"
        )


def parts_of(embeddings: Embeddings) -> tuple[Tensor, ...]:
    """The tensors of one encoder's result."""
    return (embeddings,) if isinstance(embeddings, Tensor) else embeddings


@dataclass(frozen=True)
class _FirstPass:
    """Leaves `[N, ...]` for each part of the result, and the random state before each chunk."""

    leaves: tuple[Tensor, ...]
    single: bool
    states: list[TorchState]

    @property
    def embeddings(self) -> Embeddings:
        return self.leaves[0] if self.single else self.leaves


def _encode_without_graph(chunks: Sequence[Encode], autocast: Autocast, device: torch.device) -> _FirstPass:
    found: list[Embeddings] = []
    states: list[TorchState] = []
    for encode in chunks:
        states.append(torch_state(device))
        with torch.no_grad(), autocast():
            found.append(encode())
    columns = zip(*map(parts_of, found), strict=True)
    leaves = tuple(torch.cat(parts) for parts in columns)
    for leaf in leaves:
        leaf.requires_grad_(leaf.is_floating_point())
    return _FirstPass(leaves, isinstance(found[0], Tensor), states)


def _encode_again(chunks: Sequence[Encode], first: _FirstPass, autocast: Autocast, device: torch.device) -> None:
    if all(leaf.grad is None for leaf in first.leaves):
        return
    start = 0
    for encode, state in zip(chunks, first.states, strict=True):
        set_torch_state(state, device)
        with autocast():
            parts = parts_of(encode())
        end = start + len(parts[0])
        pushed = [
            (part, leaf.grad[start:end])
            for part, leaf in zip(parts, first.leaves, strict=True)
            if part.requires_grad and leaf.grad is not None
        ]
        if not pushed:
            return
        torch.autograd.backward([part for part, _ in pushed], [gradient for _, gradient in pushed])
        start = end


def _device(prepared: Prepared) -> torch.device:
    return next(iter(prepared.calls[0][0].values())).device
