"""Batches that each come from one source: one data set, one task, one language."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

import numpy as np

from counterpoint.base.checks import check_positive_number
from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.pairs.batches.contract import Batching, BatchPlan, Rows, check_size, generator
from counterpoint.pairs.batches.part import Part
from counterpoint.pairs.batches.shuffled import Shuffled


class Turns(StrEnum):
    """In which order the batches of several sources come.

    Attributes:
        SHUFFLED: At random.
        ROUND_ROBIN: One source after the other, as long as they have batches left.
    """

    SHUFFLED = "shuffled"
    ROUND_ROBIN = "round_robin"

    def __repr__(self) -> str:
        """As it is written in Python, so that the settings that hold it can be read back."""
        return f"Turns.{self.name}"


@dataclass(frozen=True, kw_only=True)
class SingleSource(Batching):
    """All rows of a batch have the same source, so that no negative is told apart by where it comes from.

    Source s, of M_s whole batches, gives a share `M_s^(1/T) / sum_t M_t^(1/T)` of the batches of an epoch, and at
    least one: temperature T = 1 is in proportion to its size, infinity the same number from every source. An epoch has
    as many batches as the sources have together. A source that gives fewer than it has goes on where it stopped in the
    next epoch, one that gives more begins again, in another order: within a source all rows are used equally often.

    Attributes:
        column: Says which source a row is of.
        temperature: T; from 1 upwards it favours small sources.
        turns: The order of the batches.
        within: How the batches of one source are made.

    Example:
        >>> rows = KnownRows(n=6, columns={"source": np.array([0, 0, 1, 1, 1, 1])})
        >>> SingleSource().plan(rows, batch_size=2, seed=0).epoch(0).shape
        (3, 2)
    """

    cites: ClassVar[Citation] = Citation(
        "Conneau, Lample",
        "Cross-lingual Language Model Pretraining",
        2019,
        "arXiv:1901.07291",
        "Sec. 3.1, q_i = p_i^alpha / sum_j p_j^alpha with alpha = 1/T",
    )
    column: str = "source"
    temperature: float = 1.0
    turns: Turns = Turns.SHUFFLED
    within: Batching = field(default_factory=Shuffled)

    def __post_init__(self) -> None:
        """Refuse a temperature that is not positive; infinity is one."""
        if self.temperature != float("inf"):
            check_positive_number("temperature", self.temperature)
        object.__setattr__(self, "turns", _turns(self.turns))

    def plan(self, rows: Rows, *, batch_size: int, seed: int) -> BatchPlan:
        """A plan for each source, and whose turn it is."""
        check_size(rows, batch_size)
        sources, members, counts = np.unique(
            rows.identities((self.column,))[:, 0], return_inverse=True, return_counts=True
        )
        large = np.flatnonzero(counts >= batch_size)
        if not len(large):
            raise InputError(
                f"no source in column {self.column!r} has the {batch_size} rows of a batch; the largest of the "
                f"{len(sources)} has {counts.max()}"
            )
        chosen = [np.flatnonzero(members == source) for source in large]
        plans = [
            self.within.plan(Part(rows, part), batch_size=batch_size, seed=seed_of(seed, place))
            for place, part in enumerate(chosen)
        ]
        quotas = shares(np.array([plan.batches for plan in plans]), self.temperature)

        def draw(epoch: int) -> np.ndarray:
            found = [
                part[stream(plan, epoch * quota, quota)]
                for part, plan, quota in zip(chosen, plans, quotas.tolist(), strict=True)
            ]
            return np.concatenate(found)[self._order(quotas, generator(seed, epoch))]

        notices = (*_notices(counts, batch_size), *dict.fromkeys(one for plan in plans for one in plan.notices))
        return BatchPlan(batches=int(quotas.sum()), batch_size=batch_size, draw=draw, notices=notices)

    def _order(self, quotas: np.ndarray, random: np.random.Generator) -> np.ndarray:
        if self.turns is Turns.SHUFFLED:
            return random.permutation(int(quotas.sum()))
        turn = np.concatenate([np.arange(quota) for quota in quotas])
        return np.argsort(turn, kind="stable")


def shares(sizes: np.ndarray, temperature: float) -> np.ndarray:
    """How many of ``sizes.sum()`` batches each source gives, int64 `[S]`: at least one, the rest by largest remainder.

    Args:
        sizes: int64 `[S]`, the batches of each source.
        temperature: T of `sizes^(1/T)`.
    """
    return apportioned(sizes ** (1 / temperature), int(sizes.sum()))


def apportioned(weights: np.ndarray, total: int) -> np.ndarray:
    """How many of ``total`` batches each weight gives, int64 `[S]`: at least one, the rest by largest remainder.

    Args:
        weights: `[S]`, positive.
        total: Batches to share out; where they are fewer than the weights, there is one for each all the same.
    """
    exact = weights * (total / weights.sum())
    quotas = np.floor(exact + 1e-9).astype(np.int64)
    missing = int(total - quotas.sum())
    quotas[np.argsort(quotas - exact, kind="stable")[:missing]] += 1
    return np.maximum(quotas, 1)


def stream(plan: BatchPlan, first: int, count: int) -> np.ndarray:
    """Batches number ``first`` to ``first + count - 1`` of a plan, epoch after epoch."""
    epochs = range(first // plan.batches, -(-(first + count) // plan.batches))
    start = first % plan.batches
    return np.concatenate([plan.epoch(epoch) for epoch in epochs])[start : start + count]


def seed_of(seed: int, place: int) -> int:
    """The seed of source number ``place``: sources of equal size must not be dealt in step."""
    return int(np.random.SeedSequence([seed, place]).generate_state(1, np.uint64)[0])


def _notices(counts: np.ndarray, batch_size: int) -> tuple[str, ...]:
    small = counts < batch_size
    if not small.any():
        return ()
    return (
        f"{small.sum()} of the {len(counts)} sources have fewer rows than a batch of {batch_size} and are left out, "
        f"with their {counts[small].sum()} rows",
    )


def _turns(value: str) -> Turns:
    try:
        return Turns(value)
    except ValueError as error:
        raise InputError(f"turns must be one of {', '.join(Turns)}, got {value!r}") from error
