"""Some nodes of a graph with a draw of what surrounds them, for graphs too large to encode whole at every step."""

from collections.abc import Sequence

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.graphs import Graph


class Neighbourhoods:
    """Draws neighbours of nodes, and neighbours of those.

    Hamilton, Ying and Leskovec (2017), "Inductive Representation Learning on Large Graphs", arXiv:1706.02216,
    Section 3.1; drawn without replacement.

    Args:
        graph: Whose edges are drawn from.
    """

    def __init__(self, graph: Graph) -> None:
        matrix = graph.adjacency
        self.starts, self.ends, self.n = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), len(graph)

    def around(
        self, seeds: np.ndarray, counts: Sequence[int], rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Nodes int64 `[M]`, the seeds first and in their order, and edges between them.

        Args:
            seeds: int `[B]`, different nodes.
            counts: Neighbours that are drawn of every seed, of every node drawn so, and so on.
            rng: Of the draw.

        Returns:
            The nodes, and the edges drawn, int64 `[E, 2]`: places in the nodes, each edge once, smaller place first.

        Raises:
            InputError: No count, or one below 1.
        """
        if not len(counts) or min(counts) < 1:
            raise InputError(f"counts must be one or more numbers of at least 1, got {list(counts)}")
        place = np.full(self.n, -1, dtype=np.int64)
        place[seeds] = np.arange(len(seeds))
        nodes, frontier, drawn = [np.asarray(seeds, dtype=np.int64)], np.asarray(seeds, dtype=np.int64), []
        for count in counts:
            pairs = self._drawn(frontier, count, rng)
            drawn.append(pairs)
            found = np.unique(pairs[:, 1])
            frontier = found[place[found] < 0]
            place[frontier] = sum(map(len, nodes)) + np.arange(len(frontier))
            nodes.append(frontier)
        edges = np.sort(place[np.concatenate(drawn)], axis=1)
        return np.concatenate(nodes), np.unique(edges, axis=0)

    def _drawn(self, nodes: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
        """Node and neighbour, `[K, 2]`: at most ``count`` of a node, all of them where it has fewer."""
        degrees = self.starts[nodes + 1] - self.starts[nodes]
        owner = np.repeat(np.arange(len(nodes)), degrees)
        first = np.concatenate([[0], np.cumsum(degrees)])[:-1]
        within = np.arange(len(owner)) - first[owner]
        # A random order within every node: its first ones are a draw without replacement.
        order = np.lexsort((rng.random(len(owner)), owner))
        chosen = order[within < count]
        return np.stack([nodes[owner[chosen]], self.ends[self.starts[nodes[owner[chosen]]] + within[chosen]]], axis=1)
