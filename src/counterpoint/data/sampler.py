"""The order of examples: a pure function of seed and epoch, cut into batches and shared out to ranks."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.base.order import WINDOW_BLOCKS, block_order

__all__ = ["WINDOW_BLOCKS", "BatchSampler", "EpochSampler", "Plan"]


class Plan(Protocol):
    """The global batches of every epoch."""

    @property
    def batches(self) -> int:
        """Batches of one epoch."""
        ...

    @property
    def batch_size(self) -> int:
        """Rows of a global batch."""
        ...

    def epoch(self, epoch: int) -> Iterable[np.ndarray]:
        """The batches of an epoch, row numbers int64 `[batch_size]` each; a pure function of ``epoch``."""
        ...


@dataclass(frozen=True, kw_only=True)
class _Order:
    n: int
    seed: int
    blocks: tuple[int, ...]
    shuffle: bool
    batch_size: int
    batches: int

    def epoch(self, epoch: int) -> Iterator[np.ndarray]:
        """The order of ``epoch``, cut into batches; the last may be smaller."""
        rows = self._rows(epoch)
        for start in range(0, self.batches * self.batch_size, self.batch_size):
            yield rows[start : start + self.batch_size]

    def _rows(self, epoch: int) -> np.ndarray:
        if not self.shuffle:
            return np.arange(self.n, dtype=np.int64)
        return block_order(np.array(self.blocks), np.random.default_rng([self.seed, epoch]))


class BatchSampler:
    """This rank's part of the batches of a plan, epoch after epoch; each iteration is the rest of the current epoch.

    Use it as the ``batch_sampler`` of a torch data loader. The loader asks ahead of the training step, so a training
    loop that resumes should ``seek`` to its own step count rather than keep the sampler's ``state_dict``.
    """

    def __init__(self, plan: Plan, *, rank: int = 0, world: int = 1) -> None:
        """Begin with the first epoch; nothing is drawn yet.

        Args:
            plan: The same on all ranks.
            rank: Which contiguous slice of every global batch is ours.
            world: Number of ranks; divides the batch size.

        Raises:
            InputError: The ranks cannot have equal parts.
        """
        if world < 1 or not 0 <= rank < world:
            raise InputError(f"rank must be in 0..world-1, not {rank} of {world}")
        if plan.batch_size % world:
            raise InputError(f"the batch of {plan.batch_size} rows cannot be shared equally by {world} ranks")
        self._plan = plan
        self._rank, self._world = rank, world
        self._epoch, self._batch = 0, 0

    def __len__(self) -> int:
        """Batches in one epoch, the same on every rank."""
        return self._plan.batches

    def __iter__(self) -> Iterator[np.ndarray]:
        """The remaining batches of the current epoch, int64 `[batch_size / world]` each; then the next one begins."""
        epoch, first, last = self._epoch, self._batch, len(self) - 1
        for batch, rows in enumerate(itertools.islice(self._plan.epoch(epoch), first, None), first):
            self._epoch, self._batch = (epoch, batch + 1) if batch < last else (epoch + 1, 0)
            yield self._slice(rows)

    def state_dict(self) -> dict[str, int]:
        """The position: what has been handed out."""
        return {"epoch": self._epoch, "batch": self._batch}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on from a position; the next iteration gives exactly the batches that were left.

        Raises:
            InputError: A position outside the epoch: the data or the batch size changed.
        """
        if state["epoch"] < 0 or not 0 <= state["batch"] < self._plan.batches:
            raise InputError(
                f"saved position {state} does not fit epochs of {self._plan.batches} batches; data or batch "
                "size changed"
            )
        self._epoch, self._batch = state["epoch"], state["batch"]

    def seek(self, step: int) -> None:
        """Go to the position after ``step`` batches since the very start."""
        self.load_state_dict({"epoch": step // self._plan.batches, "batch": step % self._plan.batches})

    def _slice(self, rows: np.ndarray) -> np.ndarray:
        share = len(rows) // self._world
        return rows[self._rank * share : (self._rank + 1) * share]


class EpochSampler(BatchSampler):
    """Batches of row numbers in a shuffled order, or in that of the table.

    Without blocks, or with one, an epoch is a uniform permutation. With several (row groups of a Parquet file) the
    blocks are shuffled, then the rows within windows of ``WINDOW_BLOCKS`` blocks: reading stays sequential, and rows
    of one batch come from a few blocks. A file sorted by class should therefore be shuffled once when it is written.
    """

    def __init__(
        self,
        n: int,
        *,
        batch_size: int,
        seed: int,
        blocks: np.ndarray | None = None,
        drop_last: bool = True,
        rank: int = 0,
        world: int = 1,
        shuffle: bool = True,
    ) -> None:
        """Describe the order; nothing is drawn yet.

        Args:
            n: Number of rows.
            batch_size: Rows of a *global* batch, over all ranks.
            seed: Decides the order together with the epoch; the same on all ranks.
            blocks: Row offsets `[n_blocks + 1]` of blocks that are read together (``Table.blocks``).
            drop_last: Leave out the rows that do not fill a batch. If False the last batch is smaller (and cut to a
                multiple of ``world``).
            rank: Which contiguous slice of every global batch is ours.
            world: Number of ranks; divides ``batch_size``.
            shuffle: False keeps the order of the table.

        Raises:
            InputError: Numbers that do not fit each other, or no complete batch.
        """
        if n < 1 or batch_size < 1:
            raise InputError(f"rows and batch size must be positive, not {n} and {batch_size}")
        if seed < 0:
            raise InputError(f"the seed must be 0 or more, not {seed}")
        offsets = (0, n) if blocks is None else tuple(int(offset) for offset in blocks)
        if offsets[0] != 0 or offsets[-1] != n or any(a >= b for a, b in itertools.pairwise(offsets)):
            raise InputError(f"blocks must rise from 0 to n = {n}, found {offsets[:3]}..{offsets[-1]}")
        if drop_last and n < batch_size:
            raise InputError(f"batch larger than the data: {batch_size} rows a batch, but only {n} rows")
        more = int(not drop_last and (n % batch_size) // max(1, world) > 0)
        order = _Order(
            n=n, seed=seed, blocks=offsets, shuffle=shuffle, batch_size=batch_size, batches=n // batch_size + more
        )
        super().__init__(order, rank=rank, world=world)
