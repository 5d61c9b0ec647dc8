"""Link prediction with edges that training did not see: an encoder and a head that scores pairs."""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from counterpoint.data.graph_matrices import graph_tensors
from counterpoint.data.graphs import LinkSplit
from counterpoint.encoders.graph import GraphEncoder
from counterpoint.encoders.link_heads import CommonNeighbours, NeuralCommonNeighbour
from counterpoint.evaluation import unlinked_pairs


@dataclass(frozen=True, kw_only=True)
class LinkLoop:
    """How an encoder and a head learn links.

    Attributes:
        epochs: Passes over the training edges.
        batch: Edges a step, with as many pairs without one.
        hidden: Width of the encoder's first layer.
        dim: D.
        learning_rate: Of Adam.
        dropout: Between the encoder's layers.
    """

    epochs: int = 20
    batch: int = 512
    hidden: int = 128
    dim: int = 64
    learning_rate: float = 5e-3
    dropout: float = 0.3


def link_scores(
    split: LinkSplit, loop: LinkLoop, *, use_common: bool, complete: bool, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Logits of the test edges `[Q]` and of as many pairs without an edge; settings are not chosen here.

    At every step the edges of the batch are taken out of the graph, for the encoder and for the head, so that none
    explains itself. Torch's global random state is left as it was found.

    Args:
        split: Edges to learn from and to judge on.
        loop: The settings.
        use_common: Whether the head looks at common neighbours.
        complete: Whether it completes them.
        seed: Decides weights, batches and pairs.
    """
    train, n = split.train, len(split.train)
    x, _ = graph_tensors(train)
    rng = np.random.default_rng(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = GraphEncoder((x.shape[1], loop.hidden, loop.dim), dropout=loop.dropout)
        head = NeuralCommonNeighbour(loop.dim, use_common=use_common, complete=complete)
        optimiser = torch.optim.Adam([*encoder.parameters(), *head.parameters()], lr=loop.learning_rate)
        whole = CommonNeighbours(train.adjacency)
        for _ in range(loop.epochs):
            order = rng.permutation(len(train.edges))
            for rows in np.array_split(order, -(-len(order) // loop.batch)):
                edges = train.edges[rows]
                pairs = np.concatenate([edges, rng.integers(n, size=edges.shape)])
                rest = _both_ways(np.delete(train.edges, rows, axis=0))
                optimiser.zero_grad()
                logits = head(encoder(x, rest), pairs, whole.without(edges))
                wanted = (torch.arange(len(pairs)) < len(edges)).float()
                binary_cross_entropy_with_logits(logits, wanted).backward()
                optimiser.step()
        others = unlinked_pairs(split.all_edges, n, len(split.test), seed=seed)
        with torch.no_grad():
            h = encoder.eval()(x, _both_ways(train.edges))
            found = [head.eval()(h, pairs, whole).numpy() for pairs in (split.test, others)]
    return found[0], found[1]


def _both_ways(edges: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.concatenate([edges, edges[:, ::-1]]).T.copy())
