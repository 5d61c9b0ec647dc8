"""Nodes of one type that a meta-path joins: who is joined already, and who would be by edges that were held out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.base.sparse import shape_of
from counterpoint.data.typed_graphs import TypedGraph

_CHUNK = 2048
"""Pairs that are asked after at once."""
_TRIES = 20
"""Draws of a partner, or rounds of drawing pairs, before giving up."""


def split_typed(
    graph: TypedGraph, kinds: Sequence[str], shares: Sequence[float], *, seed: int
) -> tuple[TypedGraph, list[TypedGraph]]:
    """The graph without some of its edges, and those as graphs of the same nodes, one per share.

    Args:
        graph: With all edges.
        kinds: Types of edges of which some are held out; every share is one of each type, rounded.
        shares: Of the edges of a type.
        seed: Of the draw.

    Raises:
        InputError: A share outside 0 to 1, or shares that leave nothing.
    """
    if not all(0 <= share < 1 for share in shares) or sum(shares) >= 1:
        raise InputError(f"shares must lie in 0..1 and sum to less than 1, got {list(shares)}")
    rng, kept = np.random.default_rng(seed), dict(graph.edges)
    held: list[dict[str, np.ndarray]] = [{} for _ in shares]
    for kind in kinds:
        edges = graph.edges[kind]
        order = rng.permutation(len(edges))
        cuts = np.cumsum([round(share * len(edges)) for share in shares])
        *parts, rest = np.split(order, cuts)
        for part, found in zip(parts, held, strict=True):
            found[kind] = edges[np.sort(part)]
        kept[kind] = edges[np.sort(rest)]
    return replace(graph, edges=kept), [replace(graph, edges=found) for found in held]


class JoinedNodes:
    """Whether two nodes of a type are ends of an edge, or a meta-path leads from one to the other.

    It is asked pair by pair: nodes that meet in a large venue are never listed as pairs.
    """

    def __init__(self, graph: TypedGraph, target: str, paths: Mapping[str, Sequence[str]]) -> None:
        """Find what every node leads to.

        Args:
            graph: Whose edges count.
            target: The type of the nodes.
            paths: Types of edges from there; each path leads there and back, and so does its first step.

        Raises:
            InputError: A path that does not start there, or names a type of edge that there is not.
        """
        first = dict.fromkeys(path[:1] for path in map(tuple, paths.values()))
        met = [graph.reached(target, path) for path in dict.fromkeys([*first, *map(tuple, paths.values())])]
        own = sparse.diags_array(np.ones(len(graph.names[target]), dtype=np.float32))
        # An edge between two nodes of the type joins its ends: each then leads to itself, and the other to it.
        met += [own + graph.incidence(kind, target)[0] for (kind,) in first if set(graph.ends[kind]) == {target}]
        self.met = sparse.csr_array(sparse.hstack(met, format="csr"))

    def __len__(self) -> int:
        """N."""
        return shape_of(self.met)[0]

    def __call__(self, pairs: np.ndarray) -> np.ndarray:
        """Bool `[P]` of pairs int `[P, 2]`."""
        parts = np.split(pairs, range(_CHUNK, len(pairs), _CHUNK))
        return np.concatenate([(self.met[one[:, 0]] * self.met[one[:, 1]]).sum(1) > 0 for one in parts])

    def others(self, held: np.ndarray, count: int, *, seed: int = 0) -> np.ndarray:
        """Distinct pairs of different nodes that nothing joins, int64 `[Q, 2]`, drawn evenly; smaller number first.

        Args:
            held: int `[P, 2]`, pairs that are none of them.
            count: How many; fewer come back where there are hardly any.
            seed: Of the draw.

        Raises:
            InputError: Fewer than two were found.
        """
        n, rng = len(self), np.random.default_rng(seed)
        known, found = _keys(held, n), np.zeros(0, dtype=np.int64)
        for _ in range(_TRIES):
            drawn = rng.integers(n, size=(2 * count, 2))
            drawn = drawn[drawn[:, 0] != drawn[:, 1]]
            fresh = _keys(drawn[~self(drawn)], n)
            merged = np.concatenate([found, fresh[~np.isin(fresh, known)]])
            found = merged[np.sort(np.unique(merged, return_index=True)[1])]
            if len(found) >= count:
                break
        if len(found) < 2:
            raise InputError(f"meta-paths join nearly all of the {n:,} nodes: no two were found to compare with")
        return np.stack(np.divmod(found[:count], n), axis=1)


def newly_joined(
    train: TypedGraph, target: str, held: TypedGraph, joined: JoinedNodes, *, seed: int
) -> tuple[np.ndarray, int]:
    """Pairs that edges join which training had not: a node, and one that the edge's other end already led to.

    An edge between two nodes of the type is a pair itself. An edge that training had, or that joins nobody whom
    training had not joined already, gives no pair.

    Args:
        train: What is learnt from.
        target: The type of the nodes.
        held: Edges between the same nodes, of types that training has.
        joined: In training.
        seed: Of the draw of partners.

    Returns:
        Distinct pairs int64 `[P, 2]`, smaller number first; and how many edges gave none or one that was there.
    """
    rng, found = np.random.default_rng(seed), [np.zeros((0, 2), dtype=np.int64)]
    total = sum(map(len, held.edges.values()))
    for kind, edges in held.edges.items():
        there = train.incidence(kind, target)[0]
        width = shape_of(there)[1]
        ends = edges if held.ends[kind][0] == target else edges[:, ::-1]
        ends = ends[~np.isin(ends @ [width, 1], np.stack(there.nonzero(), axis=1) @ [width, 1])]
        if set(held.ends[kind]) == {target}:
            found.append(ends[~joined(ends)])
        else:
            found.append(_partners(ends, sparse.csr_array(there.T), joined, rng))
    pairs = np.concatenate(found)
    distinct = np.unique(np.sort(pairs, axis=1), axis=0)
    return distinct, total - len(distinct)


def _partners(ends: np.ndarray, members: sparse.csr_array, joined: JoinedNodes, rng: np.random.Generator) -> np.ndarray:
    """For each node and place int `[E, 2]` a member of the place that is not joined to the node, where one is found."""
    starts, sizes = members.indptr[:-1], np.diff(members.indptr)
    left, found = ends[sizes[ends[:, 1]] > 0], [np.zeros((0, 2), dtype=np.int64)]
    for _ in range(_TRIES):
        if not len(left):
            break
        place = left[:, 1]
        drawn = members.indices[starts[place] + (rng.random(len(left)) * sizes[place]).astype(np.int64)]
        pairs = np.stack([left[:, 0], drawn.astype(np.int64)], axis=1)
        fresh = (pairs[:, 0] != pairs[:, 1]) & ~joined(pairs)
        found.append(pairs[fresh])
        left = left[~fresh]
    return np.concatenate(found)


def _keys(pairs: np.ndarray, n: int) -> np.ndarray:
    """One number `[P]` per pair, the same for both directions."""
    return pairs.min(axis=1) * n + pairs.max(axis=1)
