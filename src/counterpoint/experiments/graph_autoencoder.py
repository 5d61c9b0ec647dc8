"""The graph autoencoder, the plain baseline of much work on nodes: embeddings whose products tell edges from pairs."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from counterpoint.data.graph_matrices import graph_tensors
from counterpoint.data.graphs import Graph
from counterpoint.encoders.graph import GraphEncoder, Layer


def learn_autoencoder(
    graph: Graph,
    *,
    widths: tuple[int, ...],
    steps: int,
    seed: int,
    layer: Layer = Layer.GCN,
    learning_rate: float = 1e-2,
) -> np.ndarray:
    """Embeddings `[N, D]` after all steps; torch's global random state is left as it was found.

    Formula: ``-log sigmoid(<z_i, z_j>)`` over edges and ``-log sigmoid(-<z_i, z_j>)`` over as many pairs drawn evenly.
    Kipf and Welling (2016), "Variational Graph Auto-Encoders", arXiv:1611.07308, the plain form.

    Args:
        graph: Whose nodes are embedded.
        widths: Of the encoder's layers, D last.
        steps: Of Adam, each on the whole graph.
        seed: Decides weights and pairs.
        layer: Kind of the encoder's layers.
        learning_rate: Of Adam.
    """
    x, edges = graph_tensors(graph)
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = GraphEncoder((x.shape[1], *widths), layer=layer)
        optimiser = torch.optim.Adam(encoder.parameters(), lr=learning_rate)
        for _ in range(steps):
            optimiser.zero_grad()
            link_loss(encoder(x, edges), edges[:, : len(graph.edges)], generator).backward()
            optimiser.step()
        with torch.no_grad():
            return encoder.eval()(x, edges).numpy()


def link_loss(z_ND: Tensor, edges_2E: Tensor, generator: torch.Generator) -> Tensor:
    """Cross-entropy of inner products, edges against pairs drawn evenly (among them an edge now and then)."""
    others = torch.randint(len(z_ND), edges_2E.shape, generator=generator)
    scores = torch.cat([(z_ND[one[0]] * z_ND[one[1]]).sum(1) for one in (edges_2E, others)])
    linked = torch.arange(len(scores)) < edges_2E.shape[1]
    return binary_cross_entropy_with_logits(scores, linked.to(scores.dtype))


def learn_features(
    x_NF: Tensor, encoder: nn.Module, decoder: nn.Module, *, epochs: int, generator: torch.Generator
) -> None:
    """Train an autoencoder of rows in place: squared error of a row, batches of 256, Adam at 0.001.

    Args:
        x_NF: Dense features.
        encoder: To `[N, D]`.
        decoder: Back to `[N, F]`.
        epochs: Passes.
        generator: Of the order.
    """
    optimiser = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-3)
    for _ in range(epochs):
        for rows in torch.randperm(len(x_NF), generator=generator).split(256):
            optimiser.zero_grad()
            (decoder(encoder(x_NF[rows])) - x_NF[rows]).square().sum(1).mean().backward()
            optimiser.step()
