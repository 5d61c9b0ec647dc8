"""Relations given as lists: ragged positives, graded pairs, the edges of a graph."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise import Ranks, Relation, Tile
from counterpoint.pairwise.relation import check_integers

LARGEST = 3_037_000_499
"""Numbers of examples are below this: the code of a pair, at most its square, is an int64."""


@dataclass(frozen=True, eq=False)
class Edges:
    """A sparse set of pairs (from, to), sorted; make it with :meth:`of` or :meth:`ragged`.

    Attributes:
        codes: int64 `[E]`, ``from * nodes + to``, rising.
        nodes: Numbers ``to`` are below this.
        weights: `[E]` non-negative, or None when all weigh alike.
    """

    codes: Tensor
    nodes: int
    weights: Tensor | None = None

    @staticmethod
    def of(pairs: Tensor, *, weights: Tensor | None = None, both_ways: bool = False) -> Edges:
        """Edges from pairs of numbers; a pair that is there twice counts once, with its largest weight.

        Args:
            pairs: int `[E, 2]`, not negative.
            weights: `[E]` non-negative grades, such as relevance; an edge of weight 0 is none.
            both_ways: Every edge goes both ways.

        Raises:
            InputError: They are no such pairs, their numbers are too large, or there is not one weight for each.
        """
        if pairs.ndim != 2 or pairs.shape[1:] != (2,) or pairs.is_floating_point() or pairs.is_complex():
            raise InputError(f"pairs must be integers [E, 2], got {pairs.dtype} {list(pairs.shape)}")
        if len(pairs) and int(pairs.min()) < 0:
            raise InputError(f"pairs must not be negative, got {int(pairs.min())}")
        if len(pairs) and int(pairs.max()) >= LARGEST:
            raise InputError(f"pairs must be below {LARGEST}, got {int(pairs.max())}: number the examples anew")
        if weights is not None:
            weights = _checked_weights(weights, len(pairs)).to(pairs.device)
            pairs, weights = pairs[weights > 0], weights[weights > 0]
        if both_ways:
            pairs = torch.cat([pairs, pairs.flip(1)])
            weights = None if weights is None else torch.cat([weights, weights])
        nodes = int(pairs.max()) + 1 if len(pairs) else 1
        codes, place = torch.unique(pairs[:, 0].long() * nodes + pairs[:, 1].long(), return_inverse=True)
        if weights is not None:
            weights = torch.zeros(len(codes), dtype=weights.dtype, device=weights.device).scatter_reduce(
                0, place, weights, "amax", include_self=False
            )
        return Edges(codes, nodes, weights)

    @staticmethod
    def ragged(lists: Sequence[Sequence[int]]) -> Edges:
        """Anchor i and its list of candidates.

        Args:
            lists: One for each anchor; it may be empty.

        Raises:
            InputError: A number is negative.
        """
        pairs = [(i, operator.index(j)) for i, row in enumerate(lists) for j in row]
        return Edges.of(torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2))

    def find(self, froms: Tensor, tos: Tensor) -> tuple[Tensor, Tensor | None]:
        """Bool `[n, m]`, whether there is an edge from each of n numbers to each of m, and its weight (else 1).

        Only the edges of these numbers are looked at, so that a block costs little more than to fill it.
        """
        there = torch.zeros(len(froms), len(tos), dtype=torch.bool, device=froms.device)
        if not len(self.codes) or not there.numel():
            return there, None
        row, edge = _spans(*self._reach(froms, tos))
        order = tos.argsort()
        ends, numbers = self.codes[edge] % self.nodes, tos[order]
        # A number may be there several times.
        which, place = _spans(torch.searchsorted(numbers, ends), torch.searchsorted(numbers, ends, right=True))
        where = row[which], order[place]
        there[where] = True
        if self.weights is None:
            return there, None
        weights = torch.ones(there.shape, dtype=self.weights.dtype, device=there.device)
        weights[where] = self.weights[edge[which]]
        return there, weights

    def _reach(self, froms: Tensor, tos: Tensor) -> tuple[Tensor, Tensor]:
        """Between which places of ``codes`` the edges lie from each number to the least and the largest of ``tos``."""
        known = (froms >= 0) & (froms < self.nodes)
        # What lies outside the graph must not become another node's code, also by overflow.
        first = torch.where(known, froms, 0) * self.nodes
        least, most = (end.clamp(0, self.nodes - 1) for end in torch.aminmax(tos))
        start = torch.searchsorted(self.codes, first + least)
        return start, torch.where(known, torch.searchsorted(self.codes, first + most, right=True), start)


@dataclass(frozen=True, kw_only=True, eq=False)
class Linked(Relation):
    """Positive where there is an edge from the anchor's number to the candidate's, and negative everywhere else.

    Ragged lists of positives are ``Linked(edges=Edges.ragged(lists), anchors=torch.arange(N),
    candidates=torch.arange(M), local=True)``; graded relevance is the same with weights; neighbours in a graph are
    edges of the whole graph, with the numbers of the nodes in the batch.

    Attributes:
        edges: Between numbers of examples.
        anchors: int64 `[N]`, the number of each anchor; a negative one has no edge.
        candidates: int64 `[M]`.
        local: Numbers are rows of this rank: candidates of another rank have no edge here.

    Raises:
        InputError: Numbers are no integer vectors.
    """

    edges: Edges
    anchors: Tensor
    candidates: Tensor
    local: bool = False

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name in ("anchors", "candidates"):
            check_integers(name, getattr(self, name))
            object.__setattr__(self, name, getattr(self, name).long())

    @property
    def shape(self) -> tuple[int, int]:
        """(N, M)."""
        return len(self.anchors), len(self.candidates)

    @property
    def told(self) -> str:
        """What numbers stand for."""
        return f"Linked {'row' if self.local else 'example'} numbers"

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The block's edges."""
        positive, weight = self.edges.find(self.anchors[row_block], self.candidates[col_block])
        return Tile(positive, weight=weight)

    def across(self, ranks: Ranks) -> Linked:
        """Numbers of every rank's candidates."""
        if ranks.size == 1:
            return self
        every = ranks.gather(self.candidates)
        if self.local:
            start, mine = ranks.start(len(self.candidates)), torch.full_like(every, -1)
            mine[start : start + len(self.candidates)] = self.candidates
            every = mine
        return replace(self, candidates=every)


def _spans(start: Tensor, stop: Tensor) -> tuple[Tensor, Tensor]:
    """Of ranges of numbers ``start .. stop``, one after the other: which range, and the number, for each number."""
    which = torch.repeat_interleave(stop - start)
    within = torch.arange(len(which), device=which.device) - (torch.cumsum(stop - start, 0) - (stop - start))[which]
    return which, start[which] + within


def _checked_weights(weights: Tensor, count: int) -> Tensor:
    if weights.shape != (count,):
        raise InputError(f"weights must be {count} numbers, one per pair, got shape {list(weights.shape)}")
    weights = weights.detach() if weights.is_floating_point() else weights.float()
    if not bool((weights >= 0).all()) or not bool(torch.isfinite(weights).all()):
        raise InputError("weights must be finite and not negative")
    return weights
