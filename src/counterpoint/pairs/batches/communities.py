"""Batches of rows that a teacher finds hard to tell apart."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.pairs.batches._settings import check_whole
from counterpoint.pairs.batches.contract import Batching, BatchPlan, Rows, check_size, generator
from counterpoint.pairs.batches.graph import communities, mutual_links


@dataclass(frozen=True, kw_only=True)
class HardCommunities(Batching):
    """Communities of a teacher's neighbour graph, a few of them in each batch.

    Two rows are linked if each is among the other's teacher ranks ``skip`` to ``skip + links - 1``: near enough to be
    hard negatives, and not so near as to be false ones. The graph is cut into communities of ``community`` rows, once;
    an epoch lays them one after the other in another order and cuts that into batches, so every row is used at most
    once. Every batch consists of whole communities if ``community`` divides the number of rows; otherwise one batch
    gets the short one, and after it communities may be cut in two.

    Instead of METIS, which the paper uses, groups are merged by heavy-edge matching, which is its first phase.

    Attributes:
        neighbours: The teacher's ranks: a file of row numbers `[N, K]`.
        skip: Nearest ranks left out, p in the paper.
        links: Ranks linked, m in the paper.
        community: Rows of a community, K in the paper; it divides the batch size.

    Example:
        >>> nearest = np.array([[1], [0], [3], [2]])
        >>> batching = HardCommunities(skip=0, links=1, community=2)
        >>> plan = batching.plan(KnownRows(n=4, nearest=nearest), batch_size=2, seed=0)
        >>> np.sort(np.sort(plan.epoch(0), axis=1), axis=0).tolist()
        [[0, 1], [2, 3]]
    """

    cites: ClassVar[Citation] = Citation(
        "Thirukovalluru, Meng, Liu, and others",
        "Breaking the Batch Barrier (B3) of Contrastive Learning via Smart Batch Mining",
        2025,
        "arXiv:2505.11293",
        "Sec. 3, teacher ranks, graph, communities and batches",
    )
    neighbours: str = "neighbours.npy"
    skip: int = 30
    links: int = 100
    community: int = 32

    def __post_init__(self) -> None:
        """Refuse numbers of rows that are none."""
        check_whole("skip", self.skip, 0)
        check_whole("links", self.links, 1)
        check_whole("community", self.community, 2)

    def plan(self, rows: Rows, *, batch_size: int, seed: int) -> BatchPlan:
        """Communities once; every epoch their order."""
        check_size(rows, batch_size)
        if batch_size % self.community:
            raise InputError(f"batch_size must be a multiple of community={self.community}, got {batch_size}")
        nearest = rows.neighbours(self.neighbours)
        if nearest.shape[1] <= self.skip:
            raise InputError(f"skip={self.skip} leaves nothing of {nearest.shape[1]} neighbours a row")
        graph = mutual_links(nearest, skip=self.skip, links=self.links)
        order = communities(graph, self.community, generator(seed, 0))
        pieces = np.split(order, np.arange(self.community, len(order), self.community))
        batches = len(rows) // batch_size

        def draw(epoch: int) -> np.ndarray:
            turns = generator(seed, epoch).permutation(len(pieces))
            laid = np.concatenate([pieces[turn] for turn in turns])
            return laid[: batches * batch_size].reshape(batches, batch_size)

        return BatchPlan(batches=batches, batch_size=batch_size, draw=draw, notices=_notices(graph.sum(axis=1)))


def _notices(degrees: np.ndarray) -> tuple[str, ...]:
    alone = int((degrees == 0).sum())
    if not alone:
        return ()
    return (f"{alone} of {len(degrees)} rows are linked with no other row: their batches are not hard",)
