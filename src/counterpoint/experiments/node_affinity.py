"""Affinity of nodes to their neighbours and clusters, as CARE learns it: those with little of it do not fit."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from counterpoint.evaluation import cosine
from counterpoint.experiments.descend import descend
from counterpoint.methods.cluster_affinity import ClusterAffinity
from counterpoint.views.far_neighbours import without_far_neighbours

ROUNDS = 2
"""Networks whose affinities are averaged; each passes messages over fewer edges than the one before."""


def learnt_affinity(
    build: Callable[[], ClusterAffinity], x: Tensor, whole: list[Tensor], *, steps: int, seed: int
) -> np.ndarray:
    """Affinity `[N]` of every node, the mean of :data:`ROUNDS` networks; torch's random state is left alone.

    Args:
        build: Draws a network.
        x: Features `[N, F]`.
        whole: Graphs, int64 `[2, 2E]` each.
        steps: Of every network.
        seed: Of weights and of the edges that go.
    """
    generator, views, found = torch.Generator().manual_seed(seed), whole, list[Tensor]()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for _ in range(ROUNDS):
            views = [without_far_neighbours(edges, x, generator) for edges in views]
            model = build()

            def step(_: int, model: ClusterAffinity = model, views: list[Tensor] = views) -> Tensor:
                return model(x, views, whole)[0]

            descend(model, step, steps=steps, learning_rate=1e-2)
            with torch.no_grad():
                found.append(model(x, views, whole)[1])
    return torch.stack(found).mean(0).numpy()


def unlike_neighbours(rows_NF: np.ndarray, edges_E2: np.ndarray) -> np.ndarray:
    """What needs no learning: 1 less the mean cosine of a node's row to those of its neighbours, float64 `[N]`.

    Args:
        rows_NF: Features or other vectors of nodes.
        edges_E2: int64, each edge once; a node without one gets 1.
    """
    sums, counts = np.zeros(len(rows_NF)), np.zeros(len(rows_NF))
    alike = cosine.paired(rows_NF[edges_E2[:, 0]], rows_NF[edges_E2[:, 1]])
    for end in edges_E2.T:
        np.add.at(sums, end, alike)
        np.add.at(counts, end, 1)
    return 1 - sums / np.maximum(counts, 1)
