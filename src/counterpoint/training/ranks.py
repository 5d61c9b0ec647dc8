"""Ranks of parameters: the same weights everywhere, and gradients averaged after the backward pass.

The model is not wrapped: the objective already means the global batch, and averaging by hand serves gradient
caching and accumulation alike. One of the two files that import torch.distributed.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any

import torch
import torch.distributed as dist

# Its functions take the open group as a default when they are defined. Whoever loads it later, as compiling does,
# would hold the group, and `leave` could not end its threads.
import torch.distributed.nn
from accelerate import PartialState
from torch import Tensor, nn

from counterpoint.pairwise.ring import Ranks

BUCKET_BYTES = 25 * 2**20
_TELLERS = "counterpoint/tellers"


def join() -> None:
    """Join the process group that ``torchrun`` or ``accelerate launch`` announced, if any."""
    PartialState()


def leave() -> None:
    """Leave the process group that was joined, if any, and end its threads.

    A process that ends while gloo's threads still run is now and then aborted by one of them.
    """
    if dist.is_initialized():
        dist.destroy_process_group()


def first_to_tell() -> bool:
    """Whether no other rank has asked this before: of an error that every rank meets, one tells.

    No collective call: a rank that fails alone is the first.
    """
    if current().size == 1:
        return True
    try:
        # The store that the ranks met in is public knowledge to torch, but for its name.
        return dist.distributed_c10d._get_default_store().add(_TELLERS, 1) == 1
    except dist.DistError:
        return False  # it was kept by a rank that is gone, and that one has told


def current() -> Ranks:
    """This process's number and how many there are."""
    return Ranks.current()


def is_main() -> bool:
    """Whether this process is the one that writes files and prints."""
    return current().index == 0


def barrier() -> None:
    """Wait until every rank is here."""
    if current().size > 1:
        dist.barrier()


def agree(flag: bool, device: torch.device) -> bool:
    """Whether any rank says yes; a collective call."""
    if current().size == 1:
        return flag
    votes = torch.tensor(int(flag), device=device)
    dist.all_reduce(votes, op=dist.ReduceOp.MAX)
    return bool(votes)


def gather_objects(value: Any) -> list[Any]:
    """Every rank's value, in rank order, on every rank."""
    ranks = current()
    if ranks.size == 1:
        return [value]
    values: list[Any] = [None] * ranks.size
    dist.all_gather_object(values, value)
    return values


@torch.no_grad()
def broadcast_module(module: nn.Module) -> None:
    """Give every rank the parameters and buffers of rank 0."""
    if current().size > 1:
        for tensor in chain(module.parameters(), module.buffers()):
            values = tensor.data.contiguous()
            dist.broadcast(values, src=0)
            tensor.data.copy_(values)


@torch.no_grad()
def average_gradients(module: nn.Module) -> None:
    """Replace every gradient by its mean over the ranks.

    A rank on which a parameter was not used counts as a zero gradient there; a parameter that no rank used keeps
    None, so that the optimiser skips it as a single process would.
    """
    size = current().size
    if size == 1:
        return
    parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
    used = torch.tensor([parameter.grad is not None for parameter in parameters], dtype=torch.uint8)
    used = used.to(parameters[0].device)
    dist.all_reduce(used, op=dist.ReduceOp.MAX)
    gradients = [_gradient(parameter) for parameter, flag in zip(parameters, used.tolist(), strict=True) if flag]
    for bucket in buckets(gradients, BUCKET_BYTES):
        flat = torch.cat([gradient.reshape(-1) for gradient in bucket])
        dist.all_reduce(flat)
        flat /= size
        for gradient, mean in zip(bucket, flat.split([one.numel() for one in bucket]), strict=True):
            gradient.copy_(mean.view_as(gradient))


def buckets(tensors: list[Tensor], limit: int) -> Iterator[list[Tensor]]:
    """Consecutive tensors of one type, up to ``limit`` bytes together (a larger one goes alone)."""
    bucket: list[Tensor] = []
    held = 0
    for tensor in tensors:
        size = tensor.numel() * tensor.element_size()
        if bucket and (held + size > limit or tensor.dtype != bucket[0].dtype):
            yield bucket
            bucket, held = [], 0
        bucket.append(tensor)
        held += size
    if bucket:
        yield bucket


def _gradient(parameter: nn.Parameter) -> Tensor:
    if parameter.grad is None:
        parameter.grad = torch.zeros_like(parameter)
    return parameter.grad
