"""Batches from a stream: a buffer of it at a time is planned as if it were all there is."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Generic, TypeVar

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.pairs.batches._settings import check_whole
from counterpoint.pairs.batches.contract import Batching, Rows

Item = TypeVar("Item")


class StreamBatches(Generic[Item]):
    """Batches of the items of a stream, of which ``buffer`` are held at a time.

    Buffer i is items `i * buffer` to `(i + 1) * buffer - 1`; its batches are epoch i of the plan made of it, and what
    the plan leaves out of it is gone. So the position is two numbers, and going on from it needs no more than a stream
    that begins at the right item.

    Every rank reads the whole stream and takes its share of each batch.

    Attributes:
        notices: What the plans said, each once.
        left_out: Items that were in no batch, in this session.
    """

    def __init__(
        self,
        items: Callable[[int], Iterator[Item]],
        rows: Callable[[Sequence[Item]], Rows],
        batching: Batching,
        *,
        batch_size: int,
        buffer: int,
        seed: int = 0,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        """Nothing is read yet.

        Args:
            items: Opens the stream at an item: ``items(5)`` gives the sixth first.
            rows: What is known of some items, in their order.
            batching: How they are put together.
            batch_size: Items of a global batch.
            buffer: Items held; the more, the more there is to choose from.
            seed: Decides all that is random.
            rank: Which share of every batch is ours.
            world: Number of ranks.

        Raises:
            InputError: A buffer that no batch fits into, or shares that are not equal.
        """
        check_whole("batch_size", batch_size, 1)
        check_whole("buffer", buffer, batch_size)
        if not 0 <= rank < world or batch_size % world:
            raise InputError(f"rank {rank} of {world} cannot have an equal share of a batch of {batch_size}")
        self._items, self._rows, self._batching = items, rows, batching
        self._batch_size, self._buffer, self._seed = batch_size, buffer, seed
        self._share = slice(rank * batch_size // world, (rank + 1) * batch_size // world)
        self._at, self._batch = 0, 0
        self.notices: tuple[str, ...] = ()
        self.left_out = 0

    def __iter__(self) -> Iterator[list[Item]]:
        """The batches that are left, each a list of items."""
        stream = self._items(self._at * self._buffer)
        while held := list(islice(stream, self._buffer)):
            for batch in self._batches(held)[self._batch :]:
                self._batch += 1
                yield [held[place] for place in batch[self._share].tolist()]
            self._at, self._batch = self._at + 1, 0

    def state_dict(self) -> dict[str, int]:
        """The position: buffers used up, and batches of the next one handed out."""
        return {"buffer": self._at, "batch": self._batch}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on from a position.

        Raises:
            InputError: It is none.
        """
        check_whole("buffer", state.get("buffer", -1), 0)
        check_whole("batch", state.get("batch", -1), 0)
        self._at, self._batch = state["buffer"], state["batch"]

    def _batches(self, held: Sequence[Item]) -> np.ndarray:
        """Places in the buffer, int64 `[M, B]`."""
        try:
            plan = self._batching.plan(self._rows(held), batch_size=self._batch_size, seed=self._seed)
        except InputError as error:
            if len(held) == self._buffer:
                raise
            self._tell(f"the last {len(held)} items of the stream are left out: {error}")
            self.left_out += len(held)
            return np.zeros((0, self._batch_size), dtype=np.int64)
        self._tell(*plan.notices)
        self.left_out += len(held) - plan.batches * plan.batch_size
        return plan.epoch(self._at)

    def _tell(self, *notices: str) -> None:
        self.notices = tuple(dict.fromkeys((*self.notices, *notices)))
