"""Coding trees: the partition of a graph's nodes that says most about where a random walk goes next."""

import heapq

import numpy as np

from counterpoint.base.errors import InputError

_LEAST = 1e-12
"""Bits, times ``2m``, that a merge must save: less is rounding."""


def structural_entropy(edges: np.ndarray, communities: np.ndarray) -> float:
    """Bits that a random walk's next node takes, when nodes are coded by their community and within it.

    Formula: ``-sum_c g_c / 2m log2(V_c / 2m) - sum_i d_i / 2m log2(d_i / V_c(i))``, ``V_c`` the sum of degrees and
    ``g_c`` the edges that leave c. Li and Pan (2016), "Structural Information and Dynamical Complexity of Networks",
    doi:10.1109/TIT.2016.2555904, in two dimensions: a tree of height 2.

    Args:
        edges: int `[E, 2]`, each once.
        communities: int64 `[N]`, from 0.

    Raises:
        InputError: There is no edge, or one of a node that does not exist.
    """
    if not len(edges):
        raise InputError("structural entropy needs at least one edge, got none")
    _check(edges, len(communities))
    degrees = np.bincount(edges.ravel(), minlength=len(communities)).astype(np.float64)
    volume = np.bincount(communities, weights=degrees)
    ends = communities[edges]
    apart = ends[ends[:, 0] != ends[:, 1]]
    leaving = np.bincount(apart.ravel(), minlength=len(volume))
    return float((_module(volume, leaving, 2 * len(edges)).sum() - _log(degrees).sum()) / (2 * len(edges)))


def coding_tree(edges: np.ndarray, n: int) -> np.ndarray:
    """Communities int64 `[N]` that make structural entropy small: the best merge of two joined ones, again and again.

    Wu, Chen, Xu and Li (2022), "Structural Entropy Guided Graph Hierarchical Pooling", arXiv:2206.13510, whose tree of
    height 2 this is without its later moves. A node without an edge is a community by itself. Memory: the edges. A
    merge looks at all communities that the new one is joined to, so that time grows with hubs.

    Args:
        edges: int `[E, 2]`, each once.
        n: Number of nodes.

    Raises:
        InputError: An edge of a node that does not exist.
    """
    _check(edges, n)
    merging = _Merging(edges, n)
    while (best := merging.best()) is not None:
        merging.merge(*best)
    return np.unique(merging.members(), return_inverse=True)[1]


class _Merging:
    """Communities, each called by its first node, and what every merge of two joined ones would save.

    Attributes:
        volume: float64 `[N]`, sums of degrees.
        leaving: float64 `[N]`, edges that leave a community.
        near: Of every community those that it is joined to, and by how many edges.
        into: Of every node itself, or the community that its own was merged into.
        age: Of every community how often it has changed.
        merges: A heap of ``(-saved, one, other, their ages)``; an entry of another age than now is out of date.
    """

    def __init__(self, edges: np.ndarray, n: int) -> None:
        """Every node is a community.

        Args:
            edges: int `[E, 2]`.
            n: Number of nodes.
        """
        self._edges = len(edges)
        apart = np.sort(edges[edges[:, 0] != edges[:, 1]], axis=1)
        self.volume, self.leaving = (
            np.bincount(some.ravel(), minlength=n).astype(np.float64) for some in (edges, apart)
        )
        self.near: list[dict[int, int]] = [{} for _ in range(n)]
        self.into, self.age = np.arange(n), [0] * n
        pairs, shared = np.unique(apart, axis=0, return_counts=True)
        for (one, other), count in zip(pairs.tolist(), shared.tolist(), strict=True):
            self.near[one][other] = self.near[other][one] = count
        self.merges: list[tuple[float, int, int, int, int]] = []
        self._weigh(pairs[:, 0], pairs[:, 1], shared)

    def best(self) -> tuple[int, int] | None:
        """The two communities whose merge saves most, the first ones of equals; None where no merge saves anything."""
        while self.merges:
            merge = heapq.heappop(self.merges)
            if self._holds(merge):
                return merge[1], merge[2]
        return None

    def merge(self, one: int, other: int) -> None:
        """Put the second into the first, and weigh the merges of both together."""
        shared, others = self.near[one].pop(other), self.near[other]
        del others[one]
        self.volume[one] += self.volume[other]
        self.leaving[one] += self.leaving[other] - 2 * shared
        for third, count in others.items():
            del self.near[third][other]
            self.near[one][third] = self.near[third][one] = self.near[one].get(third, 0) + count
        others.clear()
        self.into[other] = one
        self.age[one] += 1
        self.age[other] += 1
        near = self.near[one]
        thirds, counts = (np.fromiter(some, np.int64, len(near)) for some in (near, near.values()))
        self._weigh(np.full_like(thirds, one), thirds, counts)
        if len(self.merges) > 2 * self._edges:  # there are no more pairs than edges
            self.merges = [merge for merge in self.merges if self._holds(merge)]
            heapq.heapify(self.merges)

    def members(self) -> np.ndarray:
        """The community int64 `[N]` of every node."""
        found = self.into.copy()
        for node in range(len(found)):  # what it was merged into comes before it, and is known by then
            found[node] = found[found[node]]
        return found

    def _weigh(self, ones: np.ndarray, others: np.ndarray, shared: np.ndarray) -> None:
        """Put on the heap the merges of these pairs that save anything."""
        twice = 2 * self._edges
        apart = sum(_module(self.volume[some], self.leaving[some], twice) for some in (ones, others))
        volume, leaving = (some[ones] + some[others] for some in (self.volume, self.leaving))
        saved = apart - _module(volume, leaving - 2 * shared, twice)
        some = saved > _LEAST
        firsts, seconds = np.minimum(ones, others)[some].tolist(), np.maximum(ones, others)[some].tolist()
        for bits, first, second in zip(saved[some].tolist(), firsts, seconds, strict=True):
            heapq.heappush(self.merges, (-bits, first, second, self.age[first], self.age[second]))

    def _holds(self, merge: tuple[float, int, int, int, int]) -> bool:
        return merge[3:] == (self.age[merge[1]], self.age[merge[2]])


def _check(edges: np.ndarray, n: int) -> None:
    if edges.ndim != 2 or edges.shape[1] != 2 or edges.dtype.kind not in "iu":
        raise InputError(f"edges must be integers [E, 2], got {edges.dtype} {list(edges.shape)}")
    if edges.size and (edges.min() < 0 or edges.max() >= n):
        raise InputError(f"edges must join nodes 0..{n - 1}, got {edges.min()} to {edges.max()}")


def _module(volume: np.ndarray, leaving: np.ndarray, twice: int) -> np.ndarray:
    """What a community adds to ``2m`` times the entropy, but for a term of its nodes alone."""
    return _log(volume) - leaving * np.log2(np.where(volume > 0, volume, twice) / twice)


def _log(x: np.ndarray) -> np.ndarray:
    return x * np.log2(np.where(x > 0, x, 1.0))
