"""Collections of small graphs with a class each: molecules, proteins, collaborations."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.sets.place import must_be_placed


class Collection(StrEnum):
    """Sets of the TU collection."""

    MUTAG = "MUTAG"
    PTC = "PTC"
    PROTEINS = "PROTEINS"
    NCI1 = "NCI1"
    ENZYMES = "ENZYMES"
    IMDB_BINARY = "IMDBBINARY"
    IMDB_MULTI = "IMDBMULTI"


@dataclass(frozen=True, kw_only=True, eq=False)
class GraphCollection:
    """G graphs as one with N nodes that falls apart.

    Attributes:
        starts: int64 `[G + 1]`, where the nodes of each graph start, and N.
        edges: int64 `[E, 2]` between numbers of nodes, each edge once.
        node_labels: int64 `[N]`, 0 where there are none.
        labels: int64 `[G]`.
    """

    starts: np.ndarray
    edges: np.ndarray
    node_labels: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        """G."""
        return len(self.labels)

    @property
    def owner(self) -> np.ndarray:
        """The graph int64 `[N]` of each node."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def first(self, count: int) -> "GraphCollection":
        """The first graphs of every class, ``count`` in all, in their order."""
        shares = [np.flatnonzero(self.labels == one) for one in np.unique(self.labels)]
        return self.take(np.sort(np.concatenate([one[: -(-count // len(shares))] for one in shares]))[:count])

    def take(self, graphs: np.ndarray) -> "GraphCollection":
        """Some of the graphs, int `[H]`, rising."""
        sizes = np.diff(self.starts)
        kept = np.isin(self.owner, graphs)
        number = np.cumsum(kept) - 1
        return GraphCollection(
            starts=np.concatenate([[0], np.cumsum(sizes[graphs])]),
            edges=number[self.edges[kept[self.edges[:, 0]]]],
            node_labels=self.node_labels[kept],
            labels=self.labels[graphs],
        )

    def features(self, *, most: int = 32) -> np.ndarray:
        """Float32 `[N, F]`: labels of nodes one-hot; degrees, at most ``most``, where all nodes have one label."""
        kind = self.node_labels
        if len(np.unique(kind)) < 2:
            kind = np.bincount(self.edges.ravel(), minlength=self.starts[-1]).clip(max=most)
        names, place = np.unique(kind, return_inverse=True)
        return np.eye(len(names), dtype=np.float32)[place]


def graph_collection(name: Collection) -> GraphCollection:
    """One of the sets; there is no split, 10-fold cross-validation is the custom.

    Morris, Kriege, Bause, Kersting, Mutzel and Neumann (2020), "TUDataset", arXiv:2007.08663. There is no download: it
    must be placed in ``COUNTERPOINT_DATA/graph_classification``.

    Raises:
        InputError: It is not there, or edges lead from one graph to another.
    """
    file = f"{name}.npz"
    with np.load(must_be_placed("graph_classification", [file]) / file, allow_pickle=False) as held:
        found = GraphCollection(
            starts=held["graph_indptr"].astype(np.int64),
            edges=held["edges"].astype(np.int64),
            node_labels=held["node_label"].astype(np.int64),
            labels=held["y"].astype(np.int64),
        )
    ends = found.owner[found.edges]
    if (ends[:, 0] != ends[:, 1]).any():
        raise InputError(f"{name}: {int((ends[:, 0] != ends[:, 1]).sum())} edges lead from one graph to another")
    return found
