"""Which nodes of a graph do not fit: a score of each, and how well it tells those that are known."""

from functools import partial

import numpy as np
import torch

from counterpoint.evaluation import Measure, detection
from counterpoint.experiments.graph_job.opened import OpenedGraph
from counterpoint.experiments.graph_job.recipe import Anomalies
from counterpoint.experiments.judge import System
from counterpoint.experiments.node_affinity import learnt_affinity, unlike_neighbours
from counterpoint.experiments.protocols.task import LeftOut, Task
from counterpoint.methods.cluster_affinity import ClusterAffinity

TOLD = 10
"""Nodes that are listed, the oddest first."""


def anomaly_scores(opened: OpenedGraph, settings: Anomalies, *, seed: int) -> np.ndarray:
    """Float32 `[N]`, higher for a node that fits less: CARE's negative affinity to neighbours and clusters.

    It is learnt from all edges, held-out ones among them: what it says of a node is no vector that they are judged by.
    Features are those of the file, as a dense matrix, and FastRP's vectors where there are none.

    Args:
        opened: The graph.
        settings: Of the learning.
        seed: Of weights and of the edges that messages do not pass.
    """
    rows = opened.drawn if opened.features is None else opened.features.toarray()
    x, one_way = torch.from_numpy(rows).float(), torch.from_numpy(opened.split.all_edges.T.copy())
    build = partial(ClusterAffinity, x.shape[1], clusters=settings.clusters)
    return -learnt_affinity(build, x, [torch.cat([one_way, one_way.flip(0)], 1)], steps=settings.steps, seed=seed)


def oddest(names: list[str], scores: np.ndarray, count: int = TOLD) -> list[tuple[str, float]]:
    """Names and scores of the nodes that fit least, the oddest first."""
    return [(names[row], float(scores[row])) for row in np.argsort(-scores, kind="stable")[:count]]


def anomaly_task(opened: OpenedGraph, scores: np.ndarray) -> Task | LeftOut:
    """AUROC, average precision and false positives at 95 % recall, where a file says which nodes are anomalies.

    The trained system is judged by the scores, others by how little a node's row is like those of its neighbours.

    Args:
        opened: The graph.
        scores: `[N]` of the run.
    """
    if opened.odd is None:
        return LeftOut("anomalies", "no column of the nodes says which are anomalies")
    odd = opened.odd
    if min((odd == 1).sum(), (odd == 0).sum()) < 2:
        return LeftOut("anomalies", "fewer than two nodes are anomalies, or fewer than two are none")

    def judged(system: System) -> list[Measure]:
        found = (
            scores
            if system.is_model
            else unlike_neighbours(np.asarray(system.encode(opened.names)), opened.split.all_edges)
        )
        return detection(found[odd == 1], found[odd == 0], prefix="anomaly_")

    return Task("anomalies", judged)
