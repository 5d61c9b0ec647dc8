"""A graph in an .npz: nodes are embedded by their features, edges and labels judge."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from scipy import sparse

from counterpoint.base.content import Content, Kind
from counterpoint.base.errors import InputError
from counterpoint.data.graphs import graph_from
from counterpoint.evaluation import (
    Measure,
    cluster_agreement,
    link_mrr,
    link_prediction,
    node_classification,
    node_classification_over_splits,
    node_clustering,
    unlinked_pairs,
)
from counterpoint.experiments.judge import System
from counterpoint.experiments.protocols.task import Layout, LeftOut, Task

EDGES = 20_000
"""Edges that are judged at most; more are sampled."""
OTHER_ENDS = 100
_SPLIT = {"train": "train_idx", "test": "test_idx", "validation": "val_idx"}


@dataclass(frozen=True)
class Clusters:
    """Clusters that a run was asked for.

    Attributes:
        count: How many.
        of: The cluster `[N]` of each node by a system.
    """

    count: int
    of: Callable[[System], np.ndarray]


def is_graph(names: Collection[str]) -> bool:
    """Whether arrays of these names are edges and features of nodes."""
    return "edges" in names and ("x" in names or {"x_data", "x_indices", "x_indptr", "x_shape"} <= set(names))


def graph_layout(arrays: Mapping[str, np.ndarray], name: str) -> Layout:
    """Link prediction on held-out edges, and classification and clustering of the nodes that have a label.

    Edges in ``test_edges`` were held out. Without any all edges count as held out: that is so for a model that embeds
    nodes by their features alone, as runs do. Loops and repeated edges are left out, and counted in the description.

    Raises:
        InputError: Edges of nodes that do not exist or that are in both lists, or labels and features of different
            length.
    """
    x = _features(arrays)
    content = torch.from_numpy(x)
    labels = arrays.get("y")
    if labels is not None and len(labels) != len(x):
        raise InputError(f"{name}: y has {len(labels)} labels for {len(x)} nodes")
    parts = [arrays[key] for key in ("edges", "test_edges") if key in arrays]
    graph = graph_from(np.concatenate(parts), x)
    held = graph_from(parts[-1], x).edges
    shared = sum(len(graph_from(part, x).edges) for part in parts) - len(graph.edges)
    if shared:
        raise InputError(f"{name}: test_edges and edges share {shared} edges; what is held out must not be in both")
    told = "".join(f" {note}." for note in graph.notes)
    described = (
        f"{name}: a graph of {len(x):,} nodes with {x.shape[1]:,} features and {len(graph.edges):,} edges, "
        f"{len(held):,} of which count as held out.{told}"
    )
    given = {"train_idx", "test_idx"} <= arrays.keys()
    split = {name: arrays[key] for name, key in _SPLIT.items() if key in arrays} if given else None

    def unlinked(count: int) -> np.ndarray:
        return unlinked_pairs(graph.edges, len(x), count)

    return Layout(described, Kind.VECTOR, content, graph_tasks(content, unlinked, held, labels, split=split))


def graph_tasks(
    content: Content,
    unlinked: Callable[[int], np.ndarray],
    held: np.ndarray,
    labels: np.ndarray | None,
    *,
    split: Mapping[str, np.ndarray] | None = None,
    clusters: Clusters | None = None,
) -> tuple[Task | LeftOut, ...]:
    """What can be judged of the nodes of a graph.

    Args:
        content: What a system embeds: all N nodes.
        unlinked: Draws so many pairs int64 `[count, 2]` without an edge.
        held: int64 `[Q, 2]`, edges that no system has seen.
        labels: int64 `[N]`, -1 for none; None where no node has one.
        split: Nodes to learn classes from, ``train``, to judge them on, ``test``, and to choose the probe's penalty on,
            ``validation`` if there are any; random splits are judged in any case.
        clusters: How they are found of a system's nodes; None for k-means with as many clusters as classes.
    """
    links: Task | LeftOut = LeftOut("links", "fewer than two edges were held out")
    if len(held) > 1:
        links = Task("links", lambda system: _links(system.encode(content), held, unlinked))
    if labels is None or not (labels >= 0).any():
        missing = "no labels of nodes"
        return links, LeftOut("nodes", missing), LeftOut("node-clusters", missing)
    known = np.flatnonzero(labels >= 0)
    return (
        links,
        Task("nodes", lambda system: _nodes(system.encode(content), labels, known, split)),
        Task("node-clusters", lambda system: _clustered(system, content, labels, known, clusters)),
    )


def _features(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    if "x" in arrays:
        return arrays["x"].astype(np.float32)
    parts = (arrays["x_data"].astype(np.float32), arrays["x_indices"], arrays["x_indptr"])
    return sparse.csr_array(parts, shape=tuple(int(one) for one in arrays["x_shape"])).toarray()


def judged_pairs(
    held: np.ndarray, unlinked: Callable[[int], np.ndarray], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Edges that are judged, 20,000 of those held out at most, and as many pairs without an edge; each int64 `[P, 2]`.

    Args:
        held: int64 `[Q, 2]`.
        unlinked: Draws so many pairs without an edge.
        rng: Chooses among more.
    """
    some = held if len(held) <= EDGES else held[rng.choice(len(held), EDGES, replace=False)]
    return some, unlinked(len(some))


def _links(embeddings: np.ndarray, held: np.ndarray, unlinked: Callable[[int], np.ndarray]) -> list[Measure]:
    n, rng = len(embeddings), np.random.default_rng(0)
    some, others = judged_pairs(held, unlinked, rng)
    ends = rng.integers(n, size=(len(some), OTHER_ENDS))
    return [*link_prediction(embeddings, some, others), link_mrr(embeddings, some, ends)]


def _nodes(
    embeddings: np.ndarray, labels: np.ndarray, known: np.ndarray, split: Mapping[str, np.ndarray] | None
) -> list[Measure]:
    found: list[Measure] = []
    if split is not None:
        train, test, unseen = split["train"], split["test"], split.get("validation")
        found = node_classification(embeddings, labels, train, test, validation=unseen)
    return [*found, node_classification_over_splits(embeddings[known], labels[known])]


def _clustered(
    system: System,
    content: Content,
    labels: np.ndarray,
    known: np.ndarray,
    clusters: Clusters | None,
) -> list[Measure]:
    if clusters is None:
        return node_clustering(system.encode(content)[known], labels[known])
    return cluster_agreement(labels[known], clusters.of(system)[known], clusters=clusters.count)
