"""A loss of two views against a queue, for trials about what is done to queries, keys and negatives."""

from collections.abc import Callable

import torch
from torch import Tensor

from counterpoint.base.numerics import unit_rows
from counterpoint.pairs import Pairs, Queue
from counterpoint.pairwise import Objective

Construction = Callable[[Tensor, Tensor, Tensor], Pairs]
"""From unit queries `[N, D]`, unit keys `[N, D]` and unit negatives `[F, D]`, the last two without gradient."""


class AgainstQueue:
    """Queries of the first view, keys of the second; a call is the loss, after which the keys join the queue.

    Keys come from the encoder that learns, without a gradient: momentum contrast with a momentum of 0. The queue begins
    with random rows.

    Args:
        construction: What is compared with what.
        objective: How.
        size: Of the queue.
        dim: D.
        seed: Of the rows at the beginning.
    """

    def __init__(self, construction: Construction, objective: Objective, *, size: int, dim: int, seed: int) -> None:
        self.construction, self.objective, self.queue = construction, objective, Queue(size, dim)
        self.queue.push(torch.randn(size, dim, generator=torch.Generator().manual_seed(seed)))

    def __call__(self, views: list[Tensor], rows: Tensor) -> Tensor:
        """The loss of both views, a scalar."""
        query, key = unit_rows(views[0]), unit_rows(views[1].detach())
        pairs = self.construction(query, key, unit_rows(self.queue.content()[0]))
        self.queue.push(key)
        return pairs.under(self.objective)
