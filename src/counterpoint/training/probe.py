"""What encoding one row costs in memory, measured on a few rows."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from counterpoint.training.caching import Autocast, Encode, parts_of
from counterpoint.training.rng import random_state, set_random_state

FEW, MORE = 2, 4
"""Rows of the two probes: what both keep is a fixed cost, the rest grows with the rows."""


@dataclass(frozen=True)
class Portion:
    """A few rows of an encoder call.

    Attributes:
        encode: Encodes them.
        inputs: What goes in; it is there anyway and not counted.
    """

    encode: Encode
    inputs: Sequence[Tensor]


@dataclass(frozen=True)
class Sample:
    """One encoder call on a few rows and on some more.

    Attributes:
        few: At least one row.
        more: More rows, or the same where there are no more.
        rows: How many the call has in a real batch of this process.
    """

    few: Portion
    more: Portion
    rows: int


@dataclass(frozen=True)
class CallCost:
    """Memory of one encoder call in bytes.

    Attributes:
        rows: How many it has in a real batch of this process.
        fixed: Kept for the backward pass whatever the rows, such as weights in another precision.
        kept: Kept for the backward pass for each row.
        largest: The largest tensor met, for each row.
        embedding: The result, for each row.
    """

    rows: int
    fixed: float
    kept: float
    largest: float
    embedding: float


def measure(sample: Sample, autocast: Autocast) -> CallCost:
    """Encode a sample with a graph, and count what autograd holds on to.

    No backward pass is made, so gradients are not touched; random states and buffers are for :func:`untouched`.

    Args:
        sample: Of one call.
        autocast: A new context for each pass.
    """
    few, more = _kept(sample.few, autocast), _kept(sample.more, autocast)
    if more.rows == few.rows:  # too small a batch to tell: nothing is taken to be fixed
        few = _Kept(Counter(), 0, 0)
    kept = max(0.0, (more.total - few.total) / (more.rows - few.rows))
    growing = max(more.sizes - few.sizes, default=0)
    entering = sum(one.nbytes for one in sample.more.inputs)
    return CallCost(
        rows=sample.rows,
        fixed=max(0.0, more.total - kept * more.rows),
        kept=kept,
        # What a frozen encoder goes through is not kept, hence not seen; what enters and leaves it is.
        largest=max(growing, entering, more.embedding) / more.rows,
        embedding=more.embedding / more.rows,
    )


@contextmanager
def untouched(modules: Iterable[nn.Module], device: torch.device) -> Iterator[None]:
    """Put the random states and the buffers of ``modules`` back at the end."""
    buffers = [(one, one.detach().clone()) for module in modules for one in module.buffers()]
    before = random_state(device)
    try:
        yield
    finally:
        set_random_state(before, device)
        with torch.no_grad():
            for buffer, value in buffers:
                buffer.copy_(value)
        torch.clear_autocast_cache()


@dataclass(frozen=True)
class _Kept:
    """Sizes of the storages that autograd keeps, without parameters and inputs; rows and bytes of the result."""

    sizes: Counter[int]
    rows: int
    embedding: int

    @property
    def total(self) -> int:
        return sum(self.sizes.elements())


def _kept(portion: Portion, autocast: Autocast) -> _Kept:
    found: dict[int, int] = {}

    def packed(tensor: Tensor) -> Tensor:
        if not isinstance(tensor if tensor._base is None else tensor._base, nn.Parameter):
            found[_where(tensor)] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(packed, lambda tensor: tensor), autocast():
        parts = parts_of(portion.encode())
    inputs = {_where(one) for one in portion.inputs}
    sizes = Counter(size for place, size in found.items() if place not in inputs)
    return _Kept(sizes, len(parts[0]), sum(part.nbytes for part in parts))


def _where(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()
