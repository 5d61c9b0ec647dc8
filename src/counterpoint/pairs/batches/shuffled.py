"""Batches of a shuffled epoch: what training does when nothing else is said."""

from dataclasses import dataclass

import numpy as np

from counterpoint.base.order import block_order
from counterpoint.pairs.batches.contract import Batching, BatchPlan, Rows, check_size, generator


@dataclass(frozen=True, kw_only=True)
class Shuffled(Batching):
    """Every row once an epoch, in an order that is uniform within what is read together.

    Rows that do not fill a last batch are left out, others in every epoch.

    Example:
        >>> rows = KnownRows(n=7)
        >>> Shuffled().plan(rows, batch_size=3, seed=0).epoch(0).shape
        (2, 3)
    """

    def plan(self, rows: Rows, *, batch_size: int, seed: int) -> BatchPlan:
        """One permutation an epoch."""
        check_size(rows, batch_size)
        blocks, batches = rows.blocks, len(rows) // batch_size

        def draw(epoch: int) -> np.ndarray:
            order = block_order(blocks, generator(seed, epoch))
            return order[: batches * batch_size].reshape(batches, batch_size)

        return BatchPlan(batches=batches, batch_size=batch_size, draw=draw)
