"""Hidden features of nodes rebuilt from what is around them: the trial of masked graph autoencoders."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from counterpoint.base.sparse import shape_of
from counterpoint.data.graph_matrices import graph_tensors
from counterpoint.data.graphs import Graph
from counterpoint.experiments.node_contrast import NodeLoop, part_of
from counterpoint.experiments.watched import descend_watched
from counterpoint.methods.masked_graph import MaskedGraphAutoencoder, Masking

Watch = Callable[[int, float, MaskedGraphAutoencoder], bool]
"""Told of the number of a step, from 1 on, its loss and the model after it; True ends training."""


def learn_masked(graph: Graph, masking: Masking, loop: NodeLoop, *, seed: int) -> np.ndarray:
    """Embeddings `[N, D]` of :func:`train_masked`'s encoder, with nothing hidden."""
    return unmasked(train_masked(graph, masking, loop, seed=seed), graph)


def unmasked(model: MaskedGraphAutoencoder, graph: Graph) -> np.ndarray:
    """`[N, D]` in evaluation mode."""
    with torch.no_grad():
        return model.eval().embed(*graph_tensors(graph)).numpy()


def train_masked(
    graph: Graph, masking: Masking, loop: NodeLoop, *, seed: int, watch: Watch | None = None
) -> MaskedGraphAutoencoder:
    """The model after the last step; torch's global random state is left as it was found.

    Where a step has a batch, the share is hidden of those nodes alone.

    Args:
        graph: Whose nodes are embedded.
        masking: What is hidden, and how it is judged.
        loop: Encoder and length; views and projection are not read.
        seed: Decides weights, batches and who is hidden.
        watch: Told of every step; the model is in training mode.
    """
    generator = torch.Generator().manual_seed(seed)
    part = part_of(graph, loop, generator, seed=seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        features = shape_of(graph.features)[1]
        model = MaskedGraphAutoencoder(features, hidden=loop.hidden, dim=loop.dim, layer=loop.layer)

        def step(_: int) -> Tensor:
            x, edges, among = part()
            return model(x, edges, masking, generator, among)

        descend_watched(
            model, step, steps=loop.steps, learning_rate=loop.learning_rate, decay=loop.decay,
            told=None if watch is None else lambda step, loss: watch(step, loss, model),
        )  # fmt: skip
    return model
