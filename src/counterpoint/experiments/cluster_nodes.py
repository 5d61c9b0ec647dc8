"""Clusters of a graph's nodes by a perceptron that meets the edges in its loss alone: what SCGC and PamC share."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn

from counterpoint.base.numerics import unit_rows
from counterpoint.data.graph_matrices import graph_tensors
from counterpoint.data.graphs import Graph
from counterpoint.evaluation.bootstrap import Bootstrap
from counterpoint.evaluation.clustering import kmeans_assignment
from counterpoint.evaluation.nodes import cluster_agreement
from counterpoint.experiments.graph_autoencoder import learn_features
from counterpoint.experiments.watched import descend_watched
from counterpoint.objectives import DEC, PamC

Contrast = Callable[[Tensor, Tensor], Tensor]
"""From embeddings `[N, D]` and the cluster int64 `[N]` of each node to a scalar."""
_PAMC = PamC()


@dataclass(frozen=True, kw_only=True)
class ClusterLoop:
    """How a perceptron learns clusters; weights and rate are those that SCGC's code has for ACM and DBLP.

    Attributes:
        widths: Of the encoder's layers, D last; the decoder mirrors them.
        pretraining: Epochs of the autoencoder before clustering.
        steps: Of Adam, each on all nodes.
        contrast: Weight of the contrast.
        self_training: Weight of DEC's divergence.
        reconstruction: Weight of the squared error of the decoder; 0 in SCGC*.
        learning_rate: Of Adam.
    """

    widths: tuple[int, ...] = (256, 256, 10)
    pretraining: int = 30
    steps: int = 100
    contrast: float = 1.0
    self_training: float = 0.1
    reconstruction: float = 0.0
    learning_rate: float = 1e-3


@dataclass(frozen=True, kw_only=True, eq=False)
class Clusterer:
    """What was learnt: it asks for features alone.

    Attributes:
        encoder: From features `[N, F]` to `[N, D]`.
        centres: Of the clusters, `[K, D]`.
    """

    encoder: nn.Module
    centres: Tensor

    def __call__(self, x_NF: Tensor) -> tuple[np.ndarray, np.ndarray]:
        """Embeddings of unit length `[N, D]` of dense features, and the nearest cluster `[N]` of each."""
        with torch.no_grad():
            z = unit_rows(self.encoder(x_NF))
            return z.numpy(), _nearest(z, self.centres).numpy()


Watch = Callable[[int, float, Clusterer], bool]
"""Told of the number of a step, from 1 on, its loss and what is learnt after it; True ends training."""


def learn_clusters(
    graph: Graph, contrast: Contrast, loop: ClusterLoop, *, clusters: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings `[N, D]` and clusters `[N]` of the nodes by :func:`learn_clusterer`, whose arguments it has."""
    found = learn_clusterer(graph, contrast, loop, clusters=clusters, seed=seed)
    return found(graph_tensors(graph)[0].to_dense())


def learn_clusterer(
    graph: Graph, contrast: Contrast, loop: ClusterLoop, *, clusters: int, seed: int, watch: Watch | None = None
) -> Clusterer:
    """Encoder and centres after all steps; torch's global random state is left as it was found.

    Embeddings have unit length. Centres start at k-means of the pretrained ones, and a node belongs to the nearest.

    Args:
        graph: The encoder sees its features; its edges are the business of the contrast.
        contrast: Of embeddings and present clusters.
        loop: The settings.
        clusters: How many.
        seed: Decides weights, order and starts.
        watch: Told of every step.
    """
    x = graph_tensors(graph)[0].to_dense()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        widths = (x.shape[1], *loop.widths)
        encoder, decoder = _perceptron(widths), _perceptron(widths[::-1])
        learn_features(x, encoder, decoder, epochs=loop.pretraining, generator=torch.Generator().manual_seed(seed))
        centres = nn.Parameter(_starts(encoder, x, clusters, seed))
        learners = nn.ModuleList([encoder, decoder] if loop.reconstruction else [encoder])
        learners.append(nn.ParameterList([centres]))
        found = Clusterer(encoder=encoder, centres=centres.detach())

        def step(_: int) -> Tensor:
            z = unit_rows(encoder(x))
            loss = loop.contrast * contrast(z, _nearest(z, centres)) + loop.self_training * DEC()(z, centres)
            return loss + loop.reconstruction * (decoder(z) - x).square().mean() if loop.reconstruction else loss

        descend_watched(
            learners, step, steps=loop.steps, learning_rate=loop.learning_rate,
            told=None if watch is None else lambda step, loss: watch(step, loss, found),
        )  # fmt: skip
    return found


def meta_node_contrast(graph: Graph, *, seed: int, objective: PamC = _PAMC) -> Contrast:
    """PamC of every node, with neighbours drawn anew at every step.

    Args:
        graph: Whose edges attract.
        seed: Of the draw.
        objective: The loss.
    """
    neighbours = drawn_neighbours(graph, seed=seed)

    def contrast(z: Tensor, clusters: Tensor) -> Tensor:
        return objective(torch.cat([z[:, None], z[neighbours()]], dim=1), labels=clusters)

    return contrast


def drawn_neighbours(graph: Graph, *, seed: int, count: int = 4) -> Callable[[], Tensor]:
    """Draws neighbours int64 `[N, count]`; a node without an edge is its own, which pulls at nothing."""
    around = sparse.csr_array(graph.adjacency + sparse.eye_array(len(graph)))
    starts, sizes = around.indptr[:-1], np.diff(around.indptr)
    rng = np.random.default_rng(seed)

    def draw() -> Tensor:
        drawn = (rng.random((count, len(sizes))) * sizes).astype(np.int64)
        return torch.from_numpy(around.indices[starts + drawn].astype(np.int64)).T

    return draw


def judged_clusters(assigned: np.ndarray, graph: Graph) -> dict[str, float]:
    """ACC, NMI, ARI and macro F1 of clusters `[N]`, no more than classes, against the graph's labels."""
    assert graph.labels is not None  # graphs of papers have labels
    return {one.name: one.value for one in cluster_agreement(graph.labels, assigned, bootstrap=Bootstrap(resamples=10))}


def _starts(encoder: nn.Module, x_NF: Tensor, clusters: int, seed: int) -> Tensor:
    with torch.no_grad():
        z_ND = unit_rows(encoder(x_NF))
    assigned = torch.from_numpy(kmeans_assignment(z_ND.numpy(), clusters, n_init=20, seed=seed))
    return torch.stack([z_ND[assigned == k].mean(0) for k in range(clusters)])


def _nearest(z_ND: Tensor, centres_KD: Tensor) -> Tensor:
    with torch.no_grad():
        return torch.cdist(z_ND, centres_KD).argmin(1)


def _perceptron(widths: tuple[int, ...]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for one, other in pairwise(widths):
        layers += [nn.Linear(one, other), nn.ReLU()]
    return nn.Sequential(*layers[:-1])
