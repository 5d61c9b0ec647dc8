"""Positives and hard negatives from bands of neighbours at a controlled distance."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.pairs.batches._settings import check_whole
from counterpoint.pairs.batches.contract import NOTHING, Batching, BatchPlan, Rows, check_size, generator

_TRIES = 100


@dataclass(frozen=True, kw_only=True)
class Neighbourhood(Batching):
    """Groups of an anchor, a positive, hard negatives and easy negatives, one group after the other in a batch.

    The positive is one of the anchor's neighbours of ranks ``positive_from`` to ``positive_to - 1``, hard negatives are
    different ones of ranks ``hard_from`` to ``hard_to - 1`` (ranks count from 0, without the anchor itself), easy
    negatives are any rows that are neither the anchor nor among its first ``hard_to`` neighbours. Between the bands
    lie at least ``margin`` ranks, so that no negative is a positive. Every row is an anchor at most once an epoch; as a
    positive or negative it may stand in a batch more than once: compare within groups, with ``rules.Grouped()`` in a
    recipe, or by hand with :meth:`groups`.

    Attributes:
        neighbours: Of the citation graph's embedding, or any other: a file of row numbers `[N, K]`.
        positive_from: First rank of positives.
        positive_to: The rank behind the last.
        hard_from: First rank of hard negatives.
        hard_to: The rank behind the last.
        margin: Ranks between the bands, at the least.
        hard: Hard negatives of an anchor.
        easy: Easy negatives of an anchor.

    Example:
        >>> nearest = np.array([[1, 2, 3], [0, 2, 3], [3, 1, 0], [2, 1, 0], [0, 1, 2]])
        >>> bands = Neighbourhood(positive_from=0, positive_to=1, hard_from=2, hard_to=3, easy=0)
        >>> groups = bands.groups(bands.plan(KnownRows(n=5, nearest=nearest), batch_size=3, seed=0).epoch(0))
        >>> (groups[..., 1] == nearest[groups[..., 0], 0]).all()
        np.True_
    """

    cites: ClassVar[Citation] = Citation(
        "Ostendorff, Rethmeier, Augenstein, and others",
        "Neighborhood Contrastive Learning for Scientific Document Representations with Citation Embeddings",
        2022,
        "arXiv:2202.06671",
        "Sec. 3.3, k nearest neighbour sampling",
    )
    neighbours: str = "neighbours.npy"
    positive_from: int = 20
    positive_to: int = 25
    hard_from: int = 3998
    hard_to: int = 4000
    margin: int = 1
    hard: int = 1
    easy: int = 1

    def __post_init__(self) -> None:
        """Refuse bands that are empty or touch."""
        for name in ("positive_from", "margin", "hard", "easy"):
            check_whole(name, getattr(self, name), 0)
        check_whole("positive_to", self.positive_to, self.positive_from + 1)
        check_whole("hard_from", self.hard_from, self.positive_to + self.margin)
        check_whole("hard_to", self.hard_to, self.hard_from + max(1, self.hard))

    @property
    def width(self) -> int:
        """Rows of a group."""
        return 2 + self.hard + self.easy

    def groups(self, batches: np.ndarray) -> np.ndarray:
        """Batches `[..., B]` as groups `[..., B / width, width]`: anchor, positive, hard, easy negatives."""
        return batches.reshape(*batches.shape[:-1], -1, self.width)

    def by_place(self, place: np.ndarray) -> dict[str, np.ndarray]:
        """``group``, and ``pair``: the same number for anchor and positive of a group, -1 for its negatives."""
        group = place // self.width
        return {"group": group, "pair": np.where(place % self.width < 2, group, NOTHING)}

    def plan(self, rows: Rows, *, batch_size: int, seed: int) -> BatchPlan:
        """Every row an anchor; its group drawn anew in every epoch."""
        check_size(rows, batch_size)
        if batch_size % self.width:
            raise InputError(f"batch_size must be a multiple of {self.width}, the rows of a group, got {batch_size}")
        nearest = rows.neighbours(self.neighbours)
        if nearest.shape[1] < self.hard_to:
            raise InputError(f"hard_to={self.hard_to} needs as many neighbours a row, and there are {nearest.shape[1]}")
        whole = np.flatnonzero((nearest[:, : self.hard_to] >= 0).all(axis=1))
        anchors = batch_size // self.width
        batches = len(whole) // anchors
        if not batches:
            raise InputError(f"a batch needs {anchors} rows with {self.hard_to} neighbours, and {len(whole)} have them")

        def draw(epoch: int) -> np.ndarray:
            random = generator(seed, epoch)
            chosen = random.permutation(whole)[: batches * anchors]
            return self.drawn(chosen, nearest, random).reshape(batches, batch_size)

        left_out = len(rows) - len(whole)
        notices = (f"{left_out} rows have fewer than {self.hard_to} neighbours and are no anchors",) if left_out else ()
        return BatchPlan(batches=batches, batch_size=batch_size, draw=draw, notices=notices)

    def drawn(self, anchors: np.ndarray, nearest: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Groups, int64 `[A, width]`, of ``anchors`` `[A]`."""
        near = nearest[anchors, : self.hard_to]
        positive = _chosen(near[:, self.positive_from : self.positive_to], 1, random)
        hard = _chosen(near[:, self.hard_from : self.hard_to], self.hard, random)
        easy = _far(anchors, near, self.easy, len(nearest), random)
        return np.concatenate([anchors[:, None], positive, hard, easy], axis=1)


def _chosen(band: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """``count`` different entries of every row of ``band`` `[A, W]`."""
    order = np.argsort(random.random(band.shape), axis=1)[:, :count]
    return np.take_along_axis(band, order, axis=1)


def _far(anchors: np.ndarray, near: np.ndarray, count: int, n: int, random: np.random.Generator) -> np.ndarray:
    """``count`` rows of 0..n-1 for every anchor that are neither itself nor near; drawn again until they are not."""
    if near.shape[1] + 1 >= n and count:
        raise InputError(f"there is no easy negative: {near.shape[1]} neighbours are all the other rows of {n}")
    banned = np.sort(np.concatenate([anchors[:, None], near], axis=1) + n * np.arange(len(anchors))[:, None], axis=None)
    found = random.integers(n, size=(len(anchors), count))
    again = np.ones(found.shape, dtype=bool)
    for _ in range(_TRIES):
        codes = found + n * np.arange(len(anchors))[:, None]
        again = banned[np.minimum(np.searchsorted(banned, codes), len(banned) - 1)] == codes
        if not again.any():
            return found
        found[again] = random.integers(n, size=int(again.sum()))
    raise InputError(f"{near.shape[1]} neighbours are almost all of {n} rows: no easy negatives were found")
