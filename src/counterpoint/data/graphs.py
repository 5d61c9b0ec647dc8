"""Graphs whose nodes have features and labels: cleaned with a count, and split."""

from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from scipy import sparse

from counterpoint.base.errors import InputError


@dataclass(frozen=True, kw_only=True, eq=False)
class Graph:
    """An undirected graph of N nodes.

    Attributes:
        edges: int64 `[E, 2]`, each edge once, smaller number first, no node with itself.
        features: Sparse `[N, D]`.
        labels: int64 `[N]`, -1 where there is none; None for a graph without labels.
        parts: Nodes of a public split by name: int64 vectors.
        notes: What was cleaned, with counts.
    """

    edges: np.ndarray
    features: sparse.csr_array
    labels: np.ndarray | None = None
    parts: dict[str, np.ndarray] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """N."""
        return rows_of(self.features)

    @property
    def adjacency(self) -> sparse.csr_array:
        """0 and 1, symmetric, float64 `[N, N]`."""
        both = np.concatenate([self.edges, self.edges[:, ::-1]])
        return sparse.csr_array((np.ones(len(both)), (both[:, 0], both[:, 1])), (len(self), len(self)))

    @property
    def degrees(self) -> np.ndarray:
        """int64 `[N]`."""
        return np.bincount(self.edges.ravel(), minlength=len(self))

    def corner(self, size: int) -> "Graph":
        """The first nodes with the edges between them; without a split."""
        inside = (self.edges < size).all(1)
        labels = None if self.labels is None else self.labels[:size]
        return graph_from(self.edges[inside], self.features[:size], labels=labels)


def graph_from(
    edges: np.ndarray, features: Any, *, labels: np.ndarray | None = None, parts: dict[str, np.ndarray] | None = None
) -> Graph:
    """A graph of the pairs given; loops and repeated edges are left out, and counted with nodes that have no edge.

    Args:
        edges: Integers `[E, 2]`; either direction, or both.
        features: `[N, D]`, dense or sparse.
        labels: `[N]`.
        parts: Nodes by name of the part.

    Raises:
        InputError: Shapes that do not fit, or an edge to a node that does not exist.
    """
    rows = sparse.csr_array(features)
    n = rows_of(rows)
    edges = np.asarray(edges)
    if edges.ndim != 2 or edges.shape[1] != 2 or edges.dtype.kind not in "iu":
        raise InputError(f"edges must be integers [E, 2], got {edges.dtype} {list(edges.shape)}")
    if labels is not None and len(labels) != n:
        raise InputError(f"one label per node is needed: {len(labels)} labels for {n} nodes")
    if edges.size and (edges.min() < 0 or edges.max() >= n):
        raise InputError(f"edges must join nodes 0..{n - 1}, got {edges.min()} to {edges.max()}")
    loops = edges[:, 0] == edges[:, 1]
    kept = np.unique(np.sort(edges[~loops].astype(np.int64), axis=1), axis=0)
    alone = n - len(np.unique(kept))
    counts = {
        "edges of a node with itself were left out": int(loops.sum()),
        "repeated edges were left out": len(edges) - int(loops.sum()) - len(kept),
        "nodes have no edge": alone,
    }
    notes = tuple(f"{count:,} {what}" for what, count in counts.items() if count)
    return Graph(edges=kept, features=rows, labels=labels, parts=parts or {}, notes=notes)


def rows_of(matrix: sparse.csr_array) -> int:
    """The number of rows; scipy's own annotation of a shape allows for none."""
    return cast(tuple[int, int], matrix.shape)[0]


def hold_out_edges(graph: Graph, share: float, *, seed: int) -> tuple[Graph, np.ndarray]:
    """The graph without a random share of its edges, and those, int64 `[K, 2]`.

    Raises:
        InputError: The share does not lie between 0 and 1.
    """
    if not 0 < share < 1:
        raise InputError(f"share must lie between 0 and 1, got {share}")
    order = np.random.default_rng(seed).permutation(len(graph.edges))
    count = max(1, round(share * len(order)))
    kept = graph_from(graph.edges[np.sort(order[count:])], graph.features, labels=graph.labels, parts=graph.parts)
    return kept, graph.edges[np.sort(order[:count])]


@dataclass(frozen=True, kw_only=True, eq=False)
class LinkSplit:
    """A graph to learn from, and edges that it lacks.

    Attributes:
        train: The graph without the edges of the other parts.
        validation: int64 `[P, 2]`.
        test: int64 `[Q, 2]`.
    """

    train: Graph
    validation: np.ndarray
    test: np.ndarray

    @property
    def all_edges(self) -> np.ndarray:
        """int64 `[E, 2]`; what is drawn as a pair without an edge must be none of them."""
        return np.concatenate([self.train.edges, self.validation, self.test])


def split_links(graph: Graph, *, validation: float = 0.1, test: float = 0.2, seed: int) -> LinkSplit:
    """Hold edges out twice: an encoder sees the training graph alone, in learning and in judging.

    Args:
        graph: With all edges.
        validation: Share of all edges to choose settings on.
        test: Share of all edges to judge on.
        seed: Of the draw.

    Raises:
        InputError: A share outside 0 to 1, or shares that leave nothing to learn from.
    """
    if validation + test >= 1:
        raise InputError(f"validation and test must leave edges to learn from, got {validation} and {test}")
    rest, held = hold_out_edges(graph, test, seed=seed)
    train, chosen = hold_out_edges(rest, validation / (1 - test), seed=seed + 1)
    return LinkSplit(train=train, validation=chosen, test=held)
