"""Contrast between the coarse and the fine view of nodes that meta-paths join."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from counterpoint.base.sparse import shape_of, sparse_tensor
from counterpoint.data.sets.heterogeneous import HeteroGraph
from counterpoint.encoders.meta_paths import MetaPathEncoder
from counterpoint.experiments.node_contrast import NodeLoop, NodeLoss, learning_with, projection
from counterpoint.experiments.watched import descend_watched

Watch = Callable[[int, float, MetaPathEncoder], bool]
"""Told of the number of a step, from 1 on, its loss and the encoder after it; True ends training."""
_NO_EDGES = torch.zeros(2, 0, dtype=torch.int64)


def train_meta_paths(
    graph: HeteroGraph, loss: NodeLoss, loop: NodeLoop, *, seed: int, watch: Watch | None = None
) -> MetaPathEncoder:
    """The encoder after the last step; torch's global random state is left as it was found.

    Every step encodes all nodes; those of a batch are contrasted, each as who it is joined with against what joins
    them. This is MEOW (arXiv:2212.13847) with even weights, without its contrast with prototypes, and with features
    left out of both views.

    Args:
        graph: Whose target nodes are embedded.
        loss: Of the projections of both views, coarse first; where it is a module, its parameters learn too.
        loop: The settings; the encoder is that of meta-paths, and the views, coarse first, can drop features but no
            edges.
        seed: Decides weights, views and which nodes a step contrasts.
        watch: Told of every step.
    """
    x, generator = sparse_tensor(graph.features), torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = MetaPathEncoder(shape_of(graph.features)[1], graph.links, dim=loop.dim)
        head = projection(loop)

        def step(number: int) -> Tensor:
            first, second = (view(x, _NO_EDGES, generator)[0] for view in loop.views)
            rows = _drawn(len(graph), loop.batch, generator)
            return loss(head(encoder.coarse(first)[rows]), head(encoder.fine(second)[rows]), number)

        descend_watched(
            learning_with(loss, encoder, head), step, steps=loop.steps, learning_rate=loop.learning_rate,
            decay=loop.decay, told=None if watch is None else lambda step, loss: watch(step, loss, encoder),
        )  # fmt: skip
    return encoder


def fine_rows(encoder: MetaPathEncoder, graph: HeteroGraph) -> np.ndarray:
    """The embeddings `[N, D]` of the target nodes."""
    with torch.no_grad():
        return encoder.fine(sparse_tensor(graph.features)).numpy()


def _drawn(nodes: int, batch: int | None, generator: torch.Generator) -> slice | Tensor:
    whole = batch is None or batch >= nodes
    return slice(None) if whole else torch.randperm(nodes, generator=generator)[:batch]
