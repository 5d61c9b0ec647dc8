"""What a run knows of the nodes that it learns vectors of, whether their graph has one type of node or several."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from counterpoint.data.graphs import Graph, LinkSplit
from counterpoint.data.joined_nodes import JoinedNodes
from counterpoint.data.sets.heterogeneous import HeteroGraph
from counterpoint.data.typed_graphs import TypedGraph
from counterpoint.evaluation import unlinked_pairs
from counterpoint.experiments.graph_job.recipe import MetaPaths


@dataclass(frozen=True, kw_only=True, eq=False)
class OpenedNodes(ABC):
    """Nodes with what is known of them, and pairs that were held out.

    Attributes:
        names: Of the N nodes.
        labels: int64 `[N]`, -1 for none; None where no file has any.
        classes: What the labels stand for; empty without labels.
        features: What a file says of nodes, sparse `[N, F]`; None without one. The training graph has them with
            ``drawn`` beside them: where they say little, layers over them alone find less than there is in the edges.
        drawn: FastRP's vectors of the training edges, `[N, 64]`.
        degrees: int64 `[N]`, training edges of each node.
        learnt: How many edges there are to learn from.
        validation: Pairs int64 `[P, 2]` to choose by.
        test: Pairs int64 `[Q, 2]` to judge by.
        told: What was found, to be told to the user.
        odd: int64 `[N]`, 1 for an anomaly, 0 for none, -1 where nobody says; None where no file says anything.
    """

    names: list[str]
    labels: np.ndarray | None
    classes: list[str]
    features: sparse.csr_array | None
    drawn: np.ndarray
    degrees: np.ndarray
    learnt: int
    validation: np.ndarray
    test: np.ndarray
    told: str
    odd: np.ndarray | None = None

    @property
    def judged(self) -> bool:
        """There is something to judge by."""
        return len(self.test) > 1 or bool(self.classes) or self.odd is not None

    @property
    @abstractmethod
    def train(self) -> Graph | HeteroGraph:
        """What is learnt from."""

    @abstractmethod
    def unlinked(self, held: np.ndarray, count: int, *, seed: int = 0) -> np.ndarray:
        """Pairs int64 `[count, 2]` that neither an edge nor ``held`` joins; a crowded graph may have fewer.

        Raises:
            InputError: There are too few.
        """


@dataclass(frozen=True, kw_only=True, eq=False)
class OpenedGraph(OpenedNodes):
    """A graph of one type of node.

    Attributes:
        split: To learn from, to choose by and to judge by; the training graph has features and labels.
    """

    split: LinkSplit

    @property
    def train(self) -> Graph:
        """The graph of the training edges."""
        return self.split.train

    def unlinked(self, held: np.ndarray, count: int, *, seed: int = 0) -> np.ndarray:
        """As everywhere."""
        return unlinked_pairs(np.concatenate([self.split.all_edges, held]), len(self.names), count, seed=seed)


@dataclass(frozen=True, kw_only=True, eq=False)
class OpenedTypes(OpenedNodes):
    """The nodes of one type in a graph of several.

    Attributes:
        nodes: The file of all nodes.
        meta_paths: Which of them are learnt, and by what.
        around: What is learnt from: the nodes with their meta-paths over the training edges.
        whole: The graph with all edges.
        split: The same without what was held out.
        joined: By any edge.
    """

    nodes: str
    meta_paths: MetaPaths
    around: HeteroGraph
    whole: TypedGraph
    split: TypedGraph
    joined: JoinedNodes

    @property
    def train(self) -> HeteroGraph:
        """The nodes and their meta-paths."""
        return self.around

    def unlinked(self, held: np.ndarray, count: int, *, seed: int = 0) -> np.ndarray:
        """Pairs that no meta-path joins either."""
        return self.joined.others(held, count, seed=seed)
