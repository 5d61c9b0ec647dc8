"""Link prediction with edges that training did not see: an encoder and a head that scores pairs."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from counterpoint.data.graph_matrices import graph_tensors
from counterpoint.data.graphs import Graph, LinkSplit
from counterpoint.encoders.graph import GraphEncoder
from counterpoint.encoders.link_heads import CommonNeighbours, NeuralCommonNeighbour
from counterpoint.evaluation import unlinked_pairs
from counterpoint.views.graph import drop_features


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
        input_dropout: Share of the features left out at every step.
        depth: k of the Hits@k that chooses the epoch; no more than a fraction of the validation edges.
    """

    epochs: int = 20
    batch: int = 512
    hidden: int = 128
    dim: int = 64
    learning_rate: float = 5e-3
    dropout: float = 0.3
    input_dropout: float = 0.0
    depth: int = 100


def link_scores(
    split: LinkSplit, loop: LinkLoop, *, use_common: bool, complete: bool, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """:func:`head_scores` of a :class:`NeuralCommonNeighbour`.

    Args:
        split: Edges to learn from, to choose the epoch on and to judge on.
        loop: The settings.
        use_common: Whether the head looks at common neighbours.
        complete: Whether it completes them.
        seed: Decides weights, batches and pairs.
    """
    head = partial(NeuralCommonNeighbour, use_common=use_common, complete=complete)
    return head_scores(split, loop, head, seed=seed)


def head_scores(
    split: LinkSplit, loop: LinkLoop, head: Callable[[int], nn.Module], *, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Logits of the test edges `[Q]` and of as many pairs without an edge, after the epoch best in validation.

    At every step the edges of the batch are taken out of the graph, for the encoder and for the head, so that none
    explains itself. The epoch is chosen by :func:`hits` of the validation edges, the first of equals. Torch's global
    random state is left as it was found.

    Args:
        split: Edges to learn from, to choose the epoch on and to judge on.
        loop: The settings.
        head: From D to what scores pairs, by vectors of nodes `[N, D]`, pairs and :class:`CommonNeighbours`.
        seed: Decides weights, batches and pairs.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = _LinkModel(split.train, loop, head)
        best, kept, pairs = -1.0, copy.deepcopy(model.state_dict()), _judged(split, split.validation, seed + 1)
        for _ in _epochs(model, split.train, loop, np.random.default_rng(seed)):
            found = hits(*(model.logits(some) for some in pairs), k=loop.depth)
            if found > best:
                best, kept = found, copy.deepcopy(model.state_dict())
    model.load_state_dict(kept)
    edges, others = (model.logits(pairs) for pairs in _judged(split, split.test, seed))
    return edges, others


def hits(edges: np.ndarray, others: np.ndarray, *, k: int) -> float:
    """Hits@k: share of the edges that score above the k-th best pair without one, or the worst of fewer than k."""
    return float((edges > np.sort(others)[::-1][min(k, len(others)) - 1]).mean())


class _LinkModel(nn.Module):
    """An encoder of a graph and a head for its pairs."""

    def __init__(self, graph: Graph, loop: LinkLoop, head: Callable[[int], nn.Module]) -> None:
        super().__init__()
        self.x, self.edges, self.common = graph_tensors(graph)[0], graph.edges, CommonNeighbours(graph.adjacency)
        self.encoder = GraphEncoder((self.x.shape[1], loop.hidden, loop.dim), dropout=loop.dropout)
        self.head = head(loop.dim)

    def without(self, rows: np.ndarray, pairs: np.ndarray, share: float, generator: torch.Generator) -> Tensor:
        """Logits of pairs while some edges, and a share of the features, are hidden."""
        h = self.encoder(drop_features(self.x, share, generator), _both_ways(np.delete(self.edges, rows, axis=0)))
        return self.head(h, pairs, self.common.without(self.edges[rows]))

    @torch.no_grad()
    def logits(self, pairs: np.ndarray) -> np.ndarray:
        """Of pairs that are no edges here, in the whole graph."""
        self.eval()
        return self.head(self.encoder(self.x, _both_ways(self.edges)), pairs, self.common).numpy()


def _epochs(model: _LinkModel, graph: Graph, loop: LinkLoop, rng: np.random.Generator) -> Iterator[int]:
    """Train, and stop after every pass over the edges."""
    optimiser = torch.optim.Adam(model.parameters(), lr=loop.learning_rate)
    generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
    for epoch in range(loop.epochs):
        model.train()
        order = rng.permutation(len(graph.edges))
        for rows in np.array_split(order, -(-len(order) // loop.batch)):
            pairs = np.concatenate([graph.edges[rows], rng.integers(len(graph), size=(len(rows), 2))])
            optimiser.zero_grad()
            logits = model.without(rows, pairs, loop.input_dropout, generator)
            wanted = (torch.arange(len(pairs)) < len(rows)).float()
            binary_cross_entropy_with_logits(logits, wanted).backward()
            optimiser.step()
        yield epoch


def _judged(split: LinkSplit, edges: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Edges, and as many pairs that are an edge of no part."""
    return edges, unlinked_pairs(split.all_edges, len(split.train), len(edges), seed=seed)


def _both_ways(edges: np.ndarray) -> Tensor:
    return torch.from_numpy(np.concatenate([edges, edges[:, ::-1]]).T.copy())
