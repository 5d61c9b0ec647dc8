"""How many rows at a time fit: what a batch takes, as far as it is known beforehand, against what is free.

The rule is a rough one and leaves room: half of the free memory is for what it does not know, such as longer rows
than those that were looked at, the tiles of the objective, or what another program takes later.
"""

import math
from collections import Counter
from dataclasses import dataclass

import torch

from counterpoint.base.errors import InputError
from counterpoint.training import ranks
from counterpoint.training.memory import free_memory, memory_name
from counterpoint.training.probe import CallCost

FRACTION = 0.5
"""Of the free memory, after gradients and optimiser, that encoding may take."""

AT_WORK = 3
"""Tensors of the largest size that are at work besides what is kept: what a layer reads, makes and passes on."""

COPIES = 4
"""Of each embedding: as a leaf, normalised, and the gradients of both."""


@dataclass(frozen=True)
class Need:
    """What one process asks of its memory, in bytes.

    Attributes:
        memory: Which memory; processes that name the same share it.
        free: What is free of it.
        reserved: What gradients and optimiser will still take.
        calls: The encoder calls of a batch.
    """

    memory: str
    free: int
    reserved: int
    calls: tuple[CallCost, ...]

    @property
    def rows(self) -> int:
        """Of the longest call."""
        return max(call.rows for call in self.calls)

    @property
    def embeddings(self) -> float:
        """Bytes of what the objective reads and makes of it row by row."""
        return COPIES * sum(call.rows * call.embedding for call in self.calls)

    def whole(self) -> float:
        """Bytes that the batch takes when the graphs of all calls are kept at once."""
        graphs = sum(call.fixed + call.rows * call.kept for call in self.calls)
        return graphs + AT_WORK * max(call.rows * call.largest for call in self.calls) + self.embeddings

    def cached(self, chunk: int) -> float:
        """Bytes that it takes with gradient caching, ``chunk`` rows at a time."""
        return self.embeddings + max(call.fixed + min(chunk, call.rows) * _per_row(call) for call in self.calls)

    def most(self, budget: float) -> int:
        """The most rows at a time, in pieces about equal, for which :meth:`cached` stays within ``budget``."""
        left = budget - self.embeddings
        chunk = min(self.rows, *(math.floor((left - call.fixed) / _per_row(call)) for call in self.calls))
        return math.ceil(self.rows / math.ceil(self.rows / chunk)) if chunk > 0 else 0


@dataclass(frozen=True)
class Fit:
    """What was decided.

    Attributes:
        chunk: Rows at a time; None for the whole batch without gradient caching.
        reason: In words, for the user.
    """

    chunk: int | None
    reason: str


def fit(calls: tuple[CallCost, ...], *, reserved: int, device: torch.device) -> Fit:
    """The chunk size for a batch; the same on every rank: a collective call.

    Args:
        calls: What this process's encoder calls cost.
        reserved: Bytes that gradients and optimiser will still take.
        device: Where tensors go.

    Raises:
        InputError: On some rank not even one row fits; all ranks raise it.
    """
    own = Need(memory_name(device), free_memory(device), reserved, calls)
    chunk = decide(ranks.gather_objects(own))
    if chunk is None:
        return Fit(None, f"the whole batch fits ({_of(own, own.whole())}), so gradients are not cached")
    return Fit(chunk, f"gradient caching, {chunk} of {own.rows} rows at a time ({_of(own, own.cached(chunk))})")


def decide(needs: list[Need]) -> int | None:
    """The largest chunk size that suits all processes, or None if all can take their batches whole.

    Args:
        needs: One for each process.

    Raises:
        InputError: Somewhere not even one row fits.
    """
    sharing = Counter(need.memory for need in needs)
    budgets = [FRACTION * (need.free / sharing[need.memory] - need.reserved) for need in needs]
    if all(need.whole() <= budget for need, budget in zip(needs, budgets, strict=True)):
        return None
    chunks = [need.most(budget) for need, budget in zip(needs, budgets, strict=True)]
    if min(chunks) < 1:
        tight = chunks.index(min(chunks))
        need, budget = needs[tight], budgets[tight]
        raise InputError(
            f"not even one row at a time fits into memory: it would take about {_size(need.cached(1))} with the "
            f"embeddings of the batch, and {_size(max(0.0, budget))} may be used ({FRACTION:.0%} of a process's share "
            f"of {_size(need.free)} after {_size(need.reserved)} for gradients and optimiser); choose a smaller "
            f"batch or encoder, or shorter or smaller examples"
        )
    return min(chunks)


def _per_row(call: CallCost) -> float:
    return max(1.0, call.kept + AT_WORK * call.largest)


def _of(need: Need, used: float) -> str:
    return f"about {_size(used)} of {_size(need.free)} that are free"


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"
