"""Gradient caching for a training loop of one's own: any encoders, any function of their embeddings."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.training.caching import Autocast, Embeddings, Scale, check_cacheable, parts_of, replay
from counterpoint.training.chunk import AUTO, CacheChunk, checked_chunk
from counterpoint.training.fitting import Fit, fit
from counterpoint.training.probe import FEW, MORE, Portion, Sample, measure, untouched
from counterpoint.training.rows import check_one_device, rows_of, slice_rows, tensors_of

Encoder = Callable[[Any], Embeddings]


def cached_gradients(
    encoders: Sequence[Encoder],
    inputs: Sequence[Any],
    objective: Callable[..., Tensor],
    *,
    chunk: CacheChunk,
    autocast: Autocast = nullcontext,
    scale: Scale = lambda loss: loss,
) -> Tensor:
    """Add to ``.grad`` what one backward pass over the whole batch would, with the memory of one chunk.

    Every batch is encoded in chunks without a graph, the objective is differentiated with respect to the embeddings,
    and every chunk is encoded again with the random numbers it had (torch's; not Python's or numpy's) to pass its
    gradient on. On several ranks gradients are those of this rank, as after any backward pass: average them as usual.

        loss = cached_gradients([encoder, encoder], [queries, documents], cp.InfoNCE(), chunk=32)
        optimiser.step()

    Args:
        encoders: Modules or functions of one argument, each giving `[n, ...]` for n rows, or a tuple of such tensors;
            the same one may appear several times. Rows must not see each other: batch normalisation in training mode
            is refused where it is found, which is in modules and not in functions.
        inputs: One batch for each encoder: a tensor, or a tuple, list or dict of tensors that are split along their
            first axis and passed on in the same form.
        objective: Takes what the encoders gave for the whole batches, in order, and returns a scalar; labels,
            scores or a learnable temperature may be bound to it.
        chunk: Rows encoded at a time, or "auto" for what :func:`fitting_chunk` finds.
        autocast: Makes a new context for each forward pass, such as ``lambda: torch.autocast("cuda")``.
        scale: What is done to the loss before the backward pass, such as ``GradScaler().scale``.

    Returns:
        The loss, detached and not scaled.

    Raises:
        InputError: Inputs, encoders and chunk do not fit each other, or rows see each other.
    """
    rows, device = _check(encoders, inputs, autocast)
    size = checked_chunk(chunk, "chunk")
    size = fitting_chunk(encoders, inputs, autocast=autocast).chunk if size == AUTO else size
    calls = [
        [partial(_encode, call, start, min(start + (size or n), n)) for start in range(0, n, size or n)]
        for call, n in zip(_calls(encoders, inputs), rows, strict=True)
    ]

    def differentiate(embeddings: list[Embeddings]) -> Tensor:
        with autocast():
            loss = objective(*embeddings)
        if not isinstance(loss, Tensor) or loss.ndim:
            raise InputError(f"the objective must return a scalar tensor, got {_described(loss)}")
        scale(loss).backward()
        return loss.detach()

    if size is None:
        with autocast():
            embeddings = [encode() for [encode] in calls]
        return differentiate(embeddings)
    for module in _modules(encoders):
        check_cacheable(module)
    return replay(calls, differentiate, device=device, autocast=autocast)


def fitting_chunk(encoders: Sequence[Encoder], inputs: Sequence[Any], *, autocast: Autocast = nullcontext) -> Fit:
    """How many rows at a time fit into memory, from what encoding 2 and 4 rows keeps and what is free now.

    Nothing changes: no gradient, no random state, no buffer of the modules. On several ranks it is a collective call,
    and all get the smallest answer.

    Args:
        encoders: As in :func:`cached_gradients`.
        inputs: As there; its first rows are encoded.
        autocast: As there.

    Raises:
        InputError: Inputs and encoders do not fit each other, or not even one row fits.
    """
    rows, device = _check(encoders, inputs, autocast)
    modules = _modules(encoders)
    with untouched(modules, device):
        costs = tuple(
            measure(Sample(_portion(call, min(FEW, n)), _portion(call, min(MORE, n)), n), autocast)
            for call, n in zip(_calls(encoders, inputs), rows, strict=True)
        )
    learnt = {one for module in modules for one in module.parameters() if one.requires_grad}
    # A backward pass makes each gradient anew, and adds it to the one that is there or leaves it.
    reserved = sum(one.nbytes * (2 if one.grad is None else 1) for one in learnt)
    return fit(costs, reserved=reserved, device=device)


def _check(encoders: Sequence[Encoder], inputs: Sequence[Any], autocast: Autocast) -> tuple[list[int], torch.device]:
    if len(encoders) != len(inputs) or not encoders:
        raise InputError(f"one batch for each encoder, got {len(encoders)} encoders and {len(inputs)} batches")
    if isinstance(autocast, AbstractContextManager):
        raise InputError("autocast must make a new context for each pass: give a function, lambda: torch.autocast(...)")
    rows = [rows_of(batch, f"inputs[{number}]") for number, batch in enumerate(inputs)]
    return rows, check_one_device(inputs)


@dataclass(frozen=True)
class _Call:
    """An encoder, what it is called in messages, and its batch."""

    name: str
    encoder: Encoder
    batch: Any


def _calls(encoders: Sequence[Encoder], inputs: Sequence[Any]) -> list[_Call]:
    pairs = zip(encoders, inputs, strict=True)
    return [_Call(f"encoders[{number}]", encoder, batch) for number, (encoder, batch) in enumerate(pairs)]


def _portion(call: _Call, count: int) -> Portion:
    return Portion(partial(_encode, call, 0, count), tensors_of(slice_rows(call.batch, 0, count)))


def _encode(call: _Call, start: int, end: int) -> Embeddings:
    """Rows ``start`` to ``end`` of a batch through its encoder, whose answer is checked."""
    part = slice_rows(call.batch, start, end)
    found = call.encoder(part)
    if not isinstance(found, Tensor) and not (isinstance(found, tuple) and found):
        raise InputError(f"{call.name} must return a tensor or a tuple of tensors, got {_described(found)}")
    device = tensors_of(part)[0].device
    for one in parts_of(found):
        if not isinstance(one, Tensor) or one.ndim == 0 or len(one) != end - start:
            raise InputError(
                f"{call.name} must return one row for each row it is given: {_described(one)} for {end - start} rows"
            )
        if one.device != device:
            raise InputError(
                f"{call.name} reads from {device} and answers on {one.device}: move its inputs there first"
            )
    return found


def _modules(encoders: Sequence[Encoder]) -> list[nn.Module]:
    """The modules among the encoders, and those that an encoder is a method of."""
    owners = (getattr(encoder, "__self__", encoder) for encoder in encoders)
    return list(dict.fromkeys(owner for owner in owners if isinstance(owner, nn.Module)))


def _described(value: Any) -> str:
    return f"shape {list(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
